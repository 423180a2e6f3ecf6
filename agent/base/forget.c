/* forget.c - memory that is given back is wiped first, whoever had it.
 *
 * Secret wipes what is ours. But a password also passes through libraries (the buffers of D-Bus,
 * of the XML parser), which free it as it is, and it would be found later in a memory image
 * (CVE-2018-20319). Linked into the two programs that hold secrets, and into nothing else; the
 * packet path frees nothing. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void __libc_free(void *p);

void
free(void *p)
{
    int saved = errno;

    if (p)
        explicit_bzero(p, malloc_usable_size(p));
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
