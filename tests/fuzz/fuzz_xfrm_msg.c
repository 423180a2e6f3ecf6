/* fuzz_xfrm_msg.c - any octets as an answer of the kernel: the first says of which kind. What is
 * read of an SA is within its bounds. */
#include <linux/xfrm.h>
#include <string.h>

#include "agent/link/xfrm_terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree struct nlmsghdr *msg = NULL;
    XfrmSaInfo sa;
    XfrmPolicyInfo policy;
    XfrmMapping mapping;
    size_t len;

    if (size < 1 || size > INPUT_MAX)
        return 0;
    len = size - 1;
    /* libmnl looks at whole words; beyond them the sanitizer sees one octet too far. */
    msg = g_malloc0(MNL_ALIGN(sizeof(*msg) + len));
    msg->nlmsg_type = (uint16_t)(XFRM_MSG_BASE + data[0] % XFRM_NR_MSGTYPES);
    msg->nlmsg_len = (uint32_t)(sizeof(*msg) + len);
    memcpy(msg + 1, data + 1, len);
    if (xfrm_msg_read_sa(msg, &sa)) {
        if (sa.replay.window > XFRM_WINDOW_MAX || !addr_len(&sa.dst))
            g_error("fuzz_xfrm_msg: an SA out of bounds");
        (void)xfrm_terms_newest(&sa.replay);
    }
    if (xfrm_msg_read_mapping(msg, &mapping) && !addr_len(&mapping.from.addr))
        g_error("fuzz_xfrm_msg: a mapping from nowhere");
    (void)!xfrm_msg_read_policy(msg, &policy);
    return 0;
}
