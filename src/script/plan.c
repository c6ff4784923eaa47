/*
 * From what a script does in each state of its key to operations that the state machine can guard.
 */
#include "script/plan.h"

#include <string.h>

#include "base/number.h"
#include "script/sha1.h"

enum { OBTAIN_BYTES_MAX = 4096 };

static bool same_action(const struct script_action *one, const struct script_action *other)
{
    return one->kind == other->kind && one->unit == other->unit &&
           script_same_value(&one->value, &other->value) &&
           script_same_value(&one->amount, &other->amount);
}

static const struct script_action *action_of(const struct script_plan *plan,
                                             enum script_state state)
{
    const struct script_action *action = &plan->outcomes[state].action;

    return action->kind != SCRIPT_NOTHING ? action : NULL;
}

/* Whether the key is still there after that. */
static bool keeps_the_key(const struct script_action *action)
{
    const struct script_value *amount = &action->amount;
    int64_t number = amount->number;

    if (action->kind != SCRIPT_EXPIRE) {
        return action->kind == SCRIPT_SET;
    }
    return amount->kind != SCRIPT_TTL &&
           (amount->kind != SCRIPT_STRING ||
            number_parse(amount->data, amount->size_bytes, &number)) &&
           number > 0;
}

/* Whether the key is deleted, or gets a time to live, whatever its value is. */
static bool is_unconditional(const struct script_plan *plan)
{
    const struct script_outcome *other = &plan->outcomes[SCRIPT_OTHER];

    for (int state = 0; state < SCRIPT_OTHER; state++) {
        if (!same_action(&plan->outcomes[state].action, &other->action) ||
            !script_same_value(&plan->outcomes[state].result, &other->result)) {
            return false;
        }
    }
    return plan->token.kind == SCRIPT_NIL && plan->missing == NULL &&
           (other->action.kind == SCRIPT_DELETE || other->action.kind == SCRIPT_EXPIRE) &&
           other->action.amount.kind != SCRIPT_TTL && other->result.kind != SCRIPT_VALUE;
}

/* The actions as one operation that the state machine can guard; false: there is none. */
static bool find_actions(struct script_plan *plan)
{
    const struct script_action *lasting = action_of(plan, SCRIPT_EQUAL_LASTING);

    plan->equal = action_of(plan, SCRIPT_EQUAL_EXPIRING);
    plan->missing = action_of(plan, SCRIPT_MISSING);
    plan->only_expiring = plan->equal != NULL && lasting == NULL;
    if (action_of(plan, SCRIPT_OTHER) != NULL) {
        plan->unconditional = is_unconditional(plan);
        return plan->unconditional;
    }
    if (plan->missing != NULL && plan->missing->kind != SCRIPT_SET) {
        return false;
    }
    if (plan->equal == NULL) {
        return lasting == NULL;
    }
    if (plan->missing != NULL && !keeps_the_key(plan->equal)) {
        return false; /* what is done where it is missing would be done, too */
    }
    if (lasting == NULL) {
        return plan->equal->kind == SCRIPT_EXPIRE;
    }
    return same_action(plan->equal, lasting) && plan->equal->amount.kind != SCRIPT_TTL;
}

/*
 * A script that goes further than those that can be followed, known by the SHA-1 of its words:
 * Obtain of Go's redislock, with one key. It sets a key that is missing, or that already holds the
 * same token; KEYS[1], ARGV[1] the value, ARGV[3] milliseconds. Where the token is the same and
 * what the client wrote behind it differs, it is not taken here: that is the safe side.
 */
static const char *const obtain_scripts[] = {
    "8a1e0dfa210d405d60037d877ef21d67b26e2124",
    "3d84987909c867d1f58660fecd52667bc6f14b1f",
    "e8f755289fa5eb2df2b1ee40ac99dbe4bb2cb2e8",
};

static bool is_obtain(const void *text, size_t size)
{
    struct buffer words = {0};
    char id[SHA1_HEX_BYTES];
    bool found = false;

    if (size > OBTAIN_BYTES_MAX) {
        return false;
    }
    script_words(text, size, &words);
    sha1_hex(words.data, words.size_bytes, id);
    for (size_t i = 0; i < sizeof(obtain_scripts) / sizeof(obtain_scripts[0]); i++) {
        found |= memcmp(id, obtain_scripts[i], sizeof(id)) == 0;
    }
    buffer_free(&words);
    return found;
}

static bool plan_obtain(const struct script_input *input, struct script_plan *plan)
{
    struct script_outcome taken = {
        .action = {.kind = SCRIPT_SET, .unit = "PX"},
        .result = {.kind = SCRIPT_STATUS, .data = (const uint8_t *)"OK", .size_bytes = 2}};

    if (input->key_count != 1 || input->argument_count != 3) {
        return false;
    }
    plan->token = (struct script_value){.kind = SCRIPT_STRING,
                                        .data = input->arguments[0].data,
                                        .size_bytes = input->arguments[0].size_bytes};
    taken.action.value = plan->token;
    taken.action.amount = (struct script_value){.kind = SCRIPT_STRING,
                                                .data = input->arguments[2].data,
                                                .size_bytes = input->arguments[2].size_bytes};
    for (int state = 0; state < SCRIPT_STATES; state++) {
        plan->outcomes[state] = taken;
    }
    plan->outcomes[SCRIPT_OTHER] = (struct script_outcome){.result = {.kind = SCRIPT_FALSE}};
    return true;
}

bool script_is_known(const void *text, size_t size)
{
    return script_reads(text, size) || is_obtain(text, size);
}

bool script_plan_make(const struct script_input *input, struct script_plan *plan)
{
    if (is_obtain(input->text, input->size_bytes)) {
        return plan_obtain(input, plan) && find_actions(plan);
    }
    for (int state = 0; state < SCRIPT_STATES; state++) {
        if (!script_follow(input, (enum script_state)state, &plan->token, &plan->outcomes[state])) {
            return false;
        }
    }
    /* Without a comparison the states of a key that is there are not different ones. */
    return find_actions(plan) &&
           (plan->unconditional || plan->token.kind == SCRIPT_STRING ||
            (plan->equal == NULL &&
             script_same_value(&plan->outcomes[SCRIPT_OTHER].result,
                               &plan->outcomes[SCRIPT_EQUAL_EXPIRING].result)));
}
