/*
 * The log writer: the only thread that waits for the disk of the log. It takes the core's writes
 * from a ring, as many as are there, makes them durable with one wal_append(), and returns them
 * through another ring. Between two writes it reads entries back for slow peers. When the disk
 * fails to take a write, it ends the process, because it is then unknown what
 * is on the disk. It never touches the core.
 */
#ifndef RAFTD_NODE_LOG_WRITER_H
#define RAFTD_NODE_LOG_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "member/member.h"
#include "store/reserve_file.h"
#include "store/wal.h"
#include "store/wal_read.h"
#include "sys/waker.h"

enum {
    LOG_WRITER_REQUESTS_MAX = MEMBER_WRITES_MAX, /* writes that are not returned yet */
    LOG_WRITER_READS_MAX = 64,                   /* reads that are not returned yet */
    LOG_WRITER_EXIT_CODE = 5, /* exit code of the process if the disk fails; see raftd(8) */
};

struct log_writer;

/*
 * Owns the WAL from here on. `core` is woken when writes were returned. NULL if the process has no
 * file descriptor left; then the WAL still belongs to the caller.
 */
struct log_writer *log_writer_create(struct wal *wal, struct waker *core);
int log_writer_start(struct log_writer *log_writer);
/* Before log_writer_start(): watches how much space the file system of this directory has, and
 * holds the part of the reserve that `reserve` is for. Both are borrowed until
 * log_writer_destroy(). */
void log_writer_watch_space(struct log_writer *log_writer, const char *directory,
                            uint64_t reserve_bytes, struct reserve_file *reserve);
/* Writes what was submitted, then ends the thread. */
void log_writer_stop(struct log_writer *log_writer);
/* Closes the WAL, which marks a clean end in it, and frees. NULL is allowed. */
void log_writer_destroy(struct log_writer *log_writer);

/* Core thread. */
/* At most LOG_WRITER_REQUESTS_MAX writes that were not taken back. */
void log_writer_submit(struct log_writer *log_writer, struct member_write *request);
/* The next write that is durable, which the caller owns then; NULL = none. */
struct member_write *log_writer_next_done(struct log_writer *log_writer);
bool log_writer_has_done(const struct log_writer *log_writer);

/*
 * Reads entries back from the log for a slow peer, between two writes. The caller fills in the
 * first part; log_writer_next_read() returns the same with the answer, and the caller frees the
 * entries with wal_entries_free(). Every byte of them was verified.
 */
struct log_read {
    uint16_t peer; /* for whom, and the number of the request: only the caller uses them */
    uint64_t number;
    uint64_t first_index;
    uint64_t last_index;
    size_t max_bytes; /* of raft_entry_cost(); one entry may be larger */

    int code; /* 0, or a code of wal_read_entries() */
    struct wal_entries entries;
};
/* False: LOG_WRITER_READS_MAX of them wait already. */
bool log_writer_can_read(const struct log_writer *log_writer);
/* Only if log_writer_can_read(). */
void log_writer_read(struct log_writer *log_writer, const struct log_read *read);
bool log_writer_next_read(struct log_writer *log_writer, struct log_read *read);
bool log_writer_has_reads(const struct log_writer *log_writer);

/* Entries up to this index are in a durable snapshot, so their segments may be removed. */
void log_writer_compact(struct log_writer *log_writer, uint64_t index);

/* Any thread; the figures may be a little old. */
/* Free bytes of the file system of the log; UINT64_MAX = not known. */
uint64_t log_writer_free_bytes(const struct log_writer *log_writer);
void log_writer_get_figures(struct log_writer *log_writer, struct wal_figures *figures);

#endif
