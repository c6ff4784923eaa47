/*
 * The file "reserve" of a data directory: the part of [storage] reserve_bytes that other programs
 * cannot take (reserve_held_bytes()). Its blocks are allocated, and its content means nothing. A
 * write for which the file system has no room takes as many blocks from it as it needs: the file
 * becomes shorter, and the write is done again. So the log and a snapshot grow at its cost, also
 * when another program has filled the disk wholly. When there is room again, the file becomes
 * longer. The room of the file counts as free, so reserve.h says as always who may use it.
 *
 * This is a table of file operations over another one (fs.h), and a file that one of the two has
 * opened is good for both. What can wait for free space uses the table below: the zeros of spare
 * files of the log. The log and the snapshots use it like that one, from any thread; a mutex
 * protects the file. The file need not survive a crash: a start takes what it finds.
 */
#ifndef RAFTD_STORE_RESERVE_FILE_H
#define RAFTD_STORE_RESERVE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/fs.h"

#define RESERVE_FILE_NAME "reserve"

enum { RESERVE_PIECE_BYTES = 256 * 1024 };

struct reserve_file;

/*
 * Touches no disk. The table below, and the text, are borrowed until reserve_file_destroy(). The
 * file gives up at least piece_bytes at once: a file system may need more blocks for a write than
 * its bytes, and a sync for each small write would be slow. RESERVE_PIECE_BYTES, except in tests.
 */
struct reserve_file *reserve_file_create(const struct fs *fs, const char *directory,
                                         uint64_t reserve_bytes, uint64_t piece_bytes);
/* NULL is allowed. The file stays. Every file that was opened with the table is closed. */
void reserve_file_destroy(struct reserve_file *reserve);

/* The table for all other files of the directory. Valid until reserve_file_destroy(). Its
 * free_bytes() counts the bytes of the file as free. */
const struct fs *reserve_file_table(struct reserve_file *reserve);

/*
 * Makes the file longer by at most this much, if it is too short and there is room. The directory
 * has to exist. To be called now and then by a thread that may wait for the disk. Returns whether
 * another call would do more.
 */
bool reserve_file_hold(struct reserve_file *reserve, uint64_t at_most_bytes);

/* Where nothing is to be held: removes the file that an earlier process has left. */
void reserve_file_remove(const struct fs *fs, const char *directory);

/* The bytes that the file has now. */
uint64_t reserve_file_held_bytes(const struct reserve_file *reserve);

#endif
