#include "agent/base/addr.h"
#include "agent/base/log.h"
#include "agent/crypto/suite.h"
#include "agent/eap/eap_packet.h"
#include "agent/ike/ike_cert.h"
#include "agent/ike/ike_cp.h"
#include "agent/ike/ike_delete.h"
#include "agent/ike/ike_id.h"
#include "agent/ike/ike_ke.h"
#include "agent/ike/ike_notify.h"
#include "agent/ike/ike_proposal.h"
#include "agent/ike/ike_trace_private.h"
#include "agent/ike/ike_ts.h"
#include "agent/ike/ike_vendor.h"

static const char *
proto_name(uint8_t proto)
{
    static const char *const names[] = { "NONE", "IKE", "AH", "ESP" };

    return proto < G_N_ELEMENTS(names) ? names[proto] : "unknown";
}

static void
trace_transform(IkeTrace *t, const IkeTransform *tr, bool last)
{
    const SuiteAlg *alg = suite_find(tr->type, tr->id);
    char id[24], key[32] = "";

    g_snprintf(id, sizeof(id), "Unknown - %u", tr->id);
    if (tr->key_bits)
        g_snprintf(key, sizeof(key), ", key length: %u", tr->key_bits);
    ike_trace_line(t, "    last transform: 0x%X, reserved: 0x0: length: %d", last ? 0 : 3,
                   tr->key_bits ? 12 : 8);
    ike_trace_line(t, "      type: %u, reserved: 0x0, id: %s%s%s", tr->type, alg ? alg->trace : id,
                   key, tr->unknown_attr ? ", unknown attribute" : "");
}

static void
trace_sa(IkeTrace *t, Slice body)
{
    Reader in = reader_init(body);
    size_t before = reader_left(&in);
    IkeProposal p;

    for (; !t->full && ike_proposal_next(&in, &p) == IKE_OK; before = reader_left(&in)) {
        ike_trace_line(t, "  last proposal: 0x%X, reserved: 0x0, length: %zu",
                       reader_left(&in) > 0 ? 2 : 0, before - reader_left(&in));
        ike_trace_line(t, "  Proposal: %u, Protocol id: %s, SPI size: %zu, #trans: %zu", p.number,
                       proto_name(p.proto), p.spi.len, p.n);
        if (p.spi.len)
            ike_trace_hex(t, p.spi);
        for (size_t i = 0; i < p.n; i++)
            trace_transform(t, &p.t[i], i + 1 == p.n);
    }
}

static void
trace_ke(IkeTrace *t, Slice body)
{
    Reader in = reader_init(body);
    IkeKe ke;

    if (ike_ke_decode(&in, &ke) != IKE_OK)
        return;
    ike_trace_line(t, "    DH group: %u, Reserved: 0x0", ke.group);
    ike_trace_hex(t, ke.data);
}

static void
trace_id(IkeTrace *t, Slice body)
{
    g_autofree char *text = NULL;
    Reader in = reader_init(body);
    const char *name;
    IkeId id;

    if (ike_id_decode(&in, &id) != IKE_OK)
        return;
    name = ike_id_type_name(id.type);
    text = ike_id_format(&id);
    if (name[0] == '?')
        ike_trace_line(t, "    Id type: Unknown - %u, Reserved: 0x0 0x0", id.type);
    else
        ike_trace_line(t, "    Id type: %s, Reserved: 0x0 0x0", name);
    ike_trace_line(t, "     %s", text);
    ike_trace_hex(t, id.data);
}

static void
trace_cert(IkeTrace *t, Slice body, const char *what)
{
    Reader in = reader_init(body);
    IkeCert c;

    if (ike_cert_decode(&in, &c) != IKE_OK)
        return;
    if (c.encoding == IKE_CERT_X509_SIGNATURE)
        ike_trace_line(t, "    Cert encoding X.509 Certificate - signature");
    else
        ike_trace_line(t, "    Cert encoding Unknown - %u", c.encoding);
    ike_trace_line(t, "    %s data: %zu bytes", what, c.data.len);
}

