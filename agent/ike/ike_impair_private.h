/* ike_impair_private.h - where an IKE SA lets itself be impaired; nothing of it is in a build
 * without AC_IMPAIR. */
#pragma once

#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_skf.h"

#ifdef AC_IMPAIR

#include "agent/ike/ike_impair.h"
#include "agent/ike/ike_letter.h"

/* What happens to an IKE SA's own datagrams; in IkeSa.impaired. */
typedef struct IkeImpaired {
    GQueue ready; /* of IkeOut *: nothing more happens to them */
    IkeOut *held;
    IkeOut *past; /* the one before the last */
    IkeOut *last;
} IkeImpaired;

typedef enum IkeLieArg {
    IKE_LIE_NONE,
    IKE_LIE_PAYLOAD, /* a payload type by its name in RFC 7296 */
    IKE_LIE_NOTIFY,  /* a Notify type by name or number */
    IKE_LIE_NUMBER,
    IKE_LIE_WORD,
} IkeLieArg;

/* The plaintext of a message before it is sealed; returns whether it was changed. */
typedef bool IkeLieLetter(IkeSa *sa, IkeLetter *l, unsigned arg);
/* One datagram on its way out. */
typedef bool IkeLieDatagram(IkeSa *sa, GByteArray *octets, unsigned arg);
/* One fragment of RFC 7383 before it is sealed. */
typedef bool IkeLieFragment(IkeSkf *f, unsigned arg);

typedef struct IkeLieRow {
    const char *name;
    IkeLieArg takes;
    const char *words; /* IKE_LIE_WORD: with blanks between; the argument is the index */
    const char *story;
    IkeLieLetter *letter;
    IkeLieDatagram *datagram;
    IkeLieFragment *fragment;
    bool refuses; /* in the answer to IKE_SA_INIT: and nothing is kept */
} IkeLieRow;

IkeLieLetter ike_lie_omit, ike_lie_empty, ike_lie_duplicate, ike_lie_critical, ike_lie_unknown,
    ike_lie_unknown_critical, ike_lie_reserved, ike_lie_garbage, ike_lie_storm, ike_lie_notify,
    ike_lie_only, ike_lie_version, ike_lie_exchange, ike_lie_id, ike_lie_spi;
IkeLieLetter ike_lie_auth, ike_lie_auth_method, ike_lie_eap, ike_lie_ke, ike_lie_nonce, ike_lie_sa,
    ike_lie_ts, ike_lie_cp, ike_lie_delete, ike_lie_rekey_spi, ike_lie_cookie, ike_lie_invalid_ke,
    ike_lie_redirect;
IkeLieDatagram ike_lie_drop, ike_lie_double, ike_lie_delay, ike_lie_replay, ike_lie_corrupt,
    ike_lie_truncate, ike_lie_trailing, ike_lie_length;
IkeLieFragment ike_lie_fragment;

void ike_impaired_clear(IkeImpaired *i);
/* Between SA and wire: a finished clear message (taken); a draft and its header; a fragment. */
GBytes *ike_impair_clear(IkeSa *sa, GBytes *octets);
void ike_impair_draft(IkeSa *sa, IkeHeader *h, IkeDraft *d);
void ike_impair_fragment(IkeSa *sa, const IkeHeader *h, IkeSkf *f);
/* The next datagram, instead of that at the head of ->out; NULL: none. */
IkeOut *ike_impair_pull(IkeSa *sa);
/* Is a good IKE_SA_INIT refused, whatever the answer will say? */
bool ike_impair_refuses(IkeSa *sa);
/* Is the peer's message not seen? */
bool ike_impair_deaf(IkeSa *sa, const IkeHeader *h);
/* Is any AUTH of the peer's right? */
bool ike_impair_believes(const IkeSa *sa);
/* Does our AUTH cover our own nonce instead of the peer's? */
bool ike_impair_own_nonce(const IkeSa *sa);

#else

static inline GBytes *
ike_impair_clear(IkeSa *sa, GBytes *octets)
{
    (void)sa;
    return octets;
}

static inline void
ike_impair_draft(IkeSa *sa, IkeHeader *h, IkeDraft *d)
{
    (void)sa;
    (void)h;
    (void)d;
}

static inline void
ike_impair_fragment(IkeSa *sa, const IkeHeader *h, IkeSkf *f)
{
    (void)sa;
    (void)h;
    (void)f;
}

static inline IkeOut *
ike_impair_pull(IkeSa *sa)
{
    return g_queue_pop_head(&sa->out);
}

static inline bool
ike_impair_refuses(IkeSa *sa)
{
    (void)sa;
    return false;
}

static inline bool
ike_impair_deaf(IkeSa *sa, const IkeHeader *h)
{
    (void)sa;
    (void)h;
    return false;
}

static inline bool
ike_impair_believes(const IkeSa *sa)
{
    (void)sa;
    return false;
}

static inline bool
ike_impair_own_nonce(const IkeSa *sa)
{
    (void)sa;
    return false;
}

#endif
