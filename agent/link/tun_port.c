#include "agent/link/tun_port.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/esp/esp_merge.h"
#include "agent/esp/esp_split.h"
#include "tun/tun_dev.h"

enum {
    READ_MAX = 65535 + 40 + 1, /* the largest IPv6 packet, and one octet to see that it is larger */
    /* Room for one more whatever it is. */
    READ_ROOM = ESP_HEADROOM + READ_MAX + ESP_TAILROOM,
    /* Octets in each of the two buffers: large packets of a batch stay in a second-level cache,
     * and pages that none reaches are never touched. */
    ROOM = 4 << 16,
    REFUSALS_MAX = 64, /* in one call: others have their turn */
};

G_STATIC_ASSERT((int)ESP_GSO_HEADER <= (int)ESP_HEADROOM);

struct TunPort {
    int fd;
    bool header; /* one of ESP_GSO_HEADER octets is in front of each packet */
    bool merge_tcp, merge_udp;

    uint8_t *room; /* ROOM octets: what is read; a packet of one segment stays there */
    size_t used;   /* of ->room */
    uint8_t *cuts; /* ROOM octets: segments */
    EspSplit split;
    bool splitting; /* ->split, of a packet in ->room, has segments left */

    EspMerge merge;
    uint64_t drops[ESP_GSO_STATUS_N], unwritten; /* atomic */
};

TunPort *
tun_port_new(int fd, unsigned offload)
{
    TunPort *t = g_new0(TunPort, 1);

    t->fd = fd;
    t->header = t->merge_tcp = offload & TUN_OFFLOAD;
    t->merge_udp = t->header && (offload & TUN_OFFLOAD_UDP);
    t->room = g_malloc(ROOM);
    t->cuts = g_malloc(ROOM);
    esp_merge_begin(&t->merge, t->merge_udp);
    return t;
}

void
tun_port_free(TunPort *t)
{
    if (!t)
        return;
    g_free(t->room);
    g_free(t->cuts);
    g_free(t);
}

