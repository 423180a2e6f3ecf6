#include "tun/tun_dev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tun/tun_error.h"

static const char clone_device[] = "/dev/net/tun";

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

int
tun_dev_open(const char *pattern, char ret_name[static IF_NAMESIZE], GError **error)
{
    /* EXCL: never take over a persistent interface that somebody else made. */
    struct ifreq req = { .ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL) };
    int fd, code;

    if (!pattern_is_valid(pattern)) {
        tun_error_set(error, EINVAL, "interface name \"%s\"", pattern);
        return -1;
    }
    fd = open(clone_device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        code = errno;
        tun_error_set(error, code, "%s%s", clone_device, open_hint(code));
        return -1;
    }
    g_strlcpy(req.ifr_name, pattern, sizeof(req.ifr_name));
    if (ioctl(fd, TUNSETIFF, &req) < 0) {
        code = errno;
        tun_error_set(error, code, "make interface %s%s", pattern, open_hint(code));
        close(fd);
        return -1;
    }
    g_strlcpy(ret_name, req.ifr_name, IF_NAMESIZE);
    return fd;
}
