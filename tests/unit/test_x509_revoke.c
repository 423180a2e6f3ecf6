#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "agent/crypto/x509_revoke.h"
#include "tests/support/crls.h"
#include "tests/support/test.h"

enum { DAY = CRLS_DAY };

static const X509Asking everybody = { .ocsp = true, .lists = true };
static EVP_PKEY *root_key, *mid_key, *leaf_key, *other_key;

static int
make_keys(void **state)
{
    (void)state;
    root_key = EVP_EC_gen("P-256");
    mid_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    other_key = EVP_EC_gen("P-256");
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(mid_key);
    EVP_PKEY_free(leaf_key);
    EVP_PKEY_free(other_key);
    return 0;
}

/* A root in the store, an issuer and a gateway's certificate as they come in CERT payloads. */
typedef struct Kit {
    GBytes *root, *mid, *leaf;
    X509Store *anchors;
    X509Chain *chain;
    X509Evidence *evidence;
} Kit;

static Kit
kit_of(const char *crl_points, const char *authority_info)
{
    CertSpec root = { .cn = "Root",
                      .constraints = "critical,CA:TRUE",
                      .usage = "critical,keyCertSign,cRLSign",
                      .key = root_key };
    CertSpec mid = { .cn = "Issuing",
                     .constraints = "critical,CA:TRUE",
                     .usage = "critical,keyCertSign,cRLSign",
                     .key = mid_key,
                     .issuer = &root };
    CertSpec leaf = { .cn = "Gateway",
                      .constraints = "CA:FALSE",
                      .usage = "digitalSignature",
                      .san = "DNS:vpn.example.org",
                      .crl_points = crl_points,
                      .authority_info = authority_info,
                      .key = leaf_key,
                      .issuer = &mid };
    g_autoptr(X509Chain) one = x509_chain_new();
    g_autofree char *pem = NULL;
    Kit k = { .root = certs_make(&root), .mid = certs_make(&mid), .leaf = certs_make(&leaf) };

    k.anchors = x509_store_new();
    k.chain = x509_chain_new();
    k.evidence = x509_evidence_new();
    assert_true(x509_chain_add(one, certs_view(k.root)));
    pem = x509_chain_to_pem(one);
    assert_true(x509_store_add_pem(k.anchors, slice_of(pem), NULL));
    assert_true(x509_chain_add(k.chain, certs_view(k.leaf)));
    assert_true(x509_chain_add(k.chain, certs_view(k.mid)));
    return k;
}

static void
kit_clear(Kit *k)
{
    g_bytes_unref(k->root);
    g_bytes_unref(k->mid);
    g_bytes_unref(k->leaf);
    x509_store_free(k->anchors);
    x509_chain_free(k->chain);
    x509_evidence_free(k->evidence);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Kit, kit_clear)

static unsigned
verdict(const Kit *k)
{
    return x509_chain_revoked(k->chain, k->anchors, k->evidence, CERTS_NOW, NULL);
}

static void
add_crl(Kit *k, X509_CRL *crl)
{
    g_autoptr(GBytes) der = crls_der(crl);

    assert_true(x509_evidence_add_crl(k->evidence, certs_view(der)));
}

static void
add_fresh_crl(Kit *k, GBytes *issuer, EVP_PKEY *key, bool revoked)
{
    add_crl(k, crls_make(issuer, key, revoked, CERTS_NOW - DAY, CERTS_NOW + DAY));
}

/* A response about @subject of @issuer; @signer: a certificate, with its key. */
typedef struct OcspSpec {
    GBytes *subject, *issuer, *signer;
    EVP_PKEY *key;
    int status;
    int64_t from, until;  /* @until 0: open end */
    unsigned long flags;  /* of OCSP_basic_sign() */
    OCSP_REQUEST *nonced; /* has the nonce that is repeated; NULL: none */
} OcspSpec;

