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
    const AsaTunnelGroup *group;
    bool certified;               /* the client has proved a certificate that @group trusts */
    const AsaUser *user;          /* set when passed; NULL: its certificate alone was asked for */
    const AsaGroupPolicy *policy; /* set when passed: what the user gets */
    unsigned failed;              /* attempts */
    char client[64];              /* <version> of the client, escaped; "" unknown */
    char device[64];              /* <device-id>, escaped */
    char unique[129]; /* its attribute unique-id, by which the device is known again; "" none,
                         or too long to be one */
    char name[64];    /* user name last tried, escaped; "" none */
    char text[160];   /* the last fact about the login, for the log; never a password */
} Forms;

void forms_init(Forms *f, const AsaConfig *config);

/* forms_group - the tunnel group that the document means. */
const AsaTunnelGroup *forms_group(const Forms *f, const AcDoc *from_client);

/* A name and what is said to be its password. */
typedef struct FormsLogin {
    char *name;
    Secret password;
} FormsLogin;
void forms_login_clear(FormsLogin *l);

enum { FORMS_LOGINS_MAX = 2 }; /* passwords of one form */

/* forms_logins - what is to be checked before the document can be answered: as many as are
 * returned; none when it is no auth-reply. @ret is to be cleared. */
size_t forms_logins(Forms *f, const AcDoc *from_client, FormsLogin ret[static FORMS_LOGINS_MAX]);
/* forms_step - answer the document a client sent: an init or an auth-reply.
 * @right: for each of forms_logins() the user whose password it was, NULL: wrong.
 * @ret: with FORMS_SEND the document, owned by the caller. */
FormsVerdict forms_step(Forms *f, const AcDoc *from_client,
                        const AsaUser *const right[static FORMS_LOGINS_MAX], AcDoc **ret);
/* forms_barred - may @u, whose password is right, come in through @g with @policy? NULL: yes; else
 * a static clause why not. @u NULL: somebody who is no user of ours. */
const char *forms_barred(const AsaUser *u, const AsaTunnelGroup *g, const AsaGroupPolicy *policy);

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