static void
count(uint64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* A packet of @len octets behind the headroom of @at. Returns the octets that it takes up. */
static size_t
set_buf(EspBuf *b, uint8_t *at, size_t len)
{
    size_t cap = ESP_HEADROOM + len + ESP_TAILROOM;

    *b = (EspBuf){ .base = at, .cap = (uint32_t)cap, .off = ESP_HEADROOM, .len = (uint32_t)len };
    return cap;
}

/* Segments of the packet that is being cut, as long as there is room in ->cuts. */
static size_t
cut(TunPort *t, EspBuf *bufs, size_t max, size_t *used)
{
    size_t n = 0, len;

    while (n < max && (len = esp_split_next_len(&t->split)) > 0) {
        if (ROOM - *used < ESP_HEADROOM + len + ESP_TAILROOM)
            return n;
        esp_split_next(&t->split, t->cuts + *used + ESP_HEADROOM);
        *used += set_buf(&bufs[n++], t->cuts + *used, len);
    }
    t->splitting = esp_split_next_len(&t->split) > 0;
    return n;
}

/* What was read behind the headroom of @at, its header in front of it. Returns the number of
 * packets put into @b: one, or none when it is refused or to be cut. */
static size_t
take(TunPort *t, uint8_t *at, size_t len, EspBuf *b)
{
    uint8_t *packet = at + ESP_HEADROOM;
    EspGsoStatus status = ESP_GSO_OK;
    EspGso g;

    if (t->header) {
        if (!esp_gso_decode((Slice){ packet - ESP_GSO_HEADER, len }, &g)) {
            count(&t->drops[ESP_GSO_BAD_HEADER]);
            return 0;
        }
        len -= ESP_GSO_HEADER;
        t->splitting = g.type != ESP_GSO_NONE;
        status = t->splitting ? esp_split_init(&t->split, &g, (Slice){ packet, len })
                              : esp_gso_finish(&g, packet, len);
    }
    if (status != ESP_GSO_OK) {
        t->splitting = false;
        count(&t->drops[status]);
        return 0;
    }
    t->used += set_buf(b, at, len);
    return t->splitting ? 0 : 1;
}

/* What read() of the C library does for threads that may be cancelled takes a twentieth of the time
 * of a small packet; nobody cancels this one. */
static ssize_t
read_packet(int fd, void *to, size_t size)
{
    return syscall(SYS_read, fd, to, size);
}

size_t
tun_port_read(TunPort *t, EspBuf *bufs, size_t max, int *ret_error)
{
    size_t header = t->header ? ESP_GSO_HEADER : 0, n = 0, cuts_used = 0, refused = 0;

    *ret_error = 0;
    if (!t->splitting)
        t->used = 0;
    while (n < max) {
        if (t->splitting) {
            n += cut(t, bufs + n, max - n, &cuts_used);
            if (t->splitting)
                break;
            continue;
        }
        if (ROOM - t->used < READ_ROOM || refused == REFUSALS_MAX)
            break;
        uint8_t *at = t->room + t->used;
        ssize_t len = read_packet(t->fd, at + ESP_HEADROOM - header, READ_MAX + header);

        if (len > 0) {
            size_t got = take(t, at, (size_t)len, &bufs[n]);

            refused += !got && !t->splitting;
            n += got;
        } else if (len < 0 && errno == EINVAL && t->header) {
            count(&t->drops[ESP_GSO_BAD_HEADER]); /* the kernel itself cannot say what it is */
            refused++;
        } else if (len == 0 || errno != EINTR) {
            if (len < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM)
                *ret_error = errno;
            break;
        }
    }
    return n;
}

bool
tun_port_pending(const TunPort *t)
{
    return t->splitting;
}

/* The interface does not know packets of this kind after all: none of them is made any more. */
static void
unlearn(TunPort *t, uint8_t type)
{
    if (type == ESP_GSO_UDP)
        t->merge_udp = false;
    else if (type != ESP_GSO_NONE)
        t->merge_tcp = false;
}

static void
write_run(TunPort *t, size_t i)
{
    uint8_t header[ESP_GSO_HEADER];
    struct iovec parts[1 + ESP_MERGE_MAX] = { { header, sizeof(header) } };
    Slice pieces[ESP_MERGE_MAX];
    EspGso g;
    size_t n = esp_merge_run(&t->merge, i, &g, pieces);

    esp_gso_encode(&g, header);
    for (size_t k = 0; k < n; k++)
        parts[1 + k] = (struct iovec){ (void *)(uintptr_t)pieces[k].p, pieces[k].len };
    if (writev(t->fd, parts, (int)n + 1) >= 0)
        return;
    if (errno == EINVAL)
        unlearn(t, g.type);
    __atomic_add_fetch(&t->unwritten, n, __ATOMIC_RELAXED);
}

void
tun_port_flush(TunPort *t)
{
    for (size_t i = 0; i < esp_merge_runs(&t->merge); i++)
        write_run(t, i);
    esp_merge_begin(&t->merge, t->merge_udp);
}

void
tun_port_put(TunPort *t, uint8_t *packet, size_t len)
{
    if (!t->header) {
        if (write(t->fd, packet, len) < 0)
            count(&t->unwritten);
        return;
    }
    if (esp_merge_full(&t->merge) || !t->merge_tcp)
        tun_port_flush(t);
    esp_merge_add(&t->merge, packet, len);
}

uint64_t
tun_port_drops(const TunPort *t, EspGsoStatus why)
{
    g_assert(why < ESP_GSO_STATUS_N);
    return __atomic_load_n(&t->drops[why], __ATOMIC_RELAXED);
}

uint64_t
tun_port_unwritten(const TunPort *t)
{
    return __atomic_load_n(&t->unwritten, __ATOMIC_RELAXED);
}