static GBytes *
ocsp_make(const OcspSpec *s)
{
    X509 *x = crls_parse(s->subject), *by = crls_parse(s->issuer), *who = crls_parse(s->signer);
    OCSP_BASICRESP *b = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), x, by);
    ASN1_TIME *t0 = ASN1_TIME_set(NULL, (time_t)s->from);
    ASN1_TIME *t1 = s->until ? ASN1_TIME_set(NULL, (time_t)s->until) : NULL;
    OCSP_RESPONSE *r;
    unsigned char *der = NULL;
    GBytes *out;
    int len;

    assert_non_null(OCSP_basic_add1_status(b, id, s->status, OCSP_REVOKED_STATUS_NOSTATUS,
                                           s->status == V_OCSP_CERTSTATUS_REVOKED ? t0 : NULL, t0,
                                           t1));
    if (s->nonced)
        assert_int_equal(OCSP_copy_nonce(b, s->nonced), 1);
    assert_int_equal(OCSP_basic_sign(b, who, s->key, EVP_sha256(), NULL, s->flags), 1);
    r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
    len = i2d_OCSP_RESPONSE(r, &der);
    out = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(r);
    ASN1_TIME_free(t0);
    ASN1_TIME_free(t1);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(b);
    X509_free(x);
    X509_free(by);
    X509_free(who);
    return out;
}

static GBytes *
ocsp_of(GBytes *subject, GBytes *issuer, int status, GBytes *signer, EVP_PKEY *key, int64_t from,
        int64_t until)
{
    return ocsp_make(&(OcspSpec){ .subject = subject,
                                  .issuer = issuer,
                                  .signer = signer,
                                  .key = key,
                                  .status = status,
                                  .from = from,
                                  .until = until });
}

static void
add_ocsp(Kit *k, GBytes *der)
{
    assert_true(x509_evidence_add_ocsp(k->evidence, certs_view(der), (Slice){ 0 }));
    g_bytes_unref(der);
}

/* The gateway's certificate, said by its issuer. */
static void
add_leaf_ocsp(Kit *k, int status, int64_t from, int64_t until)
{
    add_ocsp(k, ocsp_of(k->leaf, k->mid, status, k->mid, mid_key, from, until));
}

static void
test_without_evidence_a_chain_is_unchecked(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    assert_int_equal(verdict(&k), X509_UNCHECKED);
}

static void
test_crls_of_every_issuer_show_a_chain_to_be_good(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    add_fresh_crl(&k, k.mid, mid_key, false);
    assert_int_equal(verdict(&k), X509_UNCHECKED); /* the issuer's own state is not known */
    add_fresh_crl(&k, k.root, root_key, false);
    assert_int_equal(verdict(&k), 0);
}

static void
test_a_revoked_leaf_and_a_revoked_issuer_are_found(void **state)
{
    g_auto(Kit) leaf = kit_of(NULL, NULL), mid = kit_of(NULL, NULL);

    (void)state;
    add_fresh_crl(&leaf, leaf.mid, mid_key, true);
    add_fresh_crl(&leaf, leaf.root, root_key, false);
    assert_int_equal(verdict(&leaf), X509_IS_REVOKED);
    add_fresh_crl(&mid, mid.mid, mid_key, false);
    add_fresh_crl(&mid, mid.root, root_key, true);
    assert_int_equal(verdict(&mid), X509_IS_REVOKED);
}

static void
test_a_stale_crl_proves_nothing_good(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    add_crl(&k, crls_make(k.mid, mid_key, false, CERTS_NOW - 2 * DAY, CERTS_NOW - DAY));
    add_fresh_crl(&k, k.root, root_key, false);
    assert_int_equal(verdict(&k), X509_UNCHECKED);
}

static void
test_a_crl_signed_by_somebody_else_proves_nothing(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    add_fresh_crl(&k, k.mid, other_key, true);
    add_fresh_crl(&k, k.root, root_key, false);
    assert_int_equal(verdict(&k), X509_UNCHECKED);
    add_fresh_crl(&k, k.mid, mid_key, false); /* nor does it hide the right one */
    assert_int_equal(verdict(&k), 0);
}

/* Who is on the path has a key as well, and a reason. */
static void
test_a_crl_in_its_issuers_name_by_the_leaf_hides_nothing(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    add_fresh_crl(&k, k.mid, leaf_key, false);
    assert_int_equal(verdict(&k), X509_UNCHECKED);
    add_crl(&k, crls_make(k.mid, mid_key, true, CERTS_NOW - 2 * DAY, CERTS_NOW + DAY));
    assert_true(verdict(&k) & X509_IS_REVOKED);
}

static void
test_a_crl_may_come_as_pem(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);
    X509_CRL *crl = crls_make(k.mid, mid_key, true, CERTS_NOW - DAY, CERTS_NOW + DAY);
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    long len;

    (void)state;
    PEM_write_bio_X509_CRL(out, crl);
    len = BIO_get_mem_data(out, &text);
    assert_true(x509_evidence_add_crl(k.evidence, (Slice){ (uint8_t *)text, (size_t)len }));
    assert_true(verdict(&k) & X509_IS_REVOKED);
    BIO_free(out);
    X509_CRL_free(crl);
}

