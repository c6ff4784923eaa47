/*
 * Time to live. Deadlines are cluster time, which the leaders stamp on entries and which never
 * falls: no node looks at a clock of its own, so a key is gone at the same entry everywhere. Times
 * since 1970 are understood by the wall clock of the leader that appended the entry.
 */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "kv/state.h"

/*
 * Wall clock minus cluster time changes with every millisecond that one of the two is rounded to.
 * What a client sets by EXPIREAT it wants to read back from EXPIRETIME, so only a difference of
 * more than this is a clock that was set.
 */
#define WALL_STEP_MS 20

/* Far from the ends of an int64_t, beyond what any clock says: see kv_set_wall_clock(). */
#define CLOCK_MAX_MS ((uint64_t)1 << 60)

void kv_set_wall_clock(struct kv *kv, uint64_t wall_ms)
{
    int64_t offset;
    int64_t change;

    /* 0: the embedder, or the leader, has no wall clock. */
    if (wall_ms == 0 || wall_ms > CLOCK_MAX_MS || kv->time_ms > CLOCK_MAX_MS) {
        return;
    }
    offset = (int64_t)wall_ms - (int64_t)kv->time_ms;
    change = offset - kv->wall_offset_ms;
    if (change > WALL_STEP_MS || change < -WALL_STEP_MS) {
        kv->wall_offset_ms = offset;
    }
}

bool kv_wall_offset_is_possible(int64_t offset_ms)
{
    return offset_ms >= -(int64_t)CLOCK_MAX_MS && offset_ms <= (int64_t)CLOCK_MAX_MS;
}

enum unit_flags {
    SECONDS = 1,
    ABSOLUTE = 2,
    IN_SET = 4,   /* has to be positive; the command is "set", or "getex" */
    IS_SETEX = 8, /* as IN_SET, of a command with the name of the unit */
};

static const struct unit {
    const char *word;
    unsigned flags;
} units[] = {
    {"ex", IN_SET | SECONDS},
    {"px", IN_SET},
    {"exat", IN_SET | SECONDS | ABSOLUTE},
    {"pxat", IN_SET | ABSOLUTE},
    {"setex", IS_SETEX | SECONDS},
    {"psetex", IS_SETEX},
    {"expire", SECONDS},
    {"pexpire", 0},
    {"expireat", SECONDS | ABSOLUTE},
    {"pexpireat", ABSOLUTE},
};

static const struct unit *find_unit(struct kv_argument word)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (kv_argument_is(&word, units[i].word)) {
            return &units[i];
        }
    }
    return NULL;
}

static bool refuse(const struct unit *unit, uint8_t operation, struct kv_reply *reply)
{
    const char *command = unit->word;
    char text[64];

    if ((unit->flags & IN_SET) != 0) {
        command = operation == KV_GETEX ? "getex" : "set";
    }
    snprintf(text, sizeof(text), "ERR invalid expire time in '%s' command", command);
    kv_reply_error(reply, text);
    return false;
}

/* The wall clock as it is now: only ever used to find out what Redis would refuse. */
static int64_t wall_clock(const struct kv *kv)
{
    uint64_t time_ms = kv->time_ms < CLOCK_MAX_MS ? kv->time_ms : CLOCK_MAX_MS;

    return (int64_t)time_ms + kv->wall_offset_ms;
}

/* What is before the beginning of time has passed. The last moment of all is never reached. */
static uint64_t deadline_of(const struct kv *kv, int64_t amount_ms, bool absolute)
{
    int64_t base_ms = absolute ? -kv->wall_offset_ms
                               : (int64_t)(kv->time_ms < CLOCK_MAX_MS ? kv->time_ms : CLOCK_MAX_MS);
    int64_t deadline_ms;

    if (__builtin_add_overflow(base_ms, amount_ms, &deadline_ms)) {
        deadline_ms = amount_ms > 0 ? INT64_MAX : 0;
    }
    return deadline_ms > 0 ? (uint64_t)deadline_ms : 0;
}

bool kv_next_expiry(struct kv *kv, struct kv_request *request, uint64_t *deadline_ms,
                    struct kv_reply *reply)
{
    const struct unit *unit = find_unit(kv_request_next(request));
    struct kv_argument text = kv_request_next(request);
    bool absolute;
    int64_t amount;
    int64_t end;

    if (unit == NULL) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return false;
    }
    if (!number_parse(text.data, text.size_bytes, &amount)) {
        kv_reply_error(reply, KV_ERROR_INTEGER);
        return false;
    }
    absolute = (unit->flags & ABSOLUTE) != 0;
    if (((unit->flags & (IN_SET | IS_SETEX)) != 0 && amount <= 0) ||
        ((unit->flags & SECONDS) != 0 && __builtin_mul_overflow(amount, 1000, &amount)) ||
        (!absolute && amount > 0 && __builtin_add_overflow(wall_clock(kv), amount, &end))) {
        return refuse(unit, request->operation, reply);
    }
    *deadline_ms = deadline_of(kv, amount, absolute);
    return true;
}

