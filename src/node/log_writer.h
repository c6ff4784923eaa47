/*
 * The log writer: the one thread that waits for the disk. Takes the core's writes from a ring,
 * as many as are there, makes them durable with one wal_append(), and returns them through
 * another ring. A disk that fails ends the process: what was promised can no longer be kept.
 */
#ifndef RAFTD_NODE_LOG_WRITER_H
#define RAFTD_NODE_LOG_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "node/link.h"
#include "raft/raft.h"
#include "store/wal.h"
#include "sys/waker.h"

enum {
    LOG_WRITER_REQUESTS_MAX = 256, /* writes on their way */
    LOG_WRITER_EXIT_CODE = 5,      /* of the process when the disk fails; see raftd(8) */
};

/* A frame that leaves once the write it waits for is done. */
struct gated_frame {
    uint16_t peer; /* by id: its link may be gone by then */
    struct wire_frame *frame;
};

struct write_request {
    /* Core thread until it is submitted, then log writer, then core thread again. */
    struct raft_write write; /* entries: own array below, one reference each */
    struct raft_entry **entries;
    /* Core thread at any time. */
    struct gated_frame *frames;
    size_t frame_count;
    size_t frame_capacity;
};

struct log_writer;

/* Owns the WAL from here on. core is woken after writes were returned. NULL, and the WAL is still
 * the caller's, if the system has no descriptor left. */
struct log_writer *log_writer_create(struct wal *wal, struct waker *core);
int log_writer_start(struct log_writer *log_writer);
/* Before it starts: the directory whose file system is watched; it is copied. */
void log_writer_watch_space(struct log_writer *log_writer, const char *directory);
/* Writes what was submitted and ends the thread. */
void log_writer_stop(struct log_writer *log_writer);
/* Closes the WAL with its clean-end mark and frees. NULL is allowed. */
void log_writer_destroy(struct log_writer *log_writer);

/* Core thread. */
struct write_request *write_request_make(const struct raft_write *write);
void write_request_free(struct write_request *request); /* also frames that were not taken */
void write_request_gate(struct write_request *request, uint16_t peer, struct wire_frame *frame);
bool log_writer_has_room(struct log_writer *log_writer);
void log_writer_submit(struct log_writer *log_writer, struct write_request *request);
struct write_request *log_writer_next_done(struct log_writer *log_writer); /* NULL: none */
bool log_writer_has_done(const struct log_writer *log_writer);

/* Entries up to this index are in a durable snapshot: segments of them may go, now and then. */
void log_writer_compact(struct log_writer *log_writer, uint64_t index);

/* Any thread; a recent picture. */
/* Bytes that the file system of the log has left; UINT64_MAX = not known. */
uint64_t log_writer_free_bytes(const struct log_writer *log_writer);
void log_writer_get_figures(struct log_writer *log_writer, struct wal_figures *figures);

#endif
