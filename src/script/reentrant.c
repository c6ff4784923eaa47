/*
 * Scripts about reentrant locks: what they come to in each state of the lock is held against what
 * the operations of the state machine do.
 */
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "script/plan.h"

struct lock_plan {
    const struct script_input *input;
    struct script_lock_words words;
    struct script_lock_outcome outcomes[SCRIPT_HOLDS];
    struct script_lock_outcome answered[SCRIPT_HOLDS]; /* where there is a value at the latch */
    enum kv_operation operation;
    uint8_t flags;
};

static bool follow(struct lock_plan *plan, bool latched, struct script_lock_outcome *outcomes)
{
    for (int hold = 0; hold < SCRIPT_HOLDS; hold++) {
        if (!script_follow_lock(plan->input, (enum script_hold)hold, latched, &plan->words,
                                &outcomes[hold])) {
            return false;
        }
    }
    return true;
}

static bool has_result(const struct script_lock_outcome *outcome, enum script_value_kind kind,
                       int64_t number)
{
    return outcome->result.kind == kind && outcome->result.number == number;
}

static bool gives_nil(const struct script_lock_outcome *outcome)
{
    return has_result(outcome, SCRIPT_NIL, 0) || has_result(outcome, SCRIPT_FALSE, 0);
}

/* Whether a state is left as it is, and what is answered then. */
static bool leaves(const struct lock_plan *plan, enum script_hold hold, enum script_value_kind kind,
                   int64_t number)
{
    return plan->outcomes[hold].effects == 0 && has_result(&plan->outcomes[hold], kind, number);
}

static bool is_lock(const struct lock_plan *plan)
{
    static const enum script_hold taken[] = {SCRIPT_FREE, SCRIPT_HELD_ONCE, SCRIPT_HELD_MORE};

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        const struct script_lock_outcome *outcome = &plan->outcomes[taken[i]];

        if (outcome->effects != (SCRIPT_TAKES | SCRIPT_RENEWS) || !gives_nil(outcome)) {
            return false;
        }
    }
    return leaves(plan, SCRIPT_HELD_BY_OTHER, SCRIPT_OPAQUE, SCRIPT_LOCK_TTL);
}

/* With a latch: once there is a value it is the answer, whatever the lock is like. */
static bool keeps_to_latch(const struct lock_plan *plan)
{
    for (int hold = 0; hold < SCRIPT_HOLDS; hold++) {
        if (plan->answered[hold].effects != 0 ||
            !has_result(&plan->answered[hold], SCRIPT_OPAQUE, SCRIPT_LATCH)) {
            return false;
        }
    }
    return plan->outcomes[SCRIPT_HELD_ONCE].latched == 1 &&
           plan->outcomes[SCRIPT_HELD_MORE].latched == 0;
}

static bool is_unlock(const struct lock_plan *plan, bool publishes, bool latches)
{
    const struct script_lock_outcome *other = &plan->outcomes[SCRIPT_HELD_BY_OTHER];
    const struct script_lock_outcome *once = &plan->outcomes[SCRIPT_HELD_ONCE];
    const struct script_lock_outcome *more = &plan->outcomes[SCRIPT_HELD_MORE];
    const struct script_lock_outcome *free = &plan->outcomes[SCRIPT_FREE];
    unsigned latch = latches ? SCRIPT_LATCHES : 0;
    unsigned publish = publishes ? SCRIPT_PUBLISHES : 0;

    return free->effects == 0 && gives_nil(free) && other->effects == 0 && gives_nil(other) &&
           once->effects == (SCRIPT_GIVES | SCRIPT_FREES | publish | latch) &&
           has_result(once, SCRIPT_NUMBER, 1) &&
           more->effects == (SCRIPT_GIVES | SCRIPT_RENEWS | latch) &&
           has_result(more, SCRIPT_NUMBER, 0) && (!latches || keeps_to_latch(plan));
}

static bool is_forced(const struct lock_plan *plan)
{
    for (int hold = SCRIPT_FREE + 1; hold < SCRIPT_HOLDS; hold++) {
        if (plan->outcomes[hold].effects != (SCRIPT_FREES | SCRIPT_PUBLISHES) ||
            !has_result(&plan->outcomes[hold], SCRIPT_NUMBER, 1)) {
            return false;
        }
    }
    return leaves(plan, SCRIPT_FREE, SCRIPT_NUMBER, 0);
}

