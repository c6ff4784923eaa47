/*
 * A member with a valid certificate that sends any message. Messages with fields near every limit
 * go to a core in every role. The core may report a violation, ignore a message or believe it. But
 * none of its assertions may fail, and what it has committed must not change. The message of a
 * failure contains the seed; each seed is a run of its own.
 */
#include "unit.h"

#include "base/assert.h"
#include "base/random.h"
#include "raft/raft.h"

enum { MESSAGES = 400, SEEDS = 300, ENTRIES_MAX = 4 };

struct victim {
    struct raft_core *core;
    uint64_t random;
    uint64_t now_ms;
    struct raft_write_done writes[MESSAGES * 2]; /* writes under way, oldest first */
    size_t write_count;
    uint64_t committed_terms[64]; /* by index, as far as there is room */
    uint64_t commit_index;
};

static uint64_t below(struct victim *victim, uint64_t limit)
{
    return random_next(&victim->random) % limit;
}

/* A number near a value that matters, or an absurd one. */
static uint64_t number_near(struct victim *victim, uint64_t what)
{
    switch (below(victim, 16)) {
    case 0:
        return UINT64_MAX;
    case 1:
        return UINT64_MAX - 1;
    case 2:
        return 0;
    default:
        what += below(victim, 5);
        return what > 2 ? what - 2 : 0;
    }
}

static struct raft_entry *make_entry(struct victim *victim, uint64_t index, uint64_t term)
{
    static const uint8_t membership[] = {1, 1, 9, 0, 1, 1, 0, 'x'}; /* only node 9 */
    uint8_t type = (uint8_t)below(victim, 5);
    struct raft_entry *entry;

    if (type == RAFT_ENTRY_MEMBERSHIP) {
        entry = raft_entry_make(type, membership,
                                (uint32_t)sizeof(membership) - (uint32_t)(below(victim, 4) == 0));
    } else {
        entry = raft_entry_make(below(victim, 4) == 0 ? type : RAFT_ENTRY_COMMAND, "x", 1);
    }
    entry->index = index;
    entry->term = term;
    entry->origin = below(victim, 3);
    entry->time_ms = below(victim, 2) != 0 ? index : number_near(victim, index);
    return entry;
}

static void fill(struct victim *victim, struct raft_message *message,
                 const struct raft_status *status)
{
    switch (message->type) {
    case RAFT_MESSAGE_VOTE:
        message->vote.pre = below(victim, 2) != 0;
        message->vote.handover = below(victim, 4) == 0;
        message->vote.last_index = number_near(victim, status->last_index);
        message->vote.last_term = number_near(victim, status->last_term);
        break;
    case RAFT_MESSAGE_VOTE_REPLY:
        message->vote_reply.pre = below(victim, 2) != 0;
        message->vote_reply.granted = below(victim, 4) != 0;
        break;
    case RAFT_MESSAGE_APPEND:
        message->append.previous_index = number_near(victim, status->last_index);
        message->append.previous_term =
            below(victim, 2) != 0 ? raft_log_term(victim->core, message->append.previous_index)
                                  : number_near(victim, status->last_term);
        message->append.commit_index = number_near(victim, status->last_index);
        message->append.read_round = number_near(victim, 1);
        message->append.time_ms = number_near(victim, 5);
        message->append.wanted_promise_ms = (uint32_t)number_near(victim, 1000);
        break;
    case RAFT_MESSAGE_APPEND_REPLY:
        message->append_reply.success = below(victim, 2) != 0;
        message->append_reply.index = number_near(victim, status->last_index);
        message->append_reply.conflict_index = number_near(victim, status->last_index);
        message->append_reply.conflict_term = number_near(victim, status->last_term);
        message->append_reply.read_round = below(victim, 3);
        message->append_reply.promise_ms = (uint32_t)number_near(victim, 1000);
        break;
    case RAFT_MESSAGE_READ:
        message->read.attempt = number_near(victim, 1);
        message->read.lease = below(victim, 2) != 0;
        break;
    default:
        message->read_reply.attempt = number_near(victim, 1);
        message->read_reply.index = number_near(victim, status->last_index);
        break;
    }
}

static void give(struct victim *victim, const struct raft_event *event)
{
    struct raft_outbox outbox;

    raft_step(victim->core, victim->now_ms, event, 1, &outbox);
    if (outbox.has_write) {
        victim->writes[victim->write_count++] =
            (struct raft_write_done){.sequence = outbox.write.sequence,
                                     .last_index = outbox.write.last_index,
                                     .last_term = outbox.write.last_term};
    }
    ck_assert_uint_ge(outbox.commit_index, victim->commit_index);
    for (uint64_t i = 1; i <= victim->commit_index && i < 64; i++) {
        ck_assert_uint_eq(raft_log_term(victim->core, i), victim->committed_terms[i]);
    }
    victim->commit_index = outbox.commit_index;
    for (uint64_t i = 1; i <= victim->commit_index && i < 64; i++) {
        victim->committed_terms[i] = raft_log_term(victim->core, i);
    }
}

