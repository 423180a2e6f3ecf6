#include "tun/tun_dev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tun/tun_error.h"

static const char clone_device[] = "/dev/net/tun";

enum {
    HEADER = 10,   /* octets of struct virtio_net_hdr */
    F_USO4 = 0x20, /* TUN_F_USO4 and TUN_F_USO6 of <linux/if_tun.h>, which may be older */
    F_USO6 = 0x40,
};

/* What the kernel would take as a name; a '%' only as the "%d" it fills in. */
static bool
pattern_is_valid(const char *pattern)
{
    const char *percent = strchr(pattern, '%');

    if (!*pattern || strlen(pattern) >= IFNAMSIZ || strpbrk(pattern, "/: \t\n") ||
        g_str_equal(pattern, ".") || g_str_equal(pattern, ".."))
        return false;
    return !percent || (percent[1] == 'd' && !strchr(percent + 1, '%'));
}

static const char *
open_hint(int code)
{
    switch (code) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return " (is the kernel module \"tun\" loaded?)";
    case EACCES:
    case EPERM:
        return " (CAP_NET_ADMIN is needed, and in a container the device itself)";
    default:
        return "";
    }
}

static bool
make_interface(int fd, const char *pattern, bool header, char ret_name[static IF_NAMESIZE])
{
    /* EXCL: never take over a persistent interface that somebody else made. */
    struct ifreq req = { .ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL |
                                              (header ? IFF_VNET_HDR : 0)) };

    g_strlcpy(req.ifr_name, pattern, sizeof(req.ifr_name));
    if (ioctl(fd, TUNSETIFF, &req) < 0)
        return false;
    g_strlcpy(ret_name, req.ifr_name, IF_NAMESIZE);
    return true;
}

/* As much of @wanted as the kernel can. */
static unsigned
set_offload(int fd, unsigned wanted)
{
    unsigned long tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    int header = HEADER, little = 1;

    if (ioctl(fd, TUNSETVNETHDRSZ, &header) < 0 || ioctl(fd, TUNSETVNETLE, &little) < 0)
        return 0;
    if ((wanted & TUN_OFFLOAD_UDP) && ioctl(fd, TUNSETOFFLOAD, tcp | F_USO4 | F_USO6) == 0)
        return TUN_OFFLOAD | TUN_OFFLOAD_UDP;
    return ioctl(fd, TUNSETOFFLOAD, tcp) == 0 ? TUN_OFFLOAD : 0;
}

/* Returns what @offload is to be, or -1 with errno. */
static int
set_up(int fd, const char *pattern, unsigned wanted, char ret_name[static IF_NAMESIZE])
{
    if (!make_interface(fd, pattern, wanted & TUN_OFFLOAD, ret_name))
        return -1;
    return wanted & TUN_OFFLOAD ? (int)set_offload(fd, wanted) : 0;
}

static int
open_clone(GError **error)
{
    int fd = open(clone_device, O_RDWR | O_NONBLOCK | O_CLOEXEC), code = errno;

    if (fd < 0)
        tun_error_set(error, code, "%s%s", clone_device, open_hint(code));
    return fd;
}

int
tun_dev_open(const char *pattern, unsigned *offload, char ret_name[static IF_NAMESIZE],
             GError **error)
{
    unsigned wanted = offload ? *offload : 0;
    int fd, got, code;

    if (!pattern_is_valid(pattern)) {
        tun_error_set(error, EINVAL, "interface name \"%s\"", pattern);
        return -1;
    }
    fd = open_clone(error);
    if (fd < 0)
        return -1;
    got = set_up(fd, pattern, wanted, ret_name);
    if (got == 0 && (wanted & TUN_OFFLOAD)) { /* the header cannot be had: another without it */
        close(fd);
        fd = open_clone(error);
        if (fd < 0)
            return -1;
        got = set_up(fd, pattern, 0, ret_name);
    }
    if (got < 0) {
        code = errno;
        tun_error_set(error, code, "make interface %s%s", pattern, open_hint(code));
        close(fd);
        return -1;
    }
    if (offload)
        *offload = (unsigned)got;
    return fd;
}