static bool is_renewal(const struct lock_plan *plan, enum script_value_kind kind)
{
    return leaves(plan, SCRIPT_FREE, kind, 0) && leaves(plan, SCRIPT_HELD_BY_OTHER, kind, 0) &&
           plan->outcomes[SCRIPT_HELD_ONCE].effects == SCRIPT_RENEWS &&
           has_result(&plan->outcomes[SCRIPT_HELD_ONCE], kind, 1) &&
           plan->outcomes[SCRIPT_HELD_MORE].effects == SCRIPT_RENEWS &&
           has_result(&plan->outcomes[SCRIPT_HELD_MORE], kind, 1);
}

static bool find_operation(struct lock_plan *plan)
{
    bool latches = plan->words.latch.kind != SCRIPT_NIL;
    bool publishes = plan->words.channel.kind != SCRIPT_NIL;

    plan->flags = 0;
    if (is_unlock(plan, publishes, latches)) {
        plan->operation = KV_UNLOCK;
        plan->flags |= latches ? KV_UNLOCK_LATCH : 0;
        plan->flags |= publishes ? KV_UNLOCK_PUBLISH : 0;
        return true;
    }
    if (latches) {
        return false;
    }
    if (is_forced(plan)) {
        plan->operation = KV_UNLOCK;
        plan->flags = KV_UNLOCK_FORCE | KV_UNLOCK_PUBLISH;
        return true;
    }
    if (is_lock(plan)) {
        plan->operation = KV_LOCK;
        return true;
    }
    plan->operation = KV_LOCK_RENEW;
    plan->flags = is_renewal(plan, SCRIPT_TABLE) ? KV_LOCK_RENEW_MANY : 0;
    return plan->flags != 0 || is_renewal(plan, SCRIPT_NUMBER);
}

static bool make_plan(struct lock_plan *plan)
{
    if (!follow(plan, false, plan->outcomes) ||
        (plan->words.latch.kind != SCRIPT_NIL && !follow(plan, true, plan->answered))) {
        return false;
    }
    return find_operation(plan);
}

/* ---- The request ---------------------------------------------------------------------------- */

struct parts {
    struct buffer bytes;
    size_t count;
};

static void add(struct parts *parts, const void *data, size_t size)
{
    buffer_append_u32(&parts->bytes, (uint32_t)size);
    buffer_append(&parts->bytes, data, size);
    parts->count++;
}

static void add_value(struct parts *parts, const struct script_value *value)
{
    char number[NUMBER_TEXT_BYTES_MAX];

    if (value->kind == SCRIPT_STRING) {
        add(parts, value->data, value->size_bytes);
    } else {
        add(parts, number, number_format(value->number, number));
    }
}

static void add_amount(struct parts *parts, const struct script_value *amount)
{
    add(parts, "PX", 2);
    add_value(parts, amount);
}

static void add_key(struct parts *parts, const struct lock_plan *plan, size_t key)
{
    add(parts, plan->input->keys[key].data, plan->input->keys[key].size_bytes);
}

static void make_request(const struct lock_plan *plan, struct script_request *request)
{
    const struct script_lock_words *words = &plan->words;
    unsigned unlock = plan->operation == KV_UNLOCK ? plan->flags : 0;
    struct parts parts = {.count = 0};

    add_key(&parts, plan, 0);
    if ((unlock & KV_UNLOCK_FORCE) == 0) {
        add_value(&parts, &words->holders[0]);
        add_amount(&parts, &words->amount);
    }
    if ((unlock & KV_UNLOCK_PUBLISH) != 0) {
        add_value(&parts, &words->channel);
        add_value(&parts, &words->message);
    }
    if ((unlock & KV_UNLOCK_LATCH) != 0) {
        add_value(&parts, &words->latch);
        add_amount(&parts, &words->latch_amount);
    }
    if (plan->operation == KV_LOCK_RENEW && plan->flags == KV_LOCK_RENEW_MANY) {
        for (size_t key = 1; key < plan->input->key_count; key++) {
            add_key(&parts, plan, key);
            add_value(&parts, &words->holders[key]);
        }
    }
    request->changes = true;
    request->operation = plan->operation;
    request->flags = plan->flags;
    request->count = parts.count;
    request->parts = parts.bytes;
}

bool script_request_reentrant(const struct script_input *input, struct script_request *request)
{
    struct lock_plan plan = {.input = input};
    bool found;

    plan.words.holders = memory_allocate_zeroed(input->key_count + 1, sizeof(struct script_value));
    found = make_plan(&plan);
    if (found) {
        make_request(&plan, request);
    }
    memory_free(plan.words.holders);
    return found;
}