/* The data could be used to guess a short secret: its length is all that is shown. */
static void
trace_auth(IkeTrace *t, Slice body)
{
    static const char *const methods[] = {
        [1] = "RSA",        [2] = "PSK",        [9] = "ECDSA-256",
        [10] = "ECDSA-384", [11] = "ECDSA-521", [14] = "digital signature",
    };
    Reader in = reader_init(body);
    IkeAuth a;

    if (ike_auth_decode(&in, &a) != IKE_OK)
        return;
    if (a.method < G_N_ELEMENTS(methods) && methods[a.method])
        ike_trace_line(t, "    Auth method %s, reserved: 0x0, reserved 0x0", methods[a.method]);
    else
        ike_trace_line(t, "    Auth method Unknown - %u, reserved: 0x0, reserved 0x0", a.method);
    ike_trace_line(t, "    Auth data: %zu bytes", a.data.len);
}

static void
trace_notify(IkeTrace *t, Slice body)
{
    Reader in = reader_init(body);
    const char *name;
    IkeNotify n;

    if (ike_notify_decode(&in, &n) != IKE_OK)
        return;
    name = ike_notify_name(n.type);
    if (name[0] == '?')
        ike_trace_line(t, "    Security protocol id: %s, spi size: %zu, type: Unknown - %u",
                       proto_name(n.proto), n.spi.len, n.type);
    else
        ike_trace_line(t, "    Security protocol id: %s, spi size: %zu, type: %s",
                       proto_name(n.proto), n.spi.len, name);
    ike_trace_hex(t, n.spi);
    ike_trace_hex(t, n.data);
}

static void
trace_delete(IkeTrace *t, Slice body)
{
    Reader in = reader_init(body);
    IkeDelete d;

    if (ike_delete_decode(&in, &d) != IKE_OK)
        return;
    ike_trace_line(t, "    Security protocol id: %s, spi size: %u, num of spi: %u",
                   proto_name(d.proto), d.spi_size, d.n_spis);
    ike_trace_hex(t, d.spis);
}

static void
trace_vendor(IkeTrace *t, Slice body)
{
    const char *name = ike_vendor_name(body);

    if (name)
        ike_trace_line(t, "    Vendor: %s", name);
    else
        ike_trace_hex(t, body);
}

static void
trace_ts(IkeTrace *t, Slice body)
{
    char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];
    Reader in = reader_init(body);
    IkeTs ts;

    if (ike_ts_decode(&in, &ts) != IKE_OK)
        return;
    /* The count of the message, which may be more than we keep. */
    ike_trace_line(t, "    Num of TSs: %u, reserved 0x0, reserved 0x0", body.p[0]);
    for (size_t i = 0; i < ts.n; i++) {
        const Selector *s = &ts.s[i];
        bool v4 = s->first.family == ADDR_V4;

        ike_trace_line(t, "    TS type: %s, proto id: %u, length: %d",
                       v4 ? "TS_IPV4_ADDR_RANGE" : "TS_IPV6_ADDR_RANGE", s->proto, v4 ? 16 : 40);
        ike_trace_line(t, "    start port: %u, end port: %u", s->port_first, s->port_last);
        ike_trace_line(t, "    start addr: %s, end addr: %s", addr_format(&s->first, first),
                       addr_format(&s->last, last));
    }
}

static const char *
cfg_name(uint8_t type)
{
    static const char *const names[] = {
        [IKE_CFG_REQUEST] = "CFG_REQUEST",
        [IKE_CFG_REPLY] = "CFG_REPLY",
        [IKE_CFG_SET] = "CFG_SET",
        [IKE_CFG_ACK] = "CFG_ACK",
    };

    return names[type]; /* ike_cp_decode() lets no other through */
}

static void
trace_cp_attr(IkeTrace *t, const IkeCpAttr *a)
{
    const char *name = ike_cp_name(a->type);

    if (g_str_equal(name, "Unknown"))
        ike_trace_line(t, "    attrib type: Unknown - %u, length: %zu", a->type, a->value.len);
    else
        ike_trace_line(t, "    attrib type: %s, length: %zu", name, a->value.len);
    if (a->value.len == 0)
        return;
    switch (a->type) {
    case IKE_CP_POST_AUTH_XML: /* holds the session token */
        ike_trace_xml(t, a->value);
        break;
    case IKE_CP_APPLICATION_VERSION:
    case IKE_CP_BANNER:
    case IKE_CP_DEFAULT_DOMAIN:
    case IKE_CP_SPLIT_DNS:
    case IKE_CP_DDNS_HOSTNAME:
        ike_trace_peer(t, "text", a->value);
        break;
    default:
        ike_trace_hex(t, a->value);
        break;
    }
}

