/* forms.h - the login of one client: which form its tunnel group asks for, who may pass, and what
 * it is told at the end (agent/docs/WIRE.md §4.3, §6.3, §6.7). */
#pragma once

#include "agent/base/secret.h"
#include "agent/eap/ac_doc.h"
#include "agent/headend/aaa.h"
#include "agent/headend/asa_config.h"

enum { FORMS_ATTEMPTS_MAX = 3, FORMS_TOKEN_LEN = 64 };

typedef enum FormsVerdict {
    FORMS_SEND,   /* the document goes out: a form, or the same with an error */
    FORMS_PASSED, /* the login is right: send forms_complete() */
    FORMS_REFUSED /* no more attempts; @text of the state says why */
} FormsVerdict;

/* Where one client stands in its login. */
typedef struct Forms {
    const AsaConfig *config; /* borrowed */
    const Aaa *aaa;          /* borrowed */
    const AsaTunnelGroup *group;
    const AsaUser *user;   /* set when passed */
    AsaGroupPolicy policy; /* set when passed: what the user gets */
    unsigned failed;       /* attempts */
    char client[64];       /* <version> of the client, escaped; "" unknown */
    char device[64];       /* <device-id>, escaped */
    char name[64];         /* user name last tried, escaped; "" none */
    char text[160];        /* the last fact about the login, for the log; never a password */
} Forms;

void forms_init(Forms *f, const AsaConfig *config, const Aaa *aaa);
/* forms_step - answer the document a client sent: an init or an auth-reply.
 * @ret: with FORMS_SEND the document, owned by the caller. */
FormsVerdict forms_step(Forms *f, const AcDoc *from_client, AcDoc **ret);

/* forms_auth_request - the form of tunnel group @g.
 * @failed: with the words "Login failed." (catalogue number 15). */
AcDoc *forms_auth_request(const AsaConfig *c, const AsaTunnelGroup *g, bool failed);

/* One profile the gateway offers, with the hash of its file. */
typedef struct FormsProfile {
    const char *name; /* AsaProfile.name */
    char *uri, *sha1; /* "/CACHE/stc/profiles/corp.xml", 40 hex digits */
} FormsProfile;

/* forms_complete - the last document.
 * @index: of the session; session-id is 4096 times that.
 * @token: FORMS_TOKEN_LEN letters. @cert_hash: 40 hex digits, upper case.
 * @profiles: of FormsProfile *; those of the policy are listed in the manifest. */
AcDoc *forms_complete(const Forms *f, uint32_t index, const char *token, const char *cert_hash,
                      GPtrArray *profiles);
/* forms_token - 48 random octets as the letters of a session token. */
void forms_token(const uint8_t random[static 48], char ret[static FORMS_TOKEN_LEN + 1]);
