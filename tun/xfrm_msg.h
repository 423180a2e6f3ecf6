/* xfrm_msg.h - the messages of NETLINK_XFRM that we send and read (linux/xfrm.h); no kernel. */
#pragma once

#include "tun/nl.h"

enum {
    XFRM_WINDOW_MAX = 4096,   /* packets; XFRMA_REPLAY_ESN_MAX */
    XFRM_KEY_MAX = 64,        /* octets: HMAC-SHA-512 */
    XFRM_PRIORITY = 2048,     /* of our policies; none but ours have the number of our interface */
    XFRM_MAPPING_EVERY_S = 1, /* a peer that has moved is told of this often */
};

/* How far an SA has counted. */
typedef struct XfrmReplay {
    uint64_t out, in;                    /* the last number sent, the highest received */
    uint32_t window;                     /* packets, at most XFRM_WINDOW_MAX; 0: none */
    uint32_t ring[XFRM_WINDOW_MAX / 32]; /* number n is bit (n - 1) % window */
} XfrmReplay;

/* One direction of an ESP SA, in a tunnel, in UDP. */
typedef struct XfrmSa {
    Endpoint src, dst; /* outer */
    uint32_t spi, reqid, if_id;
    uint32_t mark;                   /* of the outer packets, to route them by; 0: none */
    const char *aead, *crypt, *auth; /* the kernel's names: @aead, or the other two */
    Slice key, integ;                /* at most XFRM_KEY_MAX */
    uint32_t icv;                    /* octets */
    bool inbound, esn;
    bool hide_dscp; /* the outer header has none */
    bool clear_df;  /* it may always be fragmented; else as the inner packet */
    const XfrmReplay *replay;
} XfrmSa;

void xfrm_msg_add_sa(NlRequest *m, const XfrmSa *sa);
/* By what an SA is found: where its packets go. */
void xfrm_msg_get_sa(NlRequest *m, const Addr *dst, uint32_t spi);
void xfrm_msg_del_sa(NlRequest *m, const Addr *dst, uint32_t spi);
void xfrm_msg_all_sas(NlRequest *m);

typedef struct XfrmSel {
    Prefix src, dst; /* of one family */
    uint8_t proto;   /* 0: any */
    uint16_t sport, sport_mask, dport, dport_mask;
} XfrmSel;
bool xfrm_sel_equal(const XfrmSel *a, const XfrmSel *b);

typedef enum XfrmDir { XFRM_DIR_IN, XFRM_DIR_OUT, XFRM_DIR_FWD } XfrmDir; /* the kernel's numbers */

/* Packets of @sel pass when they go out over, or have come in over, an SA of the template. */
typedef struct XfrmPolicy {
    XfrmSel sel;
    XfrmDir dir;
    uint32_t if_id, reqid;
    uint8_t family; /* AddrFamily of @src and @dst */
    Addr src, dst;  /* outer; all zero: any */
    uint32_t spi;   /* 0: any */
} XfrmPolicy;

void xfrm_msg_put_policy(NlRequest *m, const XfrmPolicy *p); /* in place of one there is */
void xfrm_msg_del_policy(NlRequest *m, const XfrmSel *sel, XfrmDir dir, uint32_t if_id);
void xfrm_msg_del_policy_number(NlRequest *m, uint32_t number, uint8_t dir, uint32_t if_id);
void xfrm_msg_all_policies(NlRequest *m);

/* What is read of an SA. */
typedef struct XfrmSaInfo {
    Addr dst;
    uint32_t spi, if_id;
    uint8_t proto;
    uint64_t packets, octets;  /* inner */
    uint32_t replayed, forged; /* packets that were dropped */
    XfrmReplay replay;
} XfrmSaInfo;
/* Each returns false, and leaves @ret as it is, when @msg is not that, or too short for it. */
bool xfrm_msg_read_sa(const struct nlmsghdr *msg, XfrmSaInfo *ret) G_GNUC_WARN_UNUSED_RESULT;

typedef struct XfrmPolicyInfo {
    uint32_t number, if_id;
    uint8_t dir;
} XfrmPolicyInfo;
bool xfrm_msg_read_policy(const struct nlmsghdr *msg,
                          XfrmPolicyInfo *ret) G_GNUC_WARN_UNUSED_RESULT;

/* A packet of an inbound SA has come from elsewhere than the ones before. */
typedef struct XfrmMapping {
    uint32_t spi;
    Endpoint from;
} XfrmMapping;
bool xfrm_msg_read_mapping(const struct nlmsghdr *msg, XfrmMapping *ret) G_GNUC_WARN_UNUSED_RESULT;
