/*
 * The Raft core thread. In each turn it tells the member what is in all rings (intake.c), steps it,
 * and carries out what it gives: frames for each peer, one log write, entries for the state
 * machine, answers for the clients. Only this thread changes the core and the state machine; the
 * mutex lets other threads read the core. It never touches a disk, a socket or TLS, and it decides
 * nothing: that is done in src/member, which the simulator runs as well.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/memory.h"
#include "node/core_loop.h"
#include "sys/clock.h"
#include "sys/log.h"

/* ---- what is logged ---- */

static void log_state(struct core_loop *loop)
{
    char leader[32] = "no leader";
    struct raft_status status;

    raft_get_status(loop->node->core, clock_monotonic_ms(), &status);
    if (status.role == loop->seen_role && status.leader == loop->seen_leader &&
        status.term == loop->seen_term) {
        return;
    }
    loop->seen_role = status.role;
    loop->seen_leader = status.leader;
    loop->seen_term = status.term;
    if (status.leader != 0) {
        snprintf(leader, sizeof(leader), "leader is node %u", status.leader);
    }
    LOG_INFO("%s in term %llu, %s, last index %llu, commit index %llu", raft_role_name(status.role),
             (unsigned long long)status.term, leader, (unsigned long long)status.last_index,
             (unsigned long long)status.commit_index);
}

static void log_space(struct core_loop *loop)
{
    const struct raftd_node *node = loop->node;
    uint64_t free_bytes = log_writer_free_bytes(node->log_writer);
    bool low = member_space_is_low(loop->member);

    if (low == loop->space_was_low) {
        return;
    }
    loop->space_was_low = low;
    if (low) {
        LOG_WARNING(
            "%s has %llu MiB left, less than [storage] reserve_bytes: while it is the leader, this "
            "node refuses commands until there is more space; reads still work",
            node->conf.node.data_dir, (unsigned long long)(free_bytes >> 20));
    } else {
        LOG_INFO("%s has %llu MiB left: this node accepts commands again", node->conf.node.data_dir,
                 (unsigned long long)(free_bytes >> 20));
    }
}

static void log_damage_begins(const struct core_loop *loop, uint64_t index)
{
    const struct raftd_node *node = loop->node;
    const char *directory = node->conf.node.data_dir;

    if (!raft_log_is_damaged(node->core)) {
        LOG_WARNING("%s: what the log held from index %llu on was cut off, because it was damaged: "
                    "this node votes for nobody until the leader has sent it again; check the disk",
                    directory, (unsigned long long)index);
        return;
    }
    LOG_WARNING(
        "%s: the log is damaged at index %llu (the line before names the file): this node votes "
        "for nobody, and hands leadership over to a voter whose log is intact, until %s; check "
        "the disk",
        directory, (unsigned long long)index,
        node->snapshots != NULL
            ? "a snapshot of its data and a new log after it have taken the place of the log"
            : "it is replaced (raftctl member replace), because its program saves no snapshots");
}

static void log_damage(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    uint64_t index = raft_damaged_index(node->core);
    uint64_t now_ms = clock_monotonic_ms();

    if (index == 0 && loop->damaged_ms == 0) {
        return;
    }
    atomic_store(&node->mends_log, raft_log_is_damaged(node->core) && node->snapshots != NULL);
    if ((index != 0) == (loop->damaged_ms != 0)) {
        return;
    }
    if (index != 0) {
        loop->damaged_ms = now_ms;
        log_damage_begins(loop, index);
        return;
    }
    LOG_INFO("the log is whole again: mended after %.1f s; this node votes again",
             (double)(now_ms - loop->damaged_ms) / 1000);
    loop->damaged_ms = 0;
}

static void report(struct core_loop *loop, const struct member_report *report)
{
    static struct log_throttle throttle;

    if (report->violation != 0 && log_throttle_pass(&throttle, 1000)) {
        LOG_WARNING("ignored a message from node %u that breaks the rules of Raft: check that all "
                    "members run the same version, with data of the same cluster",
                    report->violator);
    }
    if (report->state_changed) {
        log_state(loop);
        watch_wake(loop->node);
    }
    log_space(loop);
    log_damage(loop);
}

/* ---- acting ---- */

static void send_frames(struct core_loop *loop)
{
    struct link_table *links = &loop->node->links;
    struct member_frame frame;

    while (member_next_frame(loop->member, &frame)) {
        size_t position = link_table_find(links, frame.peer);

        if (position == RAFT_MEMBERS_MAX) {
            memory_free(frame.frame);
            member_frame_lost(loop->member, &frame);
        } else if (link_send(links->links[position], frame.class, frame.frame)) {
            links->frames_sent[position] = true;
        } else {
            member_frame_lost(loop->member, &frame);
        }
    }
}

static void write_log(struct core_loop *loop)
{
    struct log_writer *log_writer = loop->node->log_writer;
    struct member_write *write = member_take_write(loop->member);
    uint64_t index = member_take_compaction(loop->member);

    if (write != NULL) {
        log_writer_submit(log_writer, write);
    }
    if (index != 0) {
        log_writer_compact(log_writer, index);
    }
}

/* Questions for entries that only the disk has. What finds no place stays with the member until
 * answers have been taken back, so no question is lost. */
