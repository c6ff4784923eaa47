/*
 * What a script calls where the lock is a reentrant one.
 */
#include "script/reading.h"

/* A word of the script's that is the same wherever it stands, and in every state. */
static void note(struct reading *reading, struct script_value *place,
                 const struct script_value *value)
{
    if (place->kind == SCRIPT_NIL) {
        *place = *value;
    }
    reading->failed |= (value->kind != SCRIPT_STRING && value->kind != SCRIPT_NUMBER) ||
                       !script_same_value(place, value);
}

static void note_holder(struct reading *reading, const struct script_value *holder)
{
    reading->failed |= holder->kind != SCRIPT_STRING;
    note(reading, &reading->lock->words->holders[reading->lock->key], holder);
}

static struct script_value opaque(enum script_opaque which)
{
    return (struct script_value){.kind = SCRIPT_OPAQUE, .number = which};
}

/* What is seen is the state from before: nothing may be changed yet. */
static struct script_value look(struct reading *reading, struct script_value seen)
{
    reading->failed |= reading->lock->effects != 0;
    return seen;
}

static struct script_value call_hincrby(struct reading *reading, const struct script_value *amount)
{
    struct lock_reading *lock = reading->lock;
    struct script_value by = script_nil;

    if (!script_to_number(amount, &by) || by.kind != SCRIPT_NUMBER || lock->effects != 0) {
        reading->failed = true;
    } else if (by.number == 1 && lock->hold != SCRIPT_HELD_BY_OTHER) {
        lock->effects |= SCRIPT_TAKES;
        if (lock->hold == SCRIPT_FREE) {
            return script_number(1);
        }
    } else if (by.number == -1 && lock->hold >= SCRIPT_HELD_ONCE) {
        lock->effects |= SCRIPT_GIVES;
        if (lock->hold == SCRIPT_HELD_ONCE) {
            return script_number(0);
        }
    } else {
        reading->failed = true;
    }
    return (struct script_value){.kind = SCRIPT_COUNT};
}

static bool is_there(const struct lock_reading *lock)
{
    return lock->hold != SCRIPT_FREE || (lock->effects & SCRIPT_TAKES) != 0;
}

static void act(struct reading *reading, enum script_effect effect)
{
    reading->failed |= (reading->lock->effects & effect) != 0;
    reading->lock->effects |= effect;
}

static struct script_value call_with_lock(struct reading *reading,
                                          const struct script_value *arguments, size_t count)
{
    const struct script_value *name = &arguments[0];
    const struct lock_reading *lock = reading->lock;

    if (count == 2 && script_word_is(name, "exists")) {
        return look(reading, script_number(lock->hold != SCRIPT_FREE));
    }
    if (count == 2 && script_word_is(name, "pttl")) {
        return look(reading,
                    lock->hold == SCRIPT_FREE ? script_number(-2) : opaque(SCRIPT_LOCK_TTL));
    }
    if (count == 3 && script_word_is(name, "hexists")) {
        note_holder(reading, &arguments[2]);
        return look(reading, script_number(lock->hold >= SCRIPT_HELD_ONCE));
    }
    if (count == 4 && script_word_is(name, "hincrby")) {
        note_holder(reading, &arguments[2]);
        return call_hincrby(reading, &arguments[3]);
    }
    if (count == 3 && script_word_is(name, "pexpire")) {
        note(reading, &lock->words->amount, &arguments[2]);
        if (is_there(lock)) {
            act(reading, SCRIPT_RENEWS);
        }
        return script_number(is_there(lock));
    }
    if (count == 2 && script_word_is(name, "del")) {
        bool there = is_there(lock);

        if (there) {
            act(reading, SCRIPT_FREES);
        }
        return script_number(there);
    }
    reading->failed = true;
    return script_nil;
}

static struct script_value call_without_lock(struct reading *reading,
                                             const struct script_value *arguments, size_t count)
{
    const struct script_value *name = &arguments[0];
    struct lock_reading *lock = reading->lock;

    if (count == 2 && script_word_is(name, "get")) {
        note(reading, &lock->words->latch, &arguments[1]);
        return look(reading, lock->latched ? opaque(SCRIPT_LATCH) : script_boolean(false));
    }
    if (count == 5 && script_word_is(name, "set") && script_word_is(&arguments[3], "px")) {
        struct script_value value;

        note(reading, &lock->words->latch, &arguments[1]);
        note(reading, &lock->words->latch_amount, &arguments[4]);
        reading->failed |= !script_to_number(&arguments[2], &value) ||
                           value.kind != SCRIPT_NUMBER || (lock->effects & SCRIPT_LATCHES) != 0;
        lock->effects |= SCRIPT_LATCHES;
        lock->outcome->latched = value.number;
        return script_text(SCRIPT_STATUS, "OK");
    }
    if (count == 3 && script_word_is(name, "publish")) {
        note(reading, &lock->words->channel, &arguments[1]);
        note(reading, &lock->words->message, &arguments[2]);
        reading->failed |= (lock->effects & SCRIPT_PUBLISHES) != 0;
        lock->effects |= SCRIPT_PUBLISHES;
        return opaque(SCRIPT_RECEIVERS);
    }
    reading->failed = true;
    return script_nil;
}

struct script_value script_call_on_lock(struct reading *reading,
                                        const struct script_value *arguments, size_t count)
{
    struct script_value key = script_argument(&reading->input->keys[reading->lock->key]);

    if (count < 2 || arguments[1].kind != SCRIPT_STRING ||
        (reading->lock->looped && !reading->lock->looping)) {
        reading->failed = true;
        return script_nil;
    }
    return script_same_text(&arguments[1], &key) ? call_with_lock(reading, arguments, count)
                                                 : call_without_lock(reading, arguments, count);
}

/* table.insert(table, number): once in each turn of the loop, the same number in all of them. */
void script_insert(struct reading *reading, const struct script_value *arguments, size_t count)
{
    struct lock_reading *lock = reading->lock;

    if (lock == NULL || !lock->looping || lock->inserted || count != 2 ||
        arguments[0].kind != SCRIPT_TABLE || arguments[1].kind != SCRIPT_NUMBER ||
        (lock->key > 0 && lock->element != arguments[1].number)) {
        reading->failed = true;
        return;
    }
    lock->inserted = true;
    lock->element = arguments[1].number;
}
