/* cert_match.h - does a certificate fit the profile's CertificateMatch? */
#pragma once

#include "agent/crypto/x509.h"
#include "profiles/profile_match.h"

bool cert_match(const ProfileMatch *m, const X509Chain *chain);