static void say_something(struct victim *victim)
{
    struct raft_entry *entries[ENTRIES_MAX];
    struct raft_proposal_id refused[2] = {{1, 1, 1}, {2, 2, 1}};
    struct raft_status status;
    struct raft_message message = {.to = 2};
    struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = &message};
    uint64_t term;

    raft_get_status(victim->core, victim->now_ms, &status);
    message.type = (uint8_t)below(victim, 12);
    message.from =
        (uint16_t)(below(victim, 10) == 0 ? below(victim, 10) : 1 + below(victim, 2) * 2);
    message.term = below(victim, 3) != 0 ? status.term : number_near(victim, status.term);
    if (message.term > status.term + 2 && below(victim, 8) != 0) {
        message.term = status.term + 1; /* so that the test does not end here each time */
    }
    fill(victim, &message, &status);
    term = message.type == RAFT_MESSAGE_APPEND ? message.append.previous_term : status.term;
    if (message.type == RAFT_MESSAGE_APPEND || message.type == RAFT_MESSAGE_PROPOSE) {
        message.entry_count = (uint32_t)below(victim, ENTRIES_MAX + 1);
    }
    for (uint32_t i = 0; i < message.entry_count; i++) {
        uint64_t index = message.append.previous_index + 1 + i;

        term += below(victim, 4) == 0;
        entries[i] = make_entry(victim, below(victim, 16) == 0 ? index + 1 : index, term);
    }
    message.entries = entries;
    if (message.type == RAFT_MESSAGE_PROPOSE_REFUSED) {
        message.refused = refused;
        message.refused_count = (uint32_t)below(victim, 3);
    }
    give(victim, &event);
    for (uint32_t i = 0; i < message.entry_count; i++) {
        raft_entry_release(entries[i]);
    }
}

static void finish_oldest_write(struct victim *victim)
{
    struct raft_event event = {.type = RAFT_EVENT_LOG_WRITTEN, .written = victim->writes[0]};

    if (victim->write_count == 0) {
        return;
    }
    victim->write_count--;
    for (size_t i = 0; i < victim->write_count; i++) {
        victim->writes[i] = victim->writes[i + 1];
    }
    give(victim, &event);
}

static void ask_for_itself(struct victim *victim, uint64_t *read_id)
{
    struct raft_event event = {.type = RAFT_EVENT_READ};

    if (below(victim, 2) != 0) {
        event.read_id = ++*read_id;
        give(victim, &event);
    } else {
        event.type = RAFT_EVENT_PROPOSE;
        event.entry = raft_entry_make(RAFT_ENTRY_COMMAND, "y", 1);
        give(victim, &event);
        raft_entry_release(event.entry);
    }
}

/* A correct election, so that hostile messages also find a leader. */
static void win_election(struct victim *victim)
{
    struct raft_message vote = {.type = RAFT_MESSAGE_VOTE_REPLY, .from = 1, .to = 2};
    struct raft_event event = {.type = RAFT_EVENT_MESSAGE, .message = &vote};
    struct raft_status status;

    victim->now_ms += 3000;
    finish_oldest_write(victim);
    for (int pre = 1; pre >= 0; pre--) {
        raft_get_status(victim->core, victim->now_ms, &status);
        vote.vote_reply.pre = pre != 0;
        vote.vote_reply.granted = true;
        vote.term = status.term + (pre != 0);
        give(victim, &event);
        give(victim, &event);
        while (victim->write_count > 0) {
            finish_oldest_write(victim);
        }
    }
}

static void begin(struct victim *victim, uint64_t seed)
{
    struct raft_membership membership = {0};
    const struct raft_options options = {.id = 2,
                                         .random_seed = seed,
                                         .heartbeat_ms = 100,
                                         .check = true,
                                         .election_timeout_ms = 1000,
                                         .max_batch_bytes = 4096,
                                         .max_inflight_messages = 4,
                                         .max_inflight_bytes = 8192,
                                         .max_uncommitted_bytes = 8192};
    struct raft_recovered recovered = {.term = 1, .entry_count = 1};
    struct buffer bytes = {0};
    struct raft_entry *first;

    *victim = (struct victim){.random = seed, .now_ms = 1};
    for (uint16_t id = 1; id <= 3; id++) {
        ck_assert_int_eq(raft_membership_add(&membership, id, RAFT_MEMBER_VOTER, "h:1"), 0);
    }
    raft_membership_encode(&membership, &bytes);
    first = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);
    first->index = 1;
    first->term = 1;
    recovered.entries = &first;
    ck_assert_int_eq(raft_create(&options, &recovered, victim->now_ms, &victim->core), 0);
    raft_entry_release(first);
    buffer_free(&bytes);
}

START_TEST(no_message_of_a_peer_breaks_an_assertion)
{
    static struct victim victim;
    unsigned leaderships = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t read_id = 0;

        begin(&victim, seed);
        for (unsigned i = 0; i < MESSAGES; i++) {
            uint64_t what = below(&victim, 16);

            if (what < 10) {
                say_something(&victim);
            } else if (what < 13) {
                finish_oldest_write(&victim);
            } else if (what == 13) {
                ask_for_itself(&victim, &read_id);
            } else if (i % 64 == 63) {
                win_election(&victim);
            } else {
                victim.now_ms += below(&victim, 400);
            }
            leaderships += raft_get_role(victim.core) == RAFT_LEADER;
        }
        raft_destroy(victim.core);
    }
    ck_assert_uint_gt(leaderships, SEEDS); /* the test has covered this role as well */
}
END_TEST

UNIT_SUITE(hostile)
{
    Suite *suite = suite_create("hostile");
    TCase *tcase = tcase_create("messages");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, no_message_of_a_peer_breaks_an_assertion);
    suite_add_tcase(suite, tcase);
    return suite;
}