static void
trace_cp(IkeTrace *t, Slice body)
{
    Reader in = reader_init(body);
    IkeCpAttr a;
    IkeCp cp;

    if (ike_cp_decode(&in, &cp) != IKE_OK) { /* a clear one may be anything */
        ike_trace_hex(t, body);
        return;
    }
    ike_trace_line(t, "    cfg type: %s, reserved: 0x0, reserved: 0x0", cfg_name(cp.type));
    in = reader_init(cp.attrs);
    while (!t->full && ike_cp_next(&in, &a))
        trace_cp_attr(t, &a);
}

static void
trace_anyconnect(IkeTrace *t, Slice data)
{
    Reader in = reader_init(data);
    bool bad = false;
    EapAcTlv tlv;

    while (!t->full && eap_ac_tlv_next(&in, &tlv, &bad))
        if (tlv.type == EAP_AC_TLV_XML)
            ike_trace_xml(t, tlv.value);
        else
            ike_trace_line(t, "    TLV %u: %zu bytes", tlv.type, tlv.value.len);
    if (bad)
        ike_trace_line(t, "    a TLV is cut short");
}

/* Only the XML of EAP-AnyConnect is shown, and masked: other methods carry names and passwords. */
static void
trace_eap(IkeTrace *t, Slice body)
{
    EapPacket p;

    if (!eap_packet_decode(body, &p)) {
        ike_trace_line(t, "    malformed EAP packet of %zu bytes", body.len);
        return;
    }
    ike_trace_line(t, "    Code: %s: id: %u, length: %zu", eap_code_name(p.code), p.id, body.len);
    if (p.type == 0)
        return;
    if (p.type == EAP_TYPE_EXPANDED && p.vendor == EAP_VENDOR_CISCO &&
        p.vendor_type == EAP_CISCO_ANYCONNECT) {
        ike_trace_line(t, "    Type: EAP-AnyConnect - %u", p.type);
        ike_trace_line(t, "    EAP data: %zu bytes", body.len - 5);
        trace_anyconnect(t, p.data);
        return;
    }
    ike_trace_line(t, "    Type: Unknown - %u", p.type);
    ike_trace_line(t, "    EAP data: %zu bytes", body.len - 5);
}

void
ike_trace_body(IkeTrace *t, const IkePayload *p)
{
    switch (p->type) {
    case IKE_PAYLOAD_SA:
        return trace_sa(t, p->body);
    case IKE_PAYLOAD_KE:
        return trace_ke(t, p->body);
    case IKE_PAYLOAD_IDi:
    case IKE_PAYLOAD_IDr:
        return trace_id(t, p->body);
    case IKE_PAYLOAD_CERT:
        return trace_cert(t, p->body, "Cert");
    case IKE_PAYLOAD_CERTREQ:
        return trace_cert(t, p->body, "CertReq");
    case IKE_PAYLOAD_AUTH:
        return trace_auth(t, p->body);
    case IKE_PAYLOAD_NONCE:
        return ike_trace_hex(t, p->body);
    case IKE_PAYLOAD_NOTIFY:
        return trace_notify(t, p->body);
    case IKE_PAYLOAD_DELETE:
        return trace_delete(t, p->body);
    case IKE_PAYLOAD_VENDOR:
        return trace_vendor(t, p->body);
    case IKE_PAYLOAD_TSi:
    case IKE_PAYLOAD_TSr:
        return trace_ts(t, p->body);
    case IKE_PAYLOAD_SK:
    case IKE_PAYLOAD_SKF:
        return ike_trace_line(t, "    Encrypted data: %zu bytes", p->body.len);
    case IKE_PAYLOAD_CP:
        return trace_cp(t, p->body);
    case IKE_PAYLOAD_EAP:
        return trace_eap(t, p->body);
    default:
        return ike_trace_line(t, "    unknown payload of %zu bytes", p->body.len);
    }
}