static bool check_expire_flags(unsigned flags, struct kv_reply *reply)
{
    bool either = (flags & (KV_EXPIRE_GT | KV_EXPIRE_LT)) != 0;

    if ((flags & KV_EXPIRE_NX) != 0 && (either || (flags & KV_EXPIRE_XX) != 0)) {
        kv_reply_error(reply, "ERR NX and XX, GT or LT options at the same time are not "
                              "compatible");
        return false;
    }
    if ((flags & KV_EXPIRE_GT) != 0 && (flags & KV_EXPIRE_LT) != 0) {
        kv_reply_error(reply, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

/* A key that lives for ever counts as one with the latest of all deadlines. */
static bool may_expire(unsigned flags, uint64_t old_ms, uint64_t new_ms)
{
    return ((flags & KV_EXPIRE_NX) == 0 || old_ms == KV_NO_DEADLINE) &&
           ((flags & KV_EXPIRE_XX) == 0 || old_ms != KV_NO_DEADLINE) &&
           ((flags & KV_EXPIRE_GT) == 0 || new_ms > old_ms) &&
           ((flags & KV_EXPIRE_LT) == 0 || new_ms < old_ms);
}

/* The deadline that the key has, moved by as much as the new one is from now. */
static uint64_t moved_deadline(const struct kv *kv, uint64_t old_ms, uint64_t new_ms)
{
    int64_t moved_ms;

    if (old_ms == KV_NO_DEADLINE) {
        return KV_NO_DEADLINE;
    }
    if (__builtin_add_overflow((int64_t)old_ms, (int64_t)(new_ms - kv->time_ms), &moved_ms)) {
        return new_ms > kv->time_ms ? INT64_MAX : 0;
    }
    return moved_ms > 0 ? (uint64_t)moved_ms : 0;
}

void kv_command_expire(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_argument name = kv_request_next(request);
    unsigned flags = request->flags;
    struct kv_found found;
    uint64_t deadline_ms;

    if (request->count != ((flags & KV_EXPIRE_IFEQ) != 0 ? 3 : 2)) {
        kv_reply_error(reply, KV_ERROR_COUNT);
        return;
    }
    if (!check_expire_flags(flags, reply) || !kv_next_expiry(kv, request, &deadline_ms, reply)) {
        return;
    }
    found = kv_find(kv, name);
    if (found.place != NULL && (flags & KV_EXPIRE_ADD) != 0) {
        deadline_ms = moved_deadline(kv, kv_deadline(kv, *found.place), deadline_ms);
        flags |= KV_EXPIRE_XX;
    }
    if (found.place == NULL || !may_expire(flags, kv_deadline(kv, *found.place), deadline_ms) ||
        ((flags & KV_EXPIRE_IFEQ) != 0 &&
         !kv_value_equals(*found.place, kv_request_next(request)))) {
        kv_reply_integer(reply, 0);
        return;
    }
    if (deadline_ms <= kv->time_ms) {
        kv_delete(kv, &found.key); /* it has passed already */
    } else {
        kv_set_deadline(kv, &found.key, *found.place, deadline_ms);
        kv_notify_key(kv, KV_EVENT_GENERIC, "expire", &found.key);
    }
    kv_reply_integer(reply, 1);
}

static bool persist(struct kv *kv, const struct kv_found *found)
{
    if (found->place == NULL || (*found->place)->deadline_place == 0) {
        return false;
    }
    kv_set_deadline(kv, &found->key, *found->place, KV_NO_DEADLINE);
    kv_notify_key(kv, KV_EVENT_GENERIC, "persist", &found->key);
    return true;
}

void kv_command_persist(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);

    kv_reply_integer(reply, persist(kv, &found));
}

void kv_command_getex(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);
    uint64_t deadline_ms = KV_NO_DEADLINE;
    bool has_expiry = request->count > 0;

    if (request->count == 1) {
        kv_reply_error(reply, KV_ERROR_COUNT);
        return;
    }
    if (has_expiry && (request->flags & KV_GETEX_PERSIST) != 0) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return;
    }
    if (found.place != NULL && has_expiry && !kv_next_expiry(kv, request, &deadline_ms, reply)) {
        return;
    }
    kv_answer_item(reply, kv_found_item(&found));
    if (found.place == NULL) {
        return;
    }
    if (!has_expiry) {
        if ((request->flags & KV_GETEX_PERSIST) != 0) {
            persist(kv, &found);
        }
    } else if (deadline_ms <= kv->time_ms) {
        kv_delete(kv, &found.key);
    } else {
        kv_set_deadline(kv, &found.key, *found.place, deadline_ms);
        kv_notify_key(kv, KV_EVENT_GENERIC, "expire", &found.key);
    }
}

/* As Redis rounds: to the nearest second. */
static int64_t in_unit(int64_t milliseconds, unsigned flags)
{
    return (flags & KV_TTL_MILLISECONDS) != 0 ? milliseconds
                                              : milliseconds / 1000 + (milliseconds % 1000 >= 500);
}

void kv_query_ttl(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                  struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);
    uint64_t deadline_ms;
    int64_t answer;

    if (item == NULL || item->deadline_place == 0) {
        kv_reply_integer(reply, item == NULL ? -2 : -1);
        return;
    }
    deadline_ms = kv_deadline(kv, item);
    if ((request->flags & KV_TTL_ABSOLUTE) != 0) {
        if (__builtin_add_overflow((int64_t)deadline_ms, kv->wall_offset_ms, &answer)) {
            answer = INT64_MAX;
        }
        answer = answer < 0 ? 0 : answer;
    } else {
        answer = deadline_ms > time_ms ? (int64_t)(deadline_ms - time_ms) : 0;
    }
    kv_reply_integer(reply, in_unit(answer, request->flags));
}
