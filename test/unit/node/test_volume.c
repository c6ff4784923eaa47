/*
 * Whether a file system is large enough for the options, and whether the options that the refusal
 * proposes fit.
 */
#include <stdio.h>
#include <string.h>

#include "node/volume.h"
#include "unit.h"

#define MIB (UINT64_C(1024) * 1024)

START_TEST(the_default_options_need_448_mebibytes)
{
    struct raftd_error error = {0};
    struct conf conf;

    conf_defaults(&conf);
    ck_assert_int_eq(volume_judge(&conf, 448 * MIB, &error), 0);
    ck_assert_int_eq(volume_judge(&conf, 448 * MIB - 1, &error), RAFTD_ERROR_INVALID);
    ck_assert_str_eq(
        error.message,
        "the file system of [node] data_dir has only 447 MiB, but [storage] reserve_bytes (256M) "
        "and three files of the log, each of [storage] segment_bytes (64M), need 448 MiB, so no "
        "write could ever be accepted: use a larger file system, or set reserve_bytes = 32M, "
        "segment_bytes = 8M, [snapshot] log_bytes = 32M and [limits] max_request_bytes = 4M, or "
        "less");
}
END_TEST

/* Sets an option to the value that the refusal proposes for it. */
static void obey(struct conf *conf, const char *message, const char *section, const char *key)
{
    struct raftd_error error = {0};
    const char *place;
    char before[64];
    char name[64];
    char value[16];

    snprintf(before, sizeof(before), "%s = ", key);
    snprintf(name, sizeof(name), "%s.%s", section, key);
    place = strstr(message, before);
    ck_assert_ptr_nonnull(place);
    ck_assert_int_eq(sscanf(place + strlen(before), "%15[0-9KM]", value), 1);
    ck_assert_int_eq(conf_set(conf, name, value, &error), 0);
}

START_TEST(what_the_refusal_proposes_is_accepted)
{
    for (uint64_t total = MIB; total < 448 * MIB; total += MIB / 2) {
        struct raftd_error error = {0};
        struct conf conf;

        conf_defaults(&conf);
        ck_assert_int_eq(volume_judge(&conf, total, &error), RAFTD_ERROR_INVALID);
        obey(&conf, error.message, "storage", "reserve_bytes");
        obey(&conf, error.message, "storage", "segment_bytes");
        obey(&conf, error.message, "snapshot", "log_bytes");
        obey(&conf, error.message, "limits", "max_request_bytes");
        ck_assert_int_eq(volume_judge(&conf, total, &error), 0);
        ck_assert_uint_ge(conf.storage.reserve_bytes, 2 * conf.storage.segment_bytes);
        ck_assert_uint_ge(conf.storage.segment_bytes, 2 * conf.limits.max_request_bytes);
    }
}
END_TEST

START_TEST(what_waits_for_a_quorum_fits_into_the_reserve)
{
    struct conf conf;

    conf_defaults(&conf);
    ck_assert_uint_eq(volume_max_uncommitted(&conf), 64 * MIB);
    conf.storage.reserve_bytes = 10 * MIB;
    ck_assert_uint_eq(volume_max_uncommitted(&conf), 5 * MIB);
    conf.storage.reserve_bytes = 0; /* the free space is not looked at */
    ck_assert_uint_eq(volume_max_uncommitted(&conf), 64 * MIB);
}
END_TEST

START_TEST(the_file_system_counts_before_the_first_start_made_the_directory)
{
    struct raftd_error error = {0};
    struct conf conf;

    conf_defaults(&conf);
    conf.storage.segment_bytes = UINT64_C(1) << 60;
    snprintf(conf.node.data_dir, sizeof(conf.node.data_dir), "/tmp/raftd-that-does-not-exist");
    ck_assert_int_eq(volume_check(&conf, &error), RAFTD_ERROR_INVALID);
    /* Where there is no such place at all, another error explains that. */
    snprintf(conf.node.data_dir, sizeof(conf.node.data_dir), "/nowhere/raftd/that-does-not-exist");
    ck_assert_int_eq(volume_check(&conf, &error), 0);
}
END_TEST

UNIT_SUITE(volume)
{
    Suite *suite = suite_create("volume");
    TCase *tests = tcase_create("volume");

    tcase_add_test(tests, the_default_options_need_448_mebibytes);
    tcase_add_test(tests, what_the_refusal_proposes_is_accepted);
    tcase_add_test(tests, what_waits_for_a_quorum_fits_into_the_reserve);
    tcase_add_test(tests, the_file_system_counts_before_the_first_start_made_the_directory);
    suite_add_tcase(suite, tests);
    return suite;
}