static void
test_ocsp_says_good_or_revoked(void **state)
{
    g_auto(Kit) good = kit_of(NULL, NULL), bad = kit_of(NULL, NULL);

    (void)state;
    add_leaf_ocsp(&good, V_OCSP_CERTSTATUS_GOOD, CERTS_NOW - 60, CERTS_NOW + DAY);
    add_fresh_crl(&good, good.root, root_key, false);
    assert_int_equal(verdict(&good), 0);
    add_leaf_ocsp(&bad, V_OCSP_CERTSTATUS_REVOKED, CERTS_NOW - 60, CERTS_NOW + DAY);
    add_fresh_crl(&bad, bad.root, root_key, false);
    assert_int_equal(verdict(&bad), X509_IS_REVOKED);
}

static void
test_ocsp_outside_its_time_is_silence(void **state)
{
    static const int64_t times[][2] = {
        { CERTS_NOW - 2 * DAY, CERTS_NOW - DAY }, /* over */
        { CERTS_NOW + DAY, CERTS_NOW + 2 * DAY }, /* not yet */
        { CERTS_NOW - 2 * DAY, 0 },               /* open end, but old */
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        g_auto(Kit) k = kit_of(NULL, NULL);

        add_leaf_ocsp(&k, V_OCSP_CERTSTATUS_GOOD, times[i][0], times[i][1]);
        add_fresh_crl(&k, k.root, root_key, false);
        assert_int_equal(verdict(&k), X509_UNCHECKED);
    }
}

static void
test_an_open_ended_response_of_today_counts(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    add_leaf_ocsp(&k, V_OCSP_CERTSTATUS_GOOD, CERTS_NOW - 60, 0);
    add_fresh_crl(&k, k.root, root_key, false);
    assert_int_equal(verdict(&k), 0);
}

static void
test_ocsp_by_a_stranger_or_about_another_is_silence(void **state)
{
    g_auto(Kit) stranger = kit_of(NULL, NULL), another = kit_of(NULL, NULL);
    CertSpec self = { .cn = "Stranger", .purpose = "OCSPSigning", .key = other_key };
    g_autoptr(GBytes) cert = certs_make(&self);

    (void)state;
    add_ocsp(&stranger, ocsp_of(stranger.leaf, stranger.mid, V_OCSP_CERTSTATUS_GOOD, cert,
                                other_key, CERTS_NOW - 60, CERTS_NOW + DAY));
    add_fresh_crl(&stranger, stranger.root, root_key, false);
    assert_int_equal(verdict(&stranger), X509_UNCHECKED);
    add_ocsp(&another, ocsp_of(another.mid, another.root, V_OCSP_CERTSTATUS_GOOD, another.root,
                               root_key, CERTS_NOW - 60, CERTS_NOW + DAY));
    assert_int_equal(verdict(&another), X509_UNCHECKED);
}

/* RFC 6960 §4.2.2.2: the issuer makes somebody its responder by id-kp-OCSPSigning, and only by it.
 */
static void
test_a_responder_needs_its_issuers_leave(void **state)
{
    static const char *const purposes[] = { "OCSPSigning", "serverAuth", NULL };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(purposes); i++) {
        g_auto(Kit) k = kit_of(NULL, NULL);
        CertSpec mid = { .cn = "Issuing", .key = mid_key };
        CertSpec who = {
            .cn = "Responder", .purpose = purposes[i], .key = other_key, .issuer = &mid
        };
        g_autoptr(GBytes) cert = certs_make(&who);

        add_ocsp(&k, ocsp_of(k.leaf, k.mid, V_OCSP_CERTSTATUS_GOOD, cert, other_key, CERTS_NOW - 60,
                             CERTS_NOW + DAY));
        add_fresh_crl(&k, k.root, root_key, false);
        assert_int_equal(verdict(&k), i == 0 ? 0 : X509_UNCHECKED);
    }
}

/* RFC 6960 §4.2.2.3: a responder may be named by the hash of its key. */
static void
test_a_responder_named_by_its_key_is_known(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    add_ocsp(&k, ocsp_make(&(OcspSpec){ .subject = k.leaf,
                                        .issuer = k.mid,
                                        .signer = k.mid,
                                        .key = mid_key,
                                        .status = V_OCSP_CERTSTATUS_REVOKED,
                                        .from = CERTS_NOW - 60,
                                        .until = CERTS_NOW + DAY,
                                        .flags = OCSP_RESPID_KEY | OCSP_NOCERTS }));
    assert_true(verdict(&k) & X509_IS_REVOKED);
}

