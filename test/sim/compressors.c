/*
 * Contexts of the compression that are used again, for speed only. Each new context of libzstd asks
 * the processor what it is, which takes as long as ten steps of a cluster in a virtual machine, and
 * a world saves a snapshot after every few entries. The linker puts these functions in the place of
 * those of libzstd (--wrap, see Makefile.inc). What a context gives does not depend on its earlier
 * uses: the shipped code calls only functions that begin with a new frame.
 */
#include <stddef.h>

#include <zstd.h>

enum { KEPT_MAX = 8 }; /* of each kind */

ZSTD_CCtx *__real_ZSTD_createCCtx(void);
size_t __real_ZSTD_freeCCtx(ZSTD_CCtx *context);
ZSTD_DCtx *__real_ZSTD_createDCtx(void);
size_t __real_ZSTD_freeDCtx(ZSTD_DCtx *context);

ZSTD_CCtx *__wrap_ZSTD_createCCtx(void);
size_t __wrap_ZSTD_freeCCtx(ZSTD_CCtx *context);
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void);
size_t __wrap_ZSTD_freeDCtx(ZSTD_DCtx *context);

static ZSTD_CCtx *compressors[KEPT_MAX];
static size_t compressor_count;
static ZSTD_DCtx *decompressors[KEPT_MAX];
static size_t decompressor_count;

ZSTD_CCtx *__wrap_ZSTD_createCCtx(void)
{
    return compressor_count > 0 ? compressors[--compressor_count] : __real_ZSTD_createCCtx();
}

size_t __wrap_ZSTD_freeCCtx(ZSTD_CCtx *context)
{
    if (context == NULL || compressor_count == KEPT_MAX) {
        return __real_ZSTD_freeCCtx(context);
    }
    compressors[compressor_count++] = context;
    return 0;
}

ZSTD_DCtx *__wrap_ZSTD_createDCtx(void)
{
    return decompressor_count > 0 ? decompressors[--decompressor_count] : __real_ZSTD_createDCtx();
}

size_t __wrap_ZSTD_freeDCtx(ZSTD_DCtx *context)
{
    if (context == NULL || decompressor_count == KEPT_MAX) {
        return __real_ZSTD_freeDCtx(context);
    }
    decompressors[decompressor_count++] = context;
    return 0;
}
