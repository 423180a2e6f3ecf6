/* cert_store.h - the folders in which clients of the field keep certificates: in each
 * client/NAME.pem, and its key in client/private/NAME.key. */
#pragma once

#include "agent/crypto/x509.h"
#include "agent/daemon/caller.h"
#include "profiles/profile.h"

#define CERT_STORE_MACHINE "/opt/.cisco/certificates"
#define CERT_STORE_USER    ".cisco/certificates" /* at home */

enum { CERT_STORE_FILES = 256 }; /* looked at in one folder */

typedef struct CertStoreSetup {
    const char *machine;  /* NULL: CERT_STORE_MACHINE */
    const Caller *caller; /* whose home is looked into, with his rights; NULL: nobody's */
    const ProfileHost *host;
    const char *key_kind; /* sig_key_kind(); NULL: any */
    int64_t now;
} CertStoreSetup;

/* A certificate that may log in: valid, meant for clients, with a key, fit by the profile. */
typedef struct CertEntry {
    char *name;              /* of the file without .pem; "machine/NAME" where it is everybody's */
    char *certificate, *key; /* paths */
    X509Info *info;
    bool mine; /* of the caller, to be opened with his rights */
} CertEntry;

/* cert_store_list - of CertEntry *, the one that is valid longest first. What is no certificate or
 * cannot be read is passed over. Never NULL. */
GPtrArray *cert_store_list(const CertStoreSetup *setup);
/* cert_store_places - the folders that were looked into, for an error; owned by the caller. */
char *cert_store_places(const CertStoreSetup *setup);
