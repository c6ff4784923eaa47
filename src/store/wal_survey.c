/*
 * The survey of recovery: where the scan has found damage in the middle of the log, reads what
 * follows it, to learn how far the log went. Runs in wal_open(), on the thread that calls it. It
 * changes nothing.
 *
 * Whoever cuts the log at the damage has to know what the node may have promised: the last entry
 * that was durable, and the last term, vote and promise. The last batch says the first, and the
 * hard state in it, or in a batch before it with no damage between the two, says the second (the
 * writer puts a hard state into each batch). So all of it is known if the last batch that was
 * durable is intact. A batch that could not be read and that is certainly not the last one may hide
 * anything that a later one does not say again:
 *
 *     what was found last                        the end of the log is
 *     an intact batch                            known
 *     an intact batch, then the torn batch that  known: nobody was told that the torn one is
 *       follows it, or bytes of it               durable
 *     an intact batch, then the header of a      not known: the batch between was durable
 *       batch that is not the next one
 *     a segment without a valid header           not known: it may have had batches
 *     such bytes in two segments                 not known: those in the first one were durable
 *     no hard state after the last gap           not known: in older logs a batch has one only
 *                                                where it changed
 */
#include "store/wal_recovery.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "store/wal_window.h"

struct survey {
    const struct wal_files *files;
    struct wal_scan *scan;
    struct raftd_error *error;
    struct wal_window window; /* on the segment that is being read */
    uint64_t file_bytes;      /* size of that segment */
    uint64_t nonce;           /* of that segment */

    uint64_t sequence;     /* of the last intact batch */
    uint64_t highest;      /* greatest sequence in any header */
    uint64_t dirty_number; /* segment with other bytes after the last intact batch; 0 = none */
    bool has_batch;        /* there was an intact batch after the damage */
    bool is_hidden;        /* after the last intact batch there was one that cannot be read */
    bool is_broken;        /* an intact batch makes no sense */
    uint64_t index;        /* where the log ends */
    uint64_t index_term;
    bool index_term_known;
    bool hard_state_known;
    uint64_t term;
    uint16_t vote;
    bool promise_known;
    uint32_t promise_ms;
};

static void see_members(struct survey *survey, const struct wal_record *record)
{
    raft_entry_release(survey->scan->lost_members);
    survey->scan->lost_members =
        raft_entry_make(record->entry_type, record->data, record->size_bytes);
}

static void see_hard_state(struct survey *survey, const struct wal_record *record)
{
    survey->term = record->term;
    survey->vote = record->vote;
    if (record->promise_known) {
        survey->promise_known = true;
        survey->promise_ms = record->promise_ms;
    }
    survey->hard_state_known = true;
}

static void see_end(struct survey *survey, uint64_t index, uint64_t term)
{
    survey->index = index;
    survey->index_term = term;
    survey->index_term_known = true;
}

static void see_record(struct survey *survey, const struct wal_record *record)
{
    switch (record->type) {
    case WAL_RECORD_HARD_STATE:
        see_hard_state(survey, record);
        break;
    case WAL_RECORD_TRUNCATE:
        survey->index = record->index - 1;
        survey->index_term_known = false;
        break;
    case WAL_RECORD_ENTRY:
        see_end(survey, record->index, record->term);
        if (record->entry_type == RAFT_ENTRY_MEMBERSHIP) {
            see_members(survey, record);
        }
        break;
    case WAL_RECORD_RESET:
    case WAL_RECORD_START:
        see_end(survey, record->index, record->term);
        break;
    case WAL_RECORD_CLEAN_END:
        break;
    }
}

static void see_batch(struct survey *survey, const struct wal_batch_header *header,
                      const uint8_t *payload)
{
    struct reader reader = reader_make(payload, header->payload_bytes);

    if (header->sequence <= survey->sequence || header->next_index == 0) {
        survey->is_broken = true;
        return;
    }
    if (header->sequence != survey->sequence + 1) {
        /* What the batches between have said is not known. */
        survey->index_term_known = false;
        survey->hard_state_known = false;
        survey->promise_known = false;
        survey->index = header->next_index - 1;
    } else if (header->next_index != survey->index + 1) {
        survey->is_broken = true;
    }
    survey->sequence = header->sequence;
    survey->has_batch = true;
    survey->is_hidden = false;
    survey->dirty_number = 0;
    for (uint32_t i = 0; i < header->record_count; i++) {
        struct wal_record record;

        if (!wal_record_decode(&reader, &record)) {
            survey->is_broken = true;
            return;
        }
        see_record(survey, &record);
    }
}

/* Bytes of no intact batch. */
static void see_bytes(struct survey *survey, uint64_t number)
{
    if (survey->dirty_number != 0 && survey->dirty_number != number) {
        survey->is_hidden = true;
    }
    survey->dirty_number = number;
}

