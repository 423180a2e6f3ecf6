/* test_forget.c - what is freed, as somebody finds it who reads this process's memory. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/test.h"

enum {
    LINKS = 64, /* octets at either end that libc itself writes when a block is free */
    LARGE = 1 << 20,
    UNTOUCHED = 16 << 20,
};
static const char secret[16] = "not to be found"; /* divides the sizes below */

static char *
filled(size_t size)
{
    char *p = malloc(size);

    assert_non_null(p);
    for (size_t i = 0; i + sizeof(secret) <= size; i += sizeof(secret))
        memcpy(p + i, secret, sizeof(secret));
    return p;
}

/* Any of @size octets at @address, mapped or not. */
static bool
can_be_found(uintptr_t address, size_t size)
{
    char *seen = malloc(size);
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    ssize_t n = pread(fd, seen, size, (off_t)address);
    bool found = n > 0 && memmem(seen, (size_t)n, secret, sizeof(secret));

    assert_true(fd >= 0);
    close(fd);
    free(seen);
    return found;
}

static void
assert_forgotten(size_t size)
{
    char *p = filled(size), *behind = malloc(1); /* so that it is not the heap's last */
    uintptr_t address = (uintptr_t)p;

    assert_true(can_be_found(address, size));
    free(p);
    assert_false(can_be_found(address, size));
    free(behind);
}

static void
test_blocks_of_every_size_are_wiped(void **state)
{
    (void)state;
    for (size_t size = 2 * LINKS; size <= 2 * LARGE; size += size / 3)
        assert_forgotten(size);
}

static void
test_the_edges_of_a_large_block_are_wiped(void **state)
{
    (void)state;
    for (size_t more = 0; more < 3 * 4096; more += 496)
        assert_forgotten(LARGE + more);
}

static void
test_what_is_beside_a_large_block_stays(void **state)
{
    char *before = filled(LINKS), *p = filled(LARGE + 48), *behind = filled(LINKS);

    (void)state;
    free(p);
    for (size_t i = 0; i < LINKS; i += sizeof(secret)) {
        assert_memory_equal(before + i, secret, sizeof(secret));
        assert_memory_equal(behind + i, secret, sizeof(secret));
    }
    free(before);
    free(behind);
}

static void
test_what_moves_leaves_nothing_behind(void **state)
{
    char *p = filled(LARGE), *behind = malloc(1), *moved;
    uintptr_t address = (uintptr_t)p;

    (void)state;
    moved = realloc(p, 2 * LARGE);
    assert_non_null(moved);
    assert_true((uintptr_t)moved != address);
    assert_memory_equal(moved + LARGE - sizeof(secret), secret, sizeof(secret));
    assert_false(can_be_found(address, LARGE));
    free(moved);
    free(behind);
}

static long
pages_fetched(void)
{
    struct rusage use;

    assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
    return use.ru_minflt;
}

static void
test_what_was_never_touched_is_not_fetched(void **state)
{
    char *p = malloc(UNTOUCHED), *behind = malloc(1);
    long before = pages_fetched();

    (void)state;
    free(p);
    assert_in_range(pages_fetched() - before, 0, 16);
    free(behind);
}

static void
test_errno_survives(void **state)
{
    void (*volatile give)(void *) = free; /* of free itself the compiler knows that it does */
    char *p = filled(LARGE);

    (void)state;
    errno = EXDEV;
    give(p);
    give(NULL);
    assert_int_equal(errno, EXDEV);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_never_touched_is_not_fetched), /* while there is such */
        cmocka_unit_test(test_blocks_of_every_size_are_wiped),
        cmocka_unit_test(test_the_edges_of_a_large_block_are_wiped),
        cmocka_unit_test(test_what_is_beside_a_large_block_stays),
        cmocka_unit_test(test_what_moves_leaves_nothing_behind),
        cmocka_unit_test(test_errno_survives),
    };

    /* all of it from the heap, where it stays mapped */
    return !mallopt(M_MMAP_THRESHOLD, 2 * UNTOUCHED) ||
           cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
