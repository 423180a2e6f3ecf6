/* nl.h - netlink: one request at a time, answered before the next. */
#pragma once

#include <glib.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "agent/base/addr.h"

typedef struct Nl Nl;
Nl *nl_open(GError **error); /* rtnetlink */
/* nl_open_on - @bus: NETLINK_NETFILTER and the like. */
Nl *nl_open_on(int bus, GError **error);
/* nl_keep_secret - requests and answers carry keys: both are wiped when they have been read. */
void nl_keep_secret(Nl *nl);
void nl_free(Nl *nl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nl, nl_free)

enum { NL_REQUEST_MAX = 2048 }; /* octets; an SA with keys and its window has about 1100 */

/* A request being built: nl_begin(), then libmnl's mnl_attr_put_*(&m.head, ...). */
typedef union NlRequest {
    struct nlmsghdr head;
    uint8_t octets[NL_REQUEST_MAX];
} NlRequest;

/* nl_begin - start a request with a zeroed fixed part (struct rtmsg, ifinfomsg ...) of @body_len
 * octets, which is returned to be filled in. @flags: NLM_F_CREATE and the like. */
void *nl_begin(NlRequest *m, uint16_t type, uint16_t flags, size_t body_len);
void nl_put_addr(NlRequest *m, uint16_t attr, const Addr *a);
int nl_family(uint8_t family); /* AddrFamily to AF_INET, AF_INET6 */

/* An answer that is not the acknowledgement; @msg is valid during the call only. */
typedef void (*NlEach)(const struct nlmsghdr *msg, void *user);
/* nl_request - send, and wait for the kernel's acknowledgement of this very request, or for the end
 * of the list when it has NLM_F_DUMP.
 * @each: called for each message before it; may be NULL.
 * On refusal @error has the domain TUN_ERROR, the errno as code and the kernel's own words. */
bool nl_request(Nl *nl, NlRequest *m, NlEach each, void *user,
                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* nl_follow - @group of @bus (RTNLGRP_LINK, XFRMNLGRP_MAPPING): what nl_news() gives. */
Nl *nl_follow(int bus, int group, GError **error);
/* nl_news - all that has come; waits for nobody, and tells of nothing that was lost. */
void nl_news(Nl *nl, NlEach each, void *user);
/* nl_batch - several messages in one, all followed or none. @first: whole messages of @len octets
 * in all, @n_acks of them with NLM_F_ACK; they get their numbers here. On refusal @error is as with
 * nl_request(), about the first message that is refused. */
bool nl_batch(Nl *nl, struct nlmsghdr *first, size_t len, unsigned n_acks,
              GError **error) G_GNUC_WARN_UNUSED_RESULT;