static const uint8_t *read_bytes(struct survey *survey, uint64_t number, uint64_t offset,
                                 uint64_t size)
{
    int failure = 0;
    const uint8_t *bytes = wal_window_get(&survey->window, offset, size, &failure);
    char name[WAL_NAME_BYTES];

    if (bytes == NULL) {
        wal_segment_name(name, number);
        wal_system_error(survey->error, survey->files, name, "read", failure);
    }
    return bytes;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Looks at the batch or the block at *offset, and moves *offset after it. Returns 0 or
 * RAFTD_ERROR_SYSTEM. */
static int survey_block(struct survey *survey, uint64_t number, uint64_t *offset)
{
    uint64_t left = survey->file_bytes - *offset;
    size_t size = left < WAL_BLOCK_BYTES ? (size_t)left : WAL_BLOCK_BYTES;
    const uint8_t *bytes = read_bytes(survey, number, *offset, size);
    struct wal_batch_header header;
    uint64_t padded;

    if (bytes == NULL) {
        return RAFTD_ERROR_SYSTEM;
    }
    if (size == WAL_BLOCK_BYTES && wal_batch_header_decode(bytes, survey->nonce, &header)) {
        padded = header.payload_bytes <= left
                     ? wal_padded_bytes(WAL_BATCH_HEADER_BYTES + header.payload_bytes)
                     : UINT64_MAX;
        bytes = padded <= left ? read_bytes(survey, number, *offset, padded) : NULL;
        if (padded <= left && bytes == NULL) {
            return RAFTD_ERROR_SYSTEM;
        }
        survey->highest = header.sequence > survey->highest ? header.sequence : survey->highest;
        if (bytes != NULL &&
            wal_batch_payload_is_intact(&header, bytes + WAL_BATCH_HEADER_BYTES, survey->nonce)) {
            see_batch(survey, &header, bytes + WAL_BATCH_HEADER_BYTES);
            *offset += padded;
            return 0;
        }
        see_bytes(survey, number);
    } else if (!is_zero(bytes, size)) {
        see_bytes(survey, number);
    }
    *offset += size;
    return 0;
}

static int survey_file(struct survey *survey, uint64_t number, uint64_t offset)
{
    struct wal_segment_header header;
    const uint8_t *block;
    int result = 0;

    survey->nonce = 0;
    if (survey->file_bytes < WAL_SEGMENT_HEADER_BYTES) {
        survey->is_hidden = true;
        return 0;
    }
    block = read_bytes(survey, number, 0, WAL_SEGMENT_HEADER_BYTES);
    if (block == NULL) {
        return RAFTD_ERROR_SYSTEM;
    }
    if (!wal_segment_header_decode(block, &header) || header.version != WAL_FORMAT_VERSION ||
        header.number != number) {
        survey->is_hidden = true;
        return 0;
    }
    survey->nonce = header.nonce;
    /* A cut inside of a block keeps that block. */
    offset =
        offset < WAL_SEGMENT_HEADER_BYTES ? WAL_SEGMENT_HEADER_BYTES : wal_padded_bytes(offset);
    while (result == 0 && offset < survey->file_bytes) {
        result = survey_block(survey, number, &offset);
    }
    return result;
}

static int survey_segment(struct survey *survey, uint64_t number, uint64_t offset)
{
    const struct fs *fs = survey->files->fs;
    char name[WAL_NAME_BYTES];
    char path[WAL_PATH_MAX];
    int64_t size;
    int result;
    int file;

    wal_segment_name(name, number);
    wal_path(survey->files, name, path);
    file = fs->open(fs->context, path, FS_OPEN_READ);
    size = file < 0 ? file : fs->size(fs->context, file);
    if (size < 0) {
        wal_system_error(survey->error, survey->files, name, "open", (int)size);
        result = RAFTD_ERROR_SYSTEM;
    } else {
        survey->file_bytes = (uint64_t)size;
        wal_window_set_file(&survey->window, file, survey->file_bytes);
        result = survey_file(survey, number, offset);
    }
    if (file >= 0) {
        fs->close(fs->context, file);
    }
    return result;
}

static void begin(struct survey *survey)
{
    const struct wal_replay *log = &survey->scan->log;

    survey->window = (struct wal_window){.fs = survey->files->fs};
    survey->sequence = log->sequence;
    survey->highest = log->sequence;
    survey->term = log->term;
    survey->vote = log->vote;
    survey->promise_known = log->promise_known;
    survey->promise_ms = log->promise_ms;
    survey->hard_state_known = true;
    see_end(survey, log->last_index, log->last_term);
}

static bool end_is_known(const struct survey *survey)
{
    return survey->has_batch && !survey->is_broken && !survey->is_hidden &&
           survey->highest <= survey->sequence + 1 && survey->hard_state_known &&
           survey->promise_known;
}

static const struct raft_entry *kept_members(const struct wal_replay *log)
{
    for (size_t i = log->entry_count; i > 0; i--) {
        if (log->entries[i - 1]->type == RAFT_ENTRY_MEMBERSHIP) {
            return log->entries[i - 1];
        }
    }
    return NULL;
}

int wal_survey(const struct wal_files *files, const struct wal_options *options,
               struct wal_scan *scan, struct wal_damage *damage, struct raftd_error *error)
{
    struct survey survey = {.files = files, .scan = scan, .error = error};
    int result = 0;

    if (scan->damage.number == 0) {
        return 0;
    }
    if (options->cut.number != 0) {
        /* Another damage, before a cut that was decided and is not done: how far the log went is
         * known since then. */
        *damage = (struct wal_damage){
            .cut = scan->damage,
            .kept_index = scan->log.last_index,
            .promise_known = true,
            .kept_members = kept_members(&scan->log),
        };
        return 1;
    }
    begin(&survey);
    for (size_t i = 0; result == 0 && i < scan->segment_count; i++) {
        uint64_t number = scan->segments[i].number;

        if (number >= scan->damage.number) {
            result = survey_segment(&survey, number,
                                    number == scan->damage.number ? scan->damage.offset_bytes : 0);
        }
    }
    wal_window_free(&survey.window);
    if (result != 0 || !end_is_known(&survey)) {
        return result;
    }
    *damage = (struct wal_damage){
        .cut = scan->damage,
        .kept_index = scan->log.last_index,
        .lost_term = survey.index_term_known ? survey.index_term : survey.term,
        .lost_index = survey.index,
        .term = survey.term,
        .vote = survey.vote,
        .promise_known = survey.promise_known,
        .promise_ms = survey.promise_ms,
        .kept_members = kept_members(&scan->log),
        .lost_members = scan->lost_members,
    };
    return 1;
}