static void
test_a_responder_whose_leave_has_expired_is_silent(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);
    CertSpec mid = { .cn = "Issuing", .key = mid_key };
    CertSpec who = { .cn = "Responder",
                     .purpose = "OCSPSigning",
                     .not_after = CERTS_NOW - 1,
                     .key = other_key,
                     .issuer = &mid };
    g_autoptr(GBytes) cert = certs_make(&who);

    (void)state;
    add_ocsp(&k, ocsp_of(k.leaf, k.mid, V_OCSP_CERTSTATUS_GOOD, cert, other_key, CERTS_NOW - 60,
                         CERTS_NOW + DAY));
    add_fresh_crl(&k, k.root, root_key, false);
    assert_int_equal(verdict(&k), X509_UNCHECKED);
}

/* RFC 5280 §5.1.2.5: an issuer must say when the next list comes. */
static void
test_a_list_without_an_end_proves_nothing(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);

    (void)state;
    add_crl(&k, crls_make(k.mid, mid_key, false, CERTS_NOW - DAY, 0));
    add_fresh_crl(&k, k.root, root_key, false);
    assert_int_equal(verdict(&k), X509_UNCHECKED);
}

/* RFC 9654 §2.1: what was said before we asked does not count when we ask for a word of today. */
static void
test_a_nonce_has_to_be_repeated(void **state)
{
    const X509Asking asking = { .ocsp = true, .nonce = true };
    g_auto(Kit) k = kit_of(NULL, "OCSP;URI:http://ocsp.example.org/");
    g_autoptr(GPtrArray) s = x509_chain_sources(k.chain, k.anchors, &asking, CERTS_NOW);
    g_autoptr(GPtrArray) again = x509_chain_sources(k.chain, k.anchors, &asking, CERTS_NOW);
    const X509Source *first = g_ptr_array_index(s, 0), *second = g_ptr_array_index(again, 0);
    const unsigned char *p = g_bytes_get_data(first->request, NULL);
    OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)g_bytes_get_size(first->request));
    OcspSpec spec = { .subject = k.leaf,
                      .issuer = k.mid,
                      .signer = k.mid,
                      .key = mid_key,
                      .status = V_OCSP_CERTSTATUS_GOOD,
                      .from = CERTS_NOW - 60,
                      .until = CERTS_NOW + DAY };
    g_autoptr(GBytes) without = ocsp_make(&spec);
    g_autoptr(GBytes) with = NULL;

    (void)state;
    spec.nonced = request;
    with = ocsp_make(&spec);
    assert_false(g_bytes_equal(first->request, second->request));
    assert_string_equal(first->key, second->key);
    assert_false(
        x509_evidence_add_ocsp(k.evidence, certs_view(without), certs_view(first->request)));
    assert_false(x509_evidence_add_ocsp(k.evidence, certs_view(with), certs_view(second->request)));
    assert_true(x509_evidence_add_ocsp(k.evidence, certs_view(with), certs_view(first->request)));
    OCSP_REQUEST_free(request);
}

static void
test_the_number_of_the_revoked_certificate_is_told(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);
    g_autofree char *unknown = NULL, *revoked = NULL, *good = NULL;

    (void)state;
    assert_int_equal(x509_chain_revoked(k.chain, k.anchors, k.evidence, CERTS_NOW, &unknown),
                     X509_UNCHECKED);
    assert_string_equal(unknown, "12345678");
    add_fresh_crl(&k, k.mid, mid_key, true);
    assert_true(x509_chain_revoked(k.chain, k.anchors, k.evidence, CERTS_NOW, &revoked) &
                X509_IS_REVOKED);
    assert_string_equal(revoked, "12345678");
    g_auto(Kit) sound = kit_of(NULL, NULL);
    add_fresh_crl(&sound, sound.mid, mid_key, false);
    add_fresh_crl(&sound, sound.root, root_key, false);
    assert_int_equal(
        x509_chain_revoked(sound.chain, sound.anchors, sound.evidence, CERTS_NOW, &good), 0);
    assert_null(good);
}

