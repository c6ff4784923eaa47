/*
 * The table of planted bugs: the name and a sentence of each, grouped by directory of src. To add
 * a bug, add a row here and PLANT(name) at the place in the code; the simulator has to find it, or
 * a story or a unit test (`make check-planted`). See plant.h.
 */
#ifndef RAFTD_BASE_PLANT_TABLE_H
#define RAFTD_BASE_PLANT_TABLE_H

#define PLANTS_STORE(X)                                                                            \
    X(store_torn_tail_is_data, "recovery accepts a batch whose payload is torn")                   \
    X(store_damage_is_tail, "recovery cuts the log off at damage before an intact batch")          \
    X(store_create_not_synced, "the directory is not synced after a segment got its name")         \
    X(store_repair_not_synced, "recovery returns data that is only in the page cache")             \
    X(store_append_not_synced, "a batch is acknowledged without a sync")                           \
    X(store_sync_retried, "a failed sync is repeated, and its success is believed")                \
    X(store_nonce_ignored, "batches of an older file in the same place are accepted")              \
    X(store_truncate_ignored, "recovery skips truncate records")                                   \
    X(store_zeroes_acknowledged, "zeros are written over the last acknowledged block")             \
    X(store_roll_without_hard_state, "a segment begins without term and vote")                     \
    X(store_rename_before_sync, "a segment gets its name before its bytes are durable")            \
    X(store_tail_not_cleared, "recovery leaves the bytes of a torn batch after the log")           \
    X(store_vote_not_written, "a hard state is written without its vote")                          \
    X(store_free_not_synced, "a freed segment is reused before its name is durably gone")          \
    X(store_frees_too_much, "compaction frees a segment with an entry that no snapshot covers")    \
    X(store_reset_ignored, "recovery skips reset records")                                         \
    X(store_read_not_verified, "entries are read back for a peer without a look at checksums")     \
    X(store_reset_in_place, "what is written after damage was found stays in the damaged segment") \
    X(store_snapshot_not_synced, "a snapshot gets its name before its bytes are durable")          \
    X(store_snapshot_name_not_synced, "a snapshot counts before its name is durable")

