/* ike_cp.h - Configuration payload body and its attributes, RFC 7296 §3.15 and agent/docs/WIRE.md
 * §7. */
#pragma once

#include "agent/base/addr.h"
#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

enum { IKE_CFG_REQUEST = 1, IKE_CFG_REPLY = 2, IKE_CFG_SET = 3, IKE_CFG_ACK = 4 };
enum { IKE_CP_ATTRS_MAX = 256 }; /* the seed's request has 36 */

/* X(name, number, text as the field's logs print it) */
#define IKE_CP_LIST(X)                                                                             \
    X(IP4_ADDRESS, 1, "internal IP4 address")                                                      \
    X(IP4_NETMASK, 2, "internal IP4 netmask")                                                      \
    X(IP4_DNS, 3, "internal IP4 DNS")                                                              \
    X(IP4_NBNS, 4, "internal IP4 NBNS")                                                            \
    X(ADDRESS_EXPIRY, 5, "internal address expiry")                                                \
    X(APPLICATION_VERSION, 7, "application version")                                               \
    X(IP6_ADDRESS, 8, "internal IP6 address")                                                      \
    X(IP6_DNS, 10, "internal IP6 DNS")                                                             \
    X(IP4_SUBNET, 13, "internal IP4 subnet")                                                       \
    X(IP6_SUBNET, 15, "internal IP6 subnet")                                                       \
    X(BANNER, 28672, "banner")                                                                     \
    X(DEFAULT_DOMAIN, 28674, "default domain")                                                     \
    X(SPLIT_DNS, 28675, "split DNS")                                                               \
    X(SPLIT_INCLUDE, 28676, "split include")                                                       \
    X(SPLIT_EXCLUDE, 28678, "split exclude")                                                       \
    X(PFS, 28679, "PFS")                                                                           \
    X(BACKUP_SERVERS, 28681, "backup servers")                                                     \
    X(DDNS_HOSTNAME, 28682, "DDNS host name")                                                      \
    X(PROXY, 28683, "browser proxy")                                                               \
    X(SMARTCARD_REMOVAL, 28684, "smart card removal disconnect")                                   \
    X(SESSION_TIMEOUT, 28704, "session timeout")                                                   \
    X(IDLE_TIMEOUT, 28705, "idle timeout")                                                         \
    X(DISCONNECTED_TIMEOUT, 28706, "disconnected timeout")                                         \
    X(KEEP_INSTALLED, 28707, "keep installed")                                                     \
    X(TUNNEL_ALL_DNS, 28708, "tunnel all DNS")                                                     \
    X(DPD_INTERVAL, 28709, "DPD interval")                                                         \
    X(KEEPALIVE, 28710, "keepalive")                                                               \
    X(MTU, 28711, "MTU")                                                                           \
    X(HOME_PAGE, 28712, "home page")                                                               \
    X(QUARANTINE, 28725, "quarantine")                                                             \
    X(DISABLE_ALWAYS_ON, 28726, "disable always on")                                               \
    X(POST_AUTH_XML, 28727, "post-auth XML")                                                       \
    X(CLIENT_BYPASS, 28729, "client bypass protocol")

typedef enum IkeCpAttrType {
#define X(name, value, text) IKE_CP_##name = value,
    IKE_CP_LIST(X)
#undef X
} IkeCpAttrType;
const char *ike_cp_name(uint16_t type); /* the text, or "Unknown" */

typedef struct IkeCpAttr {
    uint16_t type;
    Slice value; /* borrowed */
} IkeCpAttr;

/* A body is kept as octets and walked; it is checked once when the message is decoded. */
typedef struct IkeCp {
    uint8_t type; /* IKE_CFG_* */
    Slice attrs;  /* borrowed */
} IkeCp;

IkeStatus ike_cp_decode(Reader *in, IkeCp *ret) G_GNUC_WARN_UNUSED_RESULT;
/* ike_cp_next - the next attribute of @in; false at the end. */
bool ike_cp_next(Reader *in, IkeCpAttr *ret) G_GNUC_WARN_UNUSED_RESULT;
bool ike_cp_find(const IkeCp *cp, uint16_t type, Slice *ret); /* the first of @type */
void ike_cp_encode_head(uint8_t cfg_type, Writer *out);
void ike_cp_encode(const IkeCpAttr *a, Writer *out);
/* What a client asks for. Zeros: IPv4, and any address. */
typedef struct IkeCpWish {
    bool ipv6;     /* IPv6 as well */
    Addr ip4, ip6; /* the inner addresses it would like to have; family ADDR_NONE: any */
    uint16_t mtu;  /* AnyConnect: proposed tunnel MTU; 0: none */
    const char *app_version, *hostname; /* AnyConnect: hints, may be NULL */
} IkeCpWish;
/* The request of any client (RFC 7296 §3.15.1): address, netmask, DNS; the same of IPv6. */
void ike_cp_encode_request(const IkeCpWish *wish, Writer *out);
/* The client's request as the field sends it: 36 attributes in the order of agent/docs/WIRE.md
 * §7.3; with IPv6 its DNS and subnet attributes are appended. */
void ike_cp_encode_anyconnect_request(const IkeCpWish *wish, Writer *out);

/* What a CFG_REPLY means to a client: checked values, copies. */
typedef struct IkeCpReply {
    Addr ip4, ip4_mask, ip6;
    uint8_t ip6_len;
    Addr dns[8], nbns[4];
    size_t n_dns, n_nbns;
    Prefix include[200], exclude[200];
    size_t n_include, n_exclude;
    char *app_version, *banner, *domain, *split_dns;
    uint32_t session_timeout, idle_timeout, dpd_interval, keepalive; /* seconds, 0: none */
    uint16_t mtu;                                                    /* octets, 0: not said */
    bool tunnel_all_dns, client_bypass;
} IkeCpReply;
/* ike_cp_reply_read - interpret a CFG_REPLY. An attribute of the wrong length, an unusable address
 * (0.0.0.0, loopback, multicast), no address at all, or too many of one kind refuses the whole
 * reply with a sentence in *@ret_why (owned by the caller); unknown attributes are ignored. 0
 * netmask means the classful one (agent/docs/WIRE.md §7.4), none means a host's. Texts are valid
 * UTF-8 without control characters but for LF and TAB in the banner. @ret is to be cleared. */
bool ike_cp_reply_read(const IkeCp *cp, IkeCpReply *ret, char **ret_why) G_GNUC_WARN_UNUSED_RESULT;
void ike_cp_reply_clear(IkeCpReply *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IkeCpReply, ike_cp_reply_clear)