static void
test_evidence_ends_with_the_first_that_ends(void **state)
{
    g_auto(Kit) k = kit_of(NULL, NULL);
    g_autoptr(X509Evidence) all = x509_evidence_new();
    g_autoptr(GPtrArray) lists = NULL;
    const X509ListInfo *info;

    (void)state;
    assert_int_equal(x509_evidence_until(all), 0);
    add_crl(&k, crls_make(k.mid, mid_key, true, CERTS_NOW - DAY, CERTS_NOW + 2 * DAY));
    add_leaf_ocsp(&k, V_OCSP_CERTSTATUS_GOOD, CERTS_NOW, CERTS_NOW + DAY);
    assert_int_equal(x509_evidence_until(k.evidence), CERTS_NOW + DAY);
    x509_evidence_add(all, k.evidence);
    assert_int_equal(x509_evidence_until(all), CERTS_NOW + DAY);
    lists = x509_evidence_lists(all);
    assert_int_equal(lists->len, 1);
    info = g_ptr_array_index(lists, 0);
    assert_string_equal(info->issuer, "CN=Issuing");
    assert_int_equal(info->from, CERTS_NOW - DAY);
    assert_int_equal(info->until, CERTS_NOW + 2 * DAY);
    assert_int_equal(info->n, 1);
    assert_in_range(info->octets, 100, 1000);
    add_leaf_ocsp(&k, V_OCSP_CERTSTATUS_GOOD, CERTS_NOW, 0);
    assert_int_equal(x509_evidence_until(k.evidence), 0);
}

static void
test_malformed_evidence_is_refused(void **state)
{
    g_autoptr(X509Evidence) e = x509_evidence_new();
    g_auto(Kit) k = kit_of(NULL, NULL);
    g_autoptr(GBytes) good = ocsp_of(k.leaf, k.mid, V_OCSP_CERTSTATUS_GOOD, k.mid, mid_key,
                                     CERTS_NOW - 60, CERTS_NOW + DAY);
    Slice all = certs_view(good);

    (void)state;
    assert_false(x509_evidence_add_crl(e, (Slice){ 0 }));
    assert_false(x509_evidence_add_crl(e, slice_of("no CRL at all")));
    assert_false(x509_evidence_add_crl(e, certs_view(k.leaf)));
    for (size_t len = 0; len < all.len; len++)
        assert_false(x509_evidence_add_ocsp(e, (Slice){ all.p, len }, (Slice){ 0 }));
    for (int i = 0; i < X509_EVIDENCE_MAX; i++)
        assert_true(x509_evidence_add_ocsp(e, all, (Slice){ 0 }));
    assert_false(x509_evidence_add_ocsp(e, all, (Slice){ 0 })); /* there are enough */
}

static void
test_sources_are_the_responder_and_the_lists_of_a_trusted_chain(void **state)
{
    g_auto(Kit) k = kit_of("URI:http://crl.example.org/a.crl,URI:ldap://x,URI:http://b/b.crl",
                           "OCSP;URI:http://ocsp.example.org/,OCSP;URI:https://no/");
    g_autoptr(GPtrArray) s = x509_chain_sources(k.chain, k.anchors, &everybody, CERTS_NOW);
    const X509Source *first, *second;
    const unsigned char *p;
    OCSP_REQUEST *request;

    (void)state;
    assert_int_equal(s->len, 3);
    first = g_ptr_array_index(s, 0);
    second = g_ptr_array_index(s, 1);
    assert_string_equal(first->url, "http://ocsp.example.org/");
    p = g_bytes_get_data(first->request, NULL);
    request = d2i_OCSP_REQUEST(NULL, &p, (long)g_bytes_get_size(first->request));
    assert_int_equal(OCSP_request_onereq_count(request), 1);
    OCSP_REQUEST_free(request);
    assert_string_equal(second->url, "http://crl.example.org/a.crl");
    assert_null(second->request);
    assert_string_equal(((X509Source *)g_ptr_array_index(s, 2))->url, "http://b/b.crl");
}

/* A certificate that nobody trusts must not make us fetch from wherever it likes. */
static void
test_an_untrusted_chain_names_no_sources(void **state)
{
    g_auto(Kit) k = kit_of("URI:http://inside.example.org/", "OCSP;URI:http://inside/");
    g_autoptr(X509Store) nobody = x509_store_new();
    g_autoptr(GPtrArray) s = x509_chain_sources(k.chain, nobody, &everybody, CERTS_NOW);
    g_autoptr(X509Chain) empty = x509_chain_new();
    g_autoptr(GPtrArray) none = x509_chain_sources(empty, k.anchors, &everybody, CERTS_NOW);

    (void)state;
    assert_int_equal(s->len, 0);
    assert_int_equal(none->len, 0);
    assert_int_equal(x509_chain_revoked(empty, k.anchors, k.evidence, CERTS_NOW, NULL),
                     X509_UNCHECKED);
}