#define PLANTS_RAFT(X)                                                                             \
    X(raft_acknowledges_early, "entries are acknowledged before they are on the disk")             \
    X(raft_truncates_on_overlap, "an append that covers less removes the entries after it")        \
    X(raft_previous_not_compared, "the term of the previous entry is not compared")                \
    X(raft_commits_past_message, "a follower commits entries that the append does not cover")      \
    X(raft_no_noop, "a leader begins its term without an entry and serves reads at once")          \
    X(raft_campaigns_early, "a candidate asks for votes before its own vote is on the disk")       \
    X(raft_votes_for_short_logs, "a vote is granted whatever log the candidate has")               \
    X(raft_vote_not_persisted, "a vote is not written to the disk")                                \
    X(raft_completion_without_term, "a finished write counts although a later one replaced it")    \
    X(raft_leads_in_silence, "a leader that no quorum answers goes on leading")                    \
    X(raft_pre_vote_replies_ignored, "a granted pre-vote makes the candidate adopt its term")      \
    X(raft_commits_by_counting, "entries of earlier terms are committed by counting")              \
    X(raft_counts_itself_early, "a leader counts itself before its disk has the entry")            \
    X(raft_takes_old_proposals, "a proposal that was forwarded in an earlier term is appended")    \
    X(raft_forwards_twice, "a follower forwards its clients' proposals twice")                     \
    X(raft_read_id_reused, "each attempt of a read has the same number")                           \
    X(raft_reads_without_round, "a leader answers reads without asking a quorum")                  \
    X(raft_snapshot_term_ignored, "a log that contradicts a snapshot is kept after its index")     \
    X(raft_snapshot_has_newest_members, "a snapshot names members that are not committed")         \
    X(raft_changes_too_early, "members change before the leader committed in its term")            \
    X(raft_changes_at_once, "members change without a joint membership in between")                \
    X(raft_lease_from_receipt, "a lease begins when an answer arrives, not when it was asked")     \
    X(raft_stale_append_counts, "an append of an earlier term delays the election")                \
    X(raft_membership_of_batch, "a membership is recorded under the first entry of its batch")     \
    X(raft_base_time_believed,                                                                     \
      "an unknown time of the log's base is compared with the leader's time")                      \
    X(raft_silent_disks_count, "disks of members that do not answer count as disks with room")     \
    X(raft_reserve_unused, "a nearly full disk takes no commands, although the leader says so")    \
    X(raft_lease_outlives_handover, "a leader that hands over keeps its lease")                    \
    X(raft_lease_of_own_length, "a leader counts promises at its own election time-out")           \
    X(raft_promise_of_own_length, "a voter promises its own time-out, although less is wanted")    \
    X(raft_promise_overstated, "a voter says the wanted length, but keeps a shorter promise")      \
    X(raft_promise_forgotten, "a restarted voter does not wait until its promise is over")         \
    X(raft_full_disk_is_deaf, "a follower whose disk is full drops appends with entries")          \
    X(raft_lost_is_never_asked, "no append asks whether the entries before it have arrived")       \
    X(raft_repeats_entries, "each heartbeat sends the entries again that are on their way")        \
    X(member_damage_not_marked, "a start cuts off damage in the log and forgets that")             \
    X(raft_damaged_votes, "a member whose log is damaged votes and campaigns")                     \
    X(raft_old_snapshot_mends, "a snapshot mends a damaged log of which it lacks entries")         \
    X(raft_mends_from_memory, "a damaged log is mended only by what is in memory")                 \
    X(raft_lost_mark_ignored, "a member that is marked as lost counts in a quorum")                \
    X(raft_lost_mark_deafens, "an uncommitted mark makes a follower deaf to the marked leader")    \
    X(raft_lost_log_counts, "the leader counts a member that lost what it had acknowledged")       \
    X(raft_any_term_is_taken, "a message may raise the term by any number")                        \
    X(raft_binding_dropped, "a member is bound, but the membership does not keep the identity")    \
    X(raft_releases_all, "one step releases every entry that a snapshot covers")                   \
    X(raft_log_stays_in_memory, "the log in memory has no bound in bytes")                         \
    X(raft_voter_before_of_index,                                                                  \
      "what is remembered of the membership before an entry outlives the entry")

#define PLANTS_KV(X)                                                                               \
    X(kv_snapshot_misses_changes,                                                                  \
      "a value that changes while a snapshot is taken is saved as it is later")                    \
    X(kv_local_clock, "keys expire by each node's own clock")                                      \
    X(kv_applied_twice, "a command that is sent again is executed again")                          \
    X(kv_watch_ignored, "a transaction is executed although a watched key changed")                \
    X(kv_transaction_half, "a transaction ends early on nodes where no client waits for it")       \
    X(kv_compares_nothing, "a change that depends on a value does not compare the value")          \
    X(kv_read_before_time, "a read does not see a key that expires soon")                          \
    X(kv_snapshot_loses_deadlines, "keys that come from a snapshot never expire")

#define PLANTS_NODE(X)                                                                             \
    X(reserve_is_kept, "a write on a full disk fails although room is held for it")                \
    X(node_reads_checked_once, "a read is not checked again after a pause")                        \
    X(node_drains_early, "a node says that it has drained while commands have no outcome")

#define PLANTS_MEMBER(X)                                                                           \
    X(member_lets_the_lost_in, "a node that lost its data may join under its old id")              \
    X(member_founds_with_anyone, "a founder accepts a founding that names another directory")      \
    X(member_founds_alone, "the first founder founds before the others have answered")             \
    X(member_drains_damaged, "a node stops in order while its log is damaged")                     \
    X(member_directory_not_synced, "the name of a directory that an earlier start made is not "    \
                                   "made durable")                                                 \
    X(member_proof_not_marked, "proof that a member has lost data does not become a mark")         \
    X(member_saves_together, "all members save a snapshot at the same index")                      \
    X(member_saves_by_entries, "a snapshot of a large state is due by the number of entries "      \
                               "alone")                                                            \
    X(member_idle_is_no_time, "time in which nothing is written does not come into the log")

