/*
 * Reads which node a data directory belongs to, from the header of its oldest segment. Any thread.
 * It only reads. It needs no lock, because a header never changes after its file got its name.
 */
#include <string.h>

#include "base/error.h"
#include "store/wal.h"
#include "store/wal_segment.h"

static void keep_lowest(void *argument, const char *name)
{
    uint64_t *lowest = argument;
    uint64_t number = wal_segment_number(name);

    if (number != 0 && (*lowest == 0 || number < *lowest)) {
        *lowest = number;
    }
}

static int read_header(const struct wal_files *files, uint64_t number,
                       struct wal_identity *identity, struct raftd_error *error)
{
    uint8_t block[WAL_SEGMENT_HEADER_BYTES];
    char name[WAL_NAME_BYTES];
    char path[WAL_PATH_MAX];
    struct wal_segment_header header;
    ssize_t count;
    int file;

    wal_segment_name(name, number);
    wal_path(files, name, path);
    file = files->fs->open(files->fs->context, path, FS_OPEN_READ);
    if (file < 0) {
        return wal_system_error(error, files, name, "open", file);
    }
    count = files->fs->pread(files->fs->context, file, block, sizeof(block), 0);
    files->fs->close(files->fs->context, file);
    if (count < 0) {
        return wal_system_error(error, files, name, "read", (int)count);
    }
    if ((size_t)count != sizeof(block) || !wal_segment_header_decode(block, &header)) {
        identity->is_damaged = true;
        return 0;
    }
    if (header.version != WAL_FORMAT_VERSION) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "%s in %.200s has format version %u, but this raftd reads version %d: use "
                         "the version of raftd that wrote it",
                         name, files->directory, header.version, WAL_FORMAT_VERSION);
    }
    identity->cluster_id = header.cluster_id;
    identity->identity = header.identity;
    identity->node_id = header.node_id;
    memcpy(identity->cluster_name, header.cluster_name, sizeof(identity->cluster_name));
    return 0;
}

int wal_identify(const struct fs *fs, const char *directory, struct wal_identity *identity,
                 struct raftd_error *error)
{
    const struct wal_files files = {.fs = fs, .directory = directory};
    uint64_t lowest = 0;

    *identity = (struct wal_identity){0};
    if (directory[0] == 0 || strlen(directory) > WAL_DIRECTORY_MAX ||
        fs->list(fs->context, directory, keep_lowest, &lowest) < 0 || lowest == 0) {
        return 0; /* there is no directory or no segment, so the data belong to no node */
    }
    return read_header(&files, lowest, identity, error);
}
