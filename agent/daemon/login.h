/* login.h - what one attempt to connect proves itself with: identities, shared keys, certificate
 * and private key; owner of everything its IkePlan borrows. */
#pragma once

#include <sys/types.h>

#include "agent/daemon/cert_store.h"
#include "agent/daemon/credential.h"
#include "agent/daemon/login_id.h"
#include "agent/daemon/login_way.h"

/* @host, @settings: borrowed for the life of the login. */
typedef struct LoginSetup {
    const ProfileHost *host;
    const HostSettings *settings; /* of acclient.conf; NULL: none */
    const Caller *caller;         /* on whose behalf; NULL: nobody's home is looked into */
    const char *machine_store;    /* NULL: CERT_STORE_MACHINE */
    int64_t now;                  /* seconds since 1970 */
} LoginSetup;

typedef struct Login Login;
/* login_new - decide the way and read the files it takes.
 * Errors: AC_ERROR_CONFIG with the file or the key at fault, AC_ERROR_POLICY for a pre-shared key
 * that can be guessed, AC_ERROR_CLIENT_CERT when a certificate is wanted and none will do. */
Login *login_new(const LoginSetup *setup, GError **error);
void login_free(Login *l); /* wipes the secrets */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Login, login_free)

const LoginWay *login_way(const Login *l);
/* login_choices - the certificates of which a person has to choose one before there is a plan, of
 * CertEntry *; NULL: there is nothing to choose. Borrowed. */
const GPtrArray *login_choices(const Login *l);
/* login_choose - by CertEntry.name. False with AC_ERROR_USAGE when there is none of that name, else
 * as login_new(). */
bool login_choose(Login *l, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* login_locked - what has to be unlocked before there is a plan; NULL: nothing. Borrowed. */
Credential *login_locked(const Login *l);
/* login_plan - borrows from @l. What EAP has to know about the gateway (EapSetup.anchors, ->host)
 * is left to the caller. */
void login_plan(const Login *l, IkePlan *ret);
const LoginId *login_gateway(const Login *l); /* what IDr must be; NULL: anything */
bool login_has_ppk(const Login *l);
const char *login_warning(const Login *l); /* what is not as it should be; may be NULL */
SuiteRank login_policy(const Login *l, SuiteRank general); /* [crypto] policy, or the host's own */
char *login_identity(const Login *l); /* ours, for people; owned by the caller */
