/*
 * base/memory and base/assert: without memory, and after a failed assertion, the process ends.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "unit.h"

START_TEST(no_bytes_are_memory_too)
{
    void *nothing = memory_allocate(0);
    void *zeroed = memory_allocate_zeroed(0, 8);

    ck_assert_ptr_nonnull(nothing);
    ck_assert_ptr_nonnull(zeroed);
    nothing = memory_resize(nothing, 0);
    ck_assert_ptr_nonnull(nothing);
    memory_free(nothing);
    memory_free(zeroed);
    memory_free(NULL);
}
END_TEST

START_TEST(zeroed_memory_is_zero)
{
    uint8_t *memory = memory_allocate_zeroed(100, 3);

    for (size_t i = 0; i < 300; i++) {
        ck_assert_uint_eq(memory[i], 0);
    }
    memory_free(memory);
}
END_TEST

START_TEST(aligned_memory_is_aligned)
{
    for (size_t size = 0; size < 300; size += 13) {
        void *memory = memory_allocate_aligned(64, size);

        ck_assert_uint_eq((uintptr_t)memory % 64, 0);
        memset(memory, 1, size);
        memory_free(memory);
    }
}
END_TEST

START_TEST(an_array_doubles_and_keeps_its_elements)
{
    size_t capacity = 0;
    uint32_t *array = NULL;
    int moves = 0;

    for (uint32_t i = 0; i < 100000; i++) {
        size_t before = capacity;

        array = memory_grow(array, &capacity, (size_t)i + 1, sizeof(array[0]));
        array[i] = i;
        moves += capacity != before;
    }
    ck_assert_int_le(moves, 20);
    for (uint32_t i = 0; i < 100000; i++) {
        ck_assert_uint_eq(array[i], i);
    }
    ck_assert_ptr_eq(memory_grow(array, &capacity, 10, sizeof(array[0])), array);
    memory_free(array);
}
END_TEST

START_TEST(an_array_of_nothing_is_there)
{
    size_t capacity = 0;
    void *array = memory_grow(NULL, &capacity, 0, 8);

    ck_assert_ptr_nonnull(array);
    memory_free(array);
}
END_TEST

START_TEST(a_string_is_copied_with_its_end)
{
    char text[] = "text";
    char *copy = memory_copy_string(text);

    text[0] = 'n';
    ck_assert_str_eq(copy, "text");
    memory_free(copy);
}
END_TEST

START_TEST(an_array_too_large_to_count_ends_the_process)
{
    size_t capacity = 0;

    memory_grow(NULL, &capacity, SIZE_MAX / 4, 8);
}
END_TEST

START_TEST(a_broken_assertion_ends_the_process)
{
    volatile int two = 2;

    ASSERT(two == 2);
    ASSERT(two == 3);
}
END_TEST

UNIT_SUITE(memory)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");

    tcase_add_test(tests, no_bytes_are_memory_too);
    tcase_add_test(tests, zeroed_memory_is_zero);
    tcase_add_test(tests, aligned_memory_is_aligned);
    tcase_add_test(tests, an_array_doubles_and_keeps_its_elements);
    tcase_add_test(tests, an_array_of_nothing_is_there);
    tcase_add_test(tests, a_string_is_copied_with_its_end);
    tcase_add_test_raise_signal(tests, an_array_too_large_to_count_ends_the_process, SIGABRT);
    tcase_add_test_raise_signal(tests, a_broken_assertion_ends_the_process, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite;
}
