#include "agent/link/hold.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct Kept {
    Usec since;
    size_t len;
    uint8_t tag;
    uint8_t octets[];
} Kept;

struct Hold {
    int fd;
    guint most;
    GQueue kept; /* of Kept *, oldest first */
};

Hold *
hold_new(guint most, GError **error)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), e = errno;
    Hold *h;

    if (fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "eventfd: %s", g_strerror(e));
        return NULL;
    }
    h = g_new0(Hold, 1);
    h->fd = fd;
    h->most = most;
    g_queue_init(&h->kept);
    return h;
}

void
hold_free(Hold *h)
{
    if (!h)
        return;
    g_queue_clear_full(&h->kept, g_free);
    close(h->fd);
    g_free(h);
}

int
hold_fd(const Hold *h)
{
    return h->fd;
}

void
hold_heard(Hold *h)
{
    uint64_t calls;

    /* Empty when somebody else has heard it: as good. */
    (void)!read(h->fd, &calls, sizeof(calls));
}

void
hold_call(Hold *h)
{
    /* Only a full counter fails, and that is readable. */
    (void)!write(h->fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

void
hold_keep(Hold *h, Slice packet, uint8_t tag, Usec now)
{
    Kept *k = g_malloc(sizeof(*k) + packet.len);

    k->since = now;
    k->tag = tag;
    k->len = packet.len;
    memcpy(k->octets, packet.p, packet.len);
    if (g_queue_get_length(&h->kept) == h->most)
        g_free(g_queue_pop_head(&h->kept));
    g_queue_push_tail(&h->kept, k);
}

void
hold_drop(Hold *h)
{
    g_queue_clear_full(&h->kept, g_free);
}

size_t
hold_take(Hold *h, uint8_t *room, size_t size, uint8_t *ret_tag, Usec now)
{
    size_t len = 0;

    while (len == 0 && !g_queue_is_empty(&h->kept)) {
        Kept *k = g_queue_pop_head(&h->kept);

        if (k->len <= size && now < usec_add(k->since, HOLD_S * USEC_PER_SEC)) {
            memcpy(room, k->octets, k->len);
            len = k->len;
            if (ret_tag)
                *ret_tag = k->tag;
        }
        g_free(k);
    }
    return len;
}