static void read_log(struct core_loop *loop)
{
    struct log_writer *log_writer = loop->node->log_writer;
    struct raft_fetch fetch;

    while (log_writer_can_read(log_writer) && member_next_fetch(loop->member, &fetch)) {
        const struct log_read read = {
            .peer = fetch.peer,
            .number = fetch.number,
            .first_index = fetch.first_index,
            .last_index = fetch.last_index,
            .max_bytes = fetch.max_bytes,
        };

        log_writer_read(log_writer, &read);
    }
}

/* Steps the core, then sends, writes, installs, applies and answers what that made possible. */
static void step(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;
    struct member_report news;

    mutex_lock(&node->core_mutex);
    /*
     * The clock is read again after the last event was taken. Every read in this turn was asked
     * before this moment, so a lease that is valid at this moment is valid for all of them. With
     * the time from the beginning of the turn, the thread could have been paused in between, and a
     * read that was asked after the lease had ended would be answered by it (T24).
     */
    member_step(loop->member, clock_monotonic_ms(), &news);
    mutex_unlock(&node->core_mutex);
    send_frames(loop);
    write_log(loop);
    read_log(loop);
    snapshots_run_tasks(loop);
    machine_apply(loop);
    snapshots_slice(loop);
    machine_read(loop);
    report(loop, &news);
}

static void wake_links(struct raftd_node *node)
{
    for (size_t i = 0; i < node->links.count; i++) {
        if (node->links.frames_sent[i]) {
            node->links.frames_sent[i] = false;
            link_wake(node->links.links[i]);
        }
    }
}

/* The figures that other threads read without the mutex. */
static void publish_figures(struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    atomic_store_explicit(&node->applied_index, member_applied_index(loop->member),
                          memory_order_release);
    atomic_store_explicit(&node->proposals_pending, member_proposal_count(loop->member),
                          memory_order_relaxed);
    atomic_store_explicit(&node->reads_pending, member_read_count(loop->member),
                          memory_order_relaxed);
}

static void turn(struct core_loop *loop)
{
    intake(loop);
    if (member_can_step(loop->member)) {
        step(loop);
    }
    member_expire(loop->member, clock_monotonic_ms());
    publish_figures(loop);
    answers_deliver(loop);
    wake_links(loop->node);
    answers_wake(loop);
    members_follow(loop);
    draining_check(loop);
}

/* ---- the loop ---- */

static bool clients_have_work(const struct raftd_node *node)
{
    size_t places = node_client_places(node);

    for (size_t i = 0; i < places; i++) {
        const struct raftd_client *client =
            atomic_load_explicit(&node->clients[i], memory_order_acquire);

        if (client != NULL && (client_has_requests(client) || client_is_closing(client))) {
            return true;
        }
    }
    return false;
}

static bool has_work(const struct core_loop *loop)
{
    struct raftd_node *node = loop->node;

    if (log_writer_has_done(node->log_writer) ||
        atomic_load_explicit(&node->core_stop, memory_order_acquire) ||
        atomic_load_explicit(&node->introduced, memory_order_acquire)) {
        return true;
    }
    if (clients_have_work(node)) {
        return true;
    }
    if (!member_can_step(loop->member)) {
        return false; /* the core is not stepped before the log writer has room again */
    }
    if (member_can_go_on(loop->member) || log_writer_has_reads(node->log_writer) ||
        snapshots_have_work(loop) || loop->takes_part != intake_takes_part(loop) ||
        (!loop->draining_begun && atomic_load(&node->draining) == DRAINING_ASKED)) {
        return true;
    }
    for (size_t i = 0; i < node->links.count; i++) {
        if (link_has_events(node->links.links[i])) {
            return true;
        }
    }
    return false;
}

/* Milliseconds until the member's next deadline; -1 = no deadline. */
static int sleep_ms(const struct core_loop *loop)
{
    uint64_t now = clock_monotonic_ms();
    uint64_t deadline = member_next_deadline_ms(loop->member);

    if (deadline == UINT64_MAX) {
        return -1;
    }
    if (deadline <= now) {
        return 0;
    }
    return deadline - now < 60000 ? (int)(deadline - now) : 60000;
}

static void wait_for_work(struct core_loop *loop)
{
    struct waker *waker = &loop->node->core_waker;

    if (has_work(loop)) {
        return;
    }
    waker_prepare(waker);
    if (!has_work(loop)) {
        waker_wait(waker, sleep_ms(loop));
    }
    waker_done(waker);
}

/*
 * The end of the thread: a leader steps down, and every request that waits is answered. If the disk
 * hangs, the core cannot be stepped; then the other nodes find out by their time-outs.
 */
static void finish(struct core_loop *loop)
{
    intake_writes(loop);
    if (member_can_step(loop->member)) {
        member_step_down(loop->member);
        step(loop);
    }
    member_end(loop->member);
    snapshots_run_tasks(loop);
    publish_figures(loop);
    answers_deliver(loop);
    wake_links(loop->node);
    answers_wake(loop);
}

void core_thread_run(void *argument)
{
    struct core_loop *loop = memory_allocate_zeroed(1, sizeof(*loop));
    struct raftd_node *node = argument;

    loop->node = node;
    loop->member = node->member;
    while (!atomic_load_explicit(&node->core_stop, memory_order_acquire)) {
        wait_for_work(loop);
        turn(loop);
    }
    finish(loop);
    memory_free(loop);
}
