/* forget.c - memory that is given back is wiped first, whoever had it.
 *
 * Secret wipes what is ours. But a password also passes through libraries (the buffers of D-Bus,
 * of the XML parser), which free it as it is, and it would be found later in a memory image
 * (CVE-2018-20319). Linked into the two programs that hold secrets, and into nothing else; the
 * packet path frees nothing. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGE = 128 << 10 }; /* octets */

void __libc_free(void *p);

/* Whole pages of what is large go back to the kernel, which gives none to anybody as it was: to
 * wipe those that were never touched would fetch them first. */
static void
wipe(void *p, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)p, end = from + size;
    uintptr_t first = (from + page - 1) / page * page, last = end / page * page;

    if (size < LARGE || madvise((void *)first, last - first, MADV_DONTNEED) != 0) {
        explicit_bzero(p, size);
        return;
    }
    explicit_bzero(p, first - from);
    explicit_bzero((void *)last, end - last);
}

void
free(void *p)
{
    int saved = errno;

    if (p)
        wipe(p, malloc_usable_size(p));
    __libc_free(p);
    errno = saved;
}

/* In place where it fits; else by malloc and the free above: libc's own would leave a copy behind.
 */
void *
realloc(void *p, size_t size)
{
    size_t old = p ? malloc_usable_size(p) : 0;
    void *ret;

    if (p && size == 0) {
        free(p);
        return NULL;
    }
    if (p && size <= old && size >= old / 2)
        return p;
    ret = malloc(size);
    if (!ret || !p)
        return ret;
    memcpy(ret, p, size < old ? size : old);
    free(p);
    return ret;
}
