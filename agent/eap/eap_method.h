/* eap_method.h - what an EAP method is: a peer half and a server half, one file each method. */
#pragma once

#include <glib.h>

#include "agent/base/secret.h"
#include "agent/crypto/sig.h"
#include "agent/crypto/x509.h"
#include "agent/eap/ac_dialogue.h"
#include "agent/eap/eap_packet.h"

typedef struct EapUser EapUser; /* eap_user.h */

/* What a half is told beforehand; all of it is borrowed for the life of the half. The owner sets
 * the first group; the second is set by ike, the third by EapPeer and EapServer. */
typedef struct EapSetup {
    AcIdentity ac;        /* EAP-AnyConnect: who we are in config-auth */
    const char *identity; /* peer: answer to EAP-Identity and user name of plain methods; NULL or
                             empty: the user name that is typed. Server: what the client answered,
                             NULL when it was not asked */
    bool ask_identity;    /* server: ask for it first, even if the method does not need it */
    const SigKey *key;    /* certificate methods: proves @chain */
    const X509Chain *chain;
    X509Store *anchors; /* peer, EAP-TLS: where trust in the server's certificate starts */
    const char *host;   /* peer, EAP-TLS: the name that certificate must have */
    bool ask_chain;     /* peer, EAP-TLS: once verified, it is a question before we show ours */
    bool tls_12;        /* EAP-TLS: no TLS 1.3, for ends that do not do it as RFC 9190 has it */
    SigPolicy sig;      /* what the other end's certificate and signature may be */

    void (*random)(void *user, uint8_t *ret, size_t len);
    int64_t (*wall)(void *user); /* seconds since 1970 */
    void *user;                  /* of both */
    Slice signed_octets; /* EAP-AnyConnect with a certificate: InitiatorSignedOctets (RFC 7296
                            §2.15); empty: there is no IKE SA, certificates cannot be used */
    SigHash sign_hash;   /* ... and the hash to sign them by, which is the PRF's */

    EapUser *login; /* peer: what has been typed */
} EapSetup;

/* What a half says after each step. */
typedef enum EapStep {
    EAP_STEP_SEND, /* the octets in @out are the data of the next request or response */
    EAP_STEP_ASK,  /* a question is open */
    EAP_STEP_DONE, /* the method has succeeded; peer: @out holds the last response, Success may now
                      come */
    EAP_STEP_FAIL, /* the method has failed */
    EAP_STEP_DROP, /* malformed; as if it had not come */
} EapStep;

/* A question to the outside, common to all methods. AnyConnect asks with documents; a plain method
 * asks a person with a form it makes up, and the owner of a gateway about a user. Borrowed until
 * it is answered. */
typedef struct EapQuestion {
    const AcDoc *doc;       /* peer: a form with inputs "username" and "password", or AnyConnect's
                               document. Server: AnyConnect's document */
    const char *user;       /* server, password methods: whose, escaped; else NULL */
    const Secret *password; /* server, EAP-GTC: what was typed: right or wrong? NULL: tell the
                               right one */
    const X509Chain *chain; /* server: the client has proved the key of its leaf, is it trusted?
                               Peer: the server's, which is in order, is it trusted all the same?
                               NULL: no certificate */
} EapQuestion;

typedef enum EapAnswerKind {
    EAP_ANSWER_FIELDS, /* peer: @fields */
    EAP_ANSWER_GROUP,  /* peer: @text is the other group */
    EAP_ANSWER_ACCEPT, /* peer: banner accepted, certificate trusted. Server: the password typed, or
                          the certificate, is right */
    EAP_ANSWER_DECLINE, /* peer: banner declined, or the person gave up; server: login refused for
                           good, @text says why */
    EAP_ANSWER_DOC,     /* server: @doc goes out (auth-request, complete) */
    EAP_ANSWER_SECRET,  /* server: @secret is the user's password */
} EapAnswerKind;

/* Everything in it is moved out by whoever consumes it. */
typedef struct EapAnswer {
    EapAnswerKind kind;
    GPtrArray *fields; /* of AcField * */
    AcDoc *doc;
    char *text;
    Secret secret;
    bool nt_hash; /* EAP-MSCHAPv2: @secret is not the password but its MD4, 16 octets (RFC 2759
                     §8.3) */
} EapAnswer;
void eap_answer_clear(EapAnswer *a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EapAnswer, eap_answer_clear)

enum { EAP_ROUNDS_MAX = 32 }; /* a peer may loop for ever; a person answers a handful of forms */

/* @out is replaced, never added to; it may hold a password, hence Secret. */
typedef struct EapMethod {
    const char *name; /* "EAP-AnyConnect" */
    uint8_t type;
    uint32_t vendor, vendor_type;
    bool mutual;         /* exports an MSK, and fails unless it has one */
    bool password;       /* a person types one: the form asks for it, and time is given to type */
    bool needs_identity; /* server: nothing but EAP-Identity says who it is */
    unsigned rounds;     /* requests at most; 0: EAP_ROUNDS_MAX */
    void *(*open)(AcSide side, const EapSetup *setup);
    void (*close)(void *self);
    EapStep (*start)(void *self, Secret *out); /* server: first request */
    /* @in: a request or response of this method */
    EapStep (*recv)(void *self, const EapPacket *in, Secret *out);
    EapStep (*answer)(void *self, EapAnswer *answer, Secret *out);
    const EapQuestion *(*question)(void *self);
    const AcDoc *(*complete)(
        void *self); /* peer: what the server said at the end, NULL if nothing; NULL: never */
    Slice (*msk)(void *self); /* once done; NULL: the method has none */
    const char *(*why)(
        void *self); /* one sentence about a failure, NULL if there is nothing to say */
    /* peer, may be NULL: what a Success that comes now leaves out; NULL: it is plainly too early */
    const char *(*missing)(const void *self);
} EapMethod;

extern const EapMethod eap_anyconnect, eap_gtc, eap_md5, eap_mschapv2, eap_tls;
