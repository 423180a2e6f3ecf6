#include "agent/link/resident.h"

#include <glib.h>
#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/base/usec.h"

enum {
    REST_MS = 1000,
    LARGE = 128 << 10, /* octets */
};

static __thread bool started; /* in one thread only: the rest is its own */
static bool waiting;
static Usec used;

/* Pages that were changed in memory alone would be lost: relocations in code. */
static bool
has_own_pages(const struct dl_phdr_info *object)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];

        if (p->p_type != PT_DYNAMIC)
            continue;
        for (const ElfW(Dyn) *d = (const void *)(object->dlpi_addr + p->p_vaddr);
             d->d_tag != DT_NULL; d++)
            if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL))
                return true;
    }
    return false;
}

/* What cannot be written is as it is in the file. The kernel maps sixteen pages around each that is
 * touched, and intel-ipsec-mb tries out all of its code once: most of what is mapped after a login
 * is not run again before the next. */
static int
give_back(struct dl_phdr_info *object, size_t size, void *user)
{
    ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);

    (void)size, (void)user;
    if (has_own_pages(object))
        return 0;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];
        ElfW(Addr) from = (object->dlpi_addr + p->p_vaddr) & ~(page - 1);

        if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
            (void)madvise((void *)from, object->dlpi_addr + p->p_vaddr + p->p_filesz - from,
                          MADV_DONTNEED);
    }
    return 0;
}

static gboolean
look(gpointer user)
{
    (void)user;
    if ((Usec)g_get_monotonic_time() - used < REST_MS * USEC_PER_MSEC)
        return G_SOURCE_CONTINUE;
    waiting = false;
    (void)malloc_trim(0);
    (void)dl_iterate_phdr(give_back, NULL);
    return G_SOURCE_REMOVE;
}

void
resident_start(void)
{
    started = true;
    /* Unless it is told so, libc keeps what is as large as the largest that was ever freed: the
     * buffers of a pump would stay when it ends. */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    resident_used();
}

void
resident_used(void)
{
    if (!started)
        return;
    used = (Usec)g_get_monotonic_time();
    if (!waiting)
        g_timeout_add(REST_MS, look, NULL);
    waiting = true;
}
