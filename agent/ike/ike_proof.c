/* The AUTH payloads of both roles: signature and shared-key MIC over what was sent first (RFC 7296
 * §2.15, §2.16). */
#include "agent/crypto/ct.h"
#include "agent/ike/ike_authdata.h"
#include "agent/ike/ike_cert.h"
#include "agent/ike/ike_sa_private.h"

/* SK_pi or SK_pr. */
static Slice
key_of(const IkeSa *sa, IkeRole whose)
{
    return secret_view(whose == IKE_INITIATOR ? &sa->ike->keys.pi : &sa->ike->keys.pr);
}

/* InitiatorSignedOctets or ResponderSignedOctets. */
static bool
octets_of(const IkeSa *sa, IkeRole whose, Secret *ret)
{
    bool i = whose == IKE_INITIATOR;

    return ike_authdata_octets(sa->ike->suite.prf, ike_sa_bytes(i ? sa->init_i : sa->init_r),
                               ike_sa_bytes(i ? sa->nr : sa->ni), key_of(sa, whose),
                               ike_sa_bytes(i ? sa->idi : sa->idr), ret);
}

/* EAP-AnyConnect makes no key, so SK_pi and SK_pr stand in for it (RFC 7296 §2.16). */
static bool
mic_of(const IkeSa *sa, IkeRole whose, Secret *ret)
{
    g_auto(Secret) octets = { 0 };

    return octets_of(sa, whose, &octets) &&
           ike_authdata_mic(sa->ike->suite.prf, key_of(sa, whose), secret_view(&octets), ret);
}

static void
write_auth(IkeChain *c, uint8_t method, Slice data)
{
    ike_chain_open(c, IKE_PAYLOAD_AUTH);
    ike_auth_encode(&(IkeAuth){ .method = method, .data = data }, c->out);
    ike_chain_close(c);
}

static bool
read_auth(const IkeMsg *m, IkeAuth *ret)
{
    Reader in = reader_init(ike_msg_find(m, IKE_PAYLOAD_AUTH, NULL)->body);

    return ike_auth_decode(&in, ret) == IKE_OK;
}

IkeStatus
ike_proof_write_mic(IkeSa *sa, IkeChain *c)
{
    g_auto(Secret) mic = { 0 };

    if (!mic_of(sa, sa->role, &mic))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "our AUTH cannot be made");
    write_auth(c, IKE_AUTH_SHARED_KEY, secret_view(&mic));
    return IKE_OK;
}

bool
ike_proof_check_mic(const IkeSa *sa, const IkeMsg *m)
{
    IkeRole peer = sa->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
    g_auto(Secret) mic = { 0 };
    IkeAuth auth;

    return read_auth(m, &auth) && auth.method == IKE_AUTH_SHARED_KEY && mic_of(sa, peer, &mic) &&
           ct_equal(secret_view(&mic), auth.data);
}

/* The hash that goes with the PRF: a verifier of the field takes no other for method 1
 * (agent/docs/WIRE.md §5.1). */
static SigHash
prf_hash(uint16_t prf_id)
{
    switch (prf_id) {
    case PRF_HMAC_SHA2_256:
        return SIG_SHA2_256;
    case PRF_HMAC_SHA2_384:
        return SIG_SHA2_384;
    case PRF_HMAC_SHA2_512:
        return SIG_SHA2_512;
    default:
        return SIG_SHA1;
    }
}

/* RFC 7427 when the client knows it and has a hash for our key, else the key's classic method; 0:
 * the client cannot verify this key. */
static uint8_t
pick_method(const IkeSa *sa, SigHash *ret_hash)
{
    static const SigHash better[] = { SIG_SHA2_256, SIG_SHA2_384, SIG_SHA2_512 };
    bool identity = strcmp(sig_key_kind(sa->config->plan.key), "Ed25519") == 0;
    SigHash hash = identity ? SIG_IDENTITY : prf_hash(sa->ike->suite.prf);

    *ret_hash = hash;
    if (hash != SIG_SHA1 && (sa->peer_hashes & UINT32_C(1) << hash) != 0)
        return SIG_METHOD_DIGITAL;
    for (size_t i = 0; i < G_N_ELEMENTS(better) && !identity; i++)
        if ((sa->peer_hashes & UINT32_C(1) << better[i]) != 0) {
            *ret_hash = better[i];
            return SIG_METHOD_DIGITAL;
        }
    return sig_classic_method(sa->config->plan.key);
}

IkeStatus
ike_proof_write_signature(IkeSa *sa, IkeChain *c)
{
    g_autoptr(GByteArray) signature = g_byte_array_new();
    g_auto(Secret) octets = { 0 };
    SigHash hash;
    uint8_t method = pick_method(sa, &hash);

    if (method == 0 || !octets_of(sa, sa->role, &octets) ||
        !sig_sign(sa->config->plan.key, method, hash, secret_view(&octets), signature))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "our %s key cannot sign in a way the client knows",
                           sig_key_kind(sa->config->plan.key));
    write_auth(c, method, (Slice){ signature->data, signature->len });
    return IKE_OK;
}

bool
ike_proof_check_signature(const IkeSa *sa, const IkeMsg *m, const char **ret_why)
{
    g_autoptr(SigKey) key = x509_chain_leaf_key(sa->chain);
    g_auto(Secret) octets = { 0 };
    bool classic;
    IkeAuth auth;

    *ret_why = "it is malformed";
    if (!read_auth(m, &auth))
        return false;
    classic = auth.method == SIG_METHOD_RSA ||
              (auth.method >= SIG_METHOD_ECDSA_256 && auth.method <= SIG_METHOD_ECDSA_521);
    /* RFC 7427 §3: only after both have sent SIGNATURE_HASH_ALGORITHMS */
    *ret_why = "it is not a signature by a certificate";
    if (!classic && (auth.method != SIG_METHOD_DIGITAL || !sa->peer_hashes))
        return false;
    *ret_why = "its certificate has no usable key";
    return key && octets_of(sa, IKE_RESPONDER, &octets) &&
           sig_verify(key, auth.method, &sa->config->sig, secret_view(&octets), auth.data, NULL,
                      ret_why);
}