static void
test_own_addresses_are_asked_of_a_trusted_chain_alone(void **state)
{
    static const char *const own[] = { "http://a/x.crl", "http://b/y.crl", "http://a/x.crl" };
    const X509Asking asking = {
        .ocsp = true, .responder = "http://mine/", .own = own, .n_own = G_N_ELEMENTS(own)
    };
    g_auto(Kit) k = kit_of("URI:http://crl.example.org/", "OCSP;URI:http://ocsp.example.org/");
    g_autoptr(X509Store) nobody = x509_store_new();
    g_autoptr(GPtrArray) s = x509_chain_sources(k.chain, k.anchors, &asking, CERTS_NOW);
    g_autoptr(GPtrArray) none = x509_chain_sources(k.chain, nobody, &asking, CERTS_NOW);

    (void)state;
    assert_int_equal(none->len, 0);
    assert_int_equal(s->len, 4); /* the responder about two certificates; no list twice */
    for (guint i = 0; i < 2; i++)
        assert_string_equal(((X509Source *)g_ptr_array_index(s, i))->url, "http://mine/");
    assert_string_equal(((X509Source *)g_ptr_array_index(s, 2))->url, own[0]);
    assert_string_equal(((X509Source *)g_ptr_array_index(s, 3))->url, own[1]);
    assert_true(x509_chain_ends(k.chain, k.anchors, CERTS_NOW));
    assert_false(x509_chain_ends(k.chain, nobody, CERTS_NOW));
}

static void
test_sources_are_bounded(void **state)
{
    g_autoptr(GString) points = g_string_new("URI:http://0/");
    g_autofree char *longer = g_strnfill(X509_URL_MAX, 'x');

    (void)state;
    g_string_append_printf(points, ",URI:http://%s/", longer);
    for (int i = 1; i < 20; i++)
        g_string_append_printf(points, ",URI:http://%d/", i);
    g_auto(Kit) k = kit_of(points->str, NULL);
    g_autoptr(GPtrArray) s = x509_chain_sources(k.chain, k.anchors, &everybody, CERTS_NOW);

    assert_int_equal(s->len, X509_SOURCES_MAX);
    assert_string_equal(((X509Source *)g_ptr_array_index(s, 1))->url, "http://1/");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_evidence_a_chain_is_unchecked),
        cmocka_unit_test(test_crls_of_every_issuer_show_a_chain_to_be_good),
        cmocka_unit_test(test_a_revoked_leaf_and_a_revoked_issuer_are_found),
        cmocka_unit_test(test_a_stale_crl_proves_nothing_good),
        cmocka_unit_test(test_a_crl_signed_by_somebody_else_proves_nothing),
        cmocka_unit_test(test_a_crl_in_its_issuers_name_by_the_leaf_hides_nothing),
        cmocka_unit_test(test_a_crl_may_come_as_pem),
        cmocka_unit_test(test_ocsp_says_good_or_revoked),
        cmocka_unit_test(test_ocsp_outside_its_time_is_silence),
        cmocka_unit_test(test_an_open_ended_response_of_today_counts),
        cmocka_unit_test(test_ocsp_by_a_stranger_or_about_another_is_silence),
        cmocka_unit_test(test_a_responder_needs_its_issuers_leave),
        cmocka_unit_test(test_a_responder_named_by_its_key_is_known),
        cmocka_unit_test(test_a_responder_whose_leave_has_expired_is_silent),
        cmocka_unit_test(test_a_list_without_an_end_proves_nothing),
        cmocka_unit_test(test_a_nonce_has_to_be_repeated),
        cmocka_unit_test(test_the_number_of_the_revoked_certificate_is_told),
        cmocka_unit_test(test_evidence_ends_with_the_first_that_ends),
        cmocka_unit_test(test_malformed_evidence_is_refused),
        cmocka_unit_test(test_sources_are_the_responder_and_the_lists_of_a_trusted_chain),
        cmocka_unit_test(test_an_untrusted_chain_names_no_sources),
        cmocka_unit_test(test_own_addresses_are_asked_of_a_trusted_chain_alone),
        cmocka_unit_test(test_sources_are_bounded),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
