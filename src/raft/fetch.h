/*
 * Entries for slow peers that only the disk still has whole. See fetch.c.
 */
#ifndef RAFTD_RAFT_FETCH_H
#define RAFTD_RAFT_FETCH_H

#include "raft/core.h"

/* A batch begins: releases what the messages of the last one had, and makes room for the entries
 * that these events bring. */
void fetch_begin(struct raft_core *core, const struct raft_event *events, size_t count);
/* Frees everything. */
void fetch_end(struct raft_core *core);
/* The host has read what it was asked for. */
void fetch_on_read(struct raft_core *core, const struct raft_fetched *fetched);
/* Leader: asks for what peers need next and the log in memory does not hold. */
void fetch_flush(struct raft_core *core);

#endif
