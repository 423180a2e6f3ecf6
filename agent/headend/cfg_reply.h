/* cfg_reply.h - a group policy as the attributes of a CFG_REPLY (agent/docs/WIRE.md §7). */
#pragma once

#include "agent/base/writer.h"
#include "agent/headend/asa_config.h"
#include "agent/ike/ike_cp.h"

typedef struct CfgReply {
    const AsaConfig *config;
    const AsaGroupPolicy *policy;
    bool only_asked;    /* the client is no AnyConnect: nothing that it has not asked for */
    Addr ip4, ip4_mask; /* family ADDR_NONE: none; a mask of none is sent as 0.0.0.0 */
    Addr ip6;
    uint8_t ip6_len; /* bits */
    Slice post_auth; /* the `complete` document as ac_xml_write_flat() wrote it; empty: none */
} CfgReply;

/* cfg_reply_write - the attributes in the order of agent/docs/WIRE.md §7.3, each only when it has a
 * value.
 * @request: the client's hints: its tunnel MTU is taken when it is smaller than ours.
 * Overflow of @out is for the caller to ask. */
void cfg_reply_write(const CfgReply *r, const IkeCp *request, Writer *out);