#define PLANTS_WIRE(X)                                                                             \
    X(wire_heartbeats_queue, "a heartbeat waits behind entries that are on their way")

#define PLANTS_PEER(X)                                                                             \
    X(peer_mixes_clusters, "a hello of another cluster is accepted")                               \
    X(peer_forgets_starts, "a hello of a directory that was set back is accepted")                 \
    X(peer_start_not_compared, "the log of a start is not compared with what was acknowledged")    \
    X(peer_copy_condemns_member,                                                                   \
      "the hello of a copy is proof against a member that is connected")                           \
    X(peer_late_hello_is_proof, "a late hello of a process that has ended is proof of a loss")     \
    X(peer_twin_takes_over, "a second process takes over the connection of a member that lives")

#define PLANTS_SNAPSHOT(X)                                                                         \
    X(snapshot_not_verified, "a snapshot counts as intact although nobody looked at its "          \
                             "checksums")                                                          \
    X(snapshot_takes_reserve, "a snapshot is saved and received on a disk without room for it")

#define PLANTS_SYS(X)                                                                              \
    X(sys_clock_stops, "the clock of all time-outs stands still while the machine is suspended")

#define PLANTS_RAFTCTL(X)                                                                          \
    X(raftctl_backup_not_confirmed, "a node that is cut off gives a backup as if it were "         \
                                    "complete")

#define PLANTS(X)                                                                                  \
    PLANTS_RAFT(X)                                                                                 \
    PLANTS_MEMBER(X)                                                                               \
    PLANTS_WIRE(X)                                                                                 \
    PLANTS_PEER(X)                                                                                 \
    PLANTS_SNAPSHOT(X) PLANTS_SYS(X) PLANTS_RAFTCTL(X) PLANTS_NODE(X) PLANTS_KV(X) PLANTS_STORE(X)

/* Bugs that need a moment which faults by chance hit too rarely, or that break no promise of the
 * simulator: a story has to find each of these. */
#define PLANTS_OF_STORIES(X)                                                                       \
    X(raft_snapshot_term_ignored)                                                                  \
    X(raft_lost_mark_ignored)                                                                      \
    X(raft_lost_log_counts)                                                                        \
    X(raft_lost_mark_deafens)                                                                      \
    X(raft_any_term_is_taken)                                                                      \
    X(raft_promise_of_own_length)                                                                  \
    X(reserve_is_kept)                                                                             \
    X(member_drains_damaged)                                                                       \
    X(raft_mends_from_memory)                                                                      \
    X(member_saves_together)                                                                       \
    X(member_saves_by_entries)                                                                     \
    X(member_idle_is_no_time)                                                                      \
    X(wire_heartbeats_queue)

/* Bugs of the store that show only in a node that runs while its disk rots: the seeds of the
 * simulator have to find these, and the exhaustive mode the others of the store. */
#define PLANTS_OF_LIVE_LOGS(X)                                                                     \
    X(store_read_not_verified)                                                                     \
    X(store_reset_in_place)

/* Bugs of which one call shows the mistake, in code that the simulator does not run, or whose time
 * it does not count: a unit test has to find each of these (test/unit/planted.c). */
#define PLANTS_OF_UNITS(X)                                                                         \
    X(raft_releases_all)                                                                           \
    X(raft_log_stays_in_memory)                                                                    \
    X(raft_voter_before_of_index)                                                                  \
    X(snapshot_takes_reserve)                                                                      \
    X(sys_clock_stops)                                                                             \
    X(raftctl_backup_not_confirmed)

#endif
