/* ike_impair.h - an end that breaks the protocol on demand, in builds with AC_IMPAIR only: what the
 * other end is tried against. */
#pragma once

#include <glib.h>

/* Lies, and how often each was told. Not to be shared between threads; borrowed by IkeConfig. */
typedef struct IkeImpair IkeImpair;

/* ike_impair_parse - lies separated by commas, each
 *   NAME[=ARG][@EXCHANGE[.request|.response][#MESSAGEID]][*TIMES]
 * "omit=AUTH@IKE_AUTH.response#1", "drop*2". Without @ any message, without * always.
 * @ret_why: what is wrong with it, and what there is; owned by the caller. Returns NULL then. */
IkeImpair *ike_impair_parse(const char *text, char **ret_why) G_GNUC_WARN_UNUSED_RESULT;
void ike_impair_free(IkeImpair *impair);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeImpair, ike_impair_free)
unsigned ike_impair_told(const IkeImpair *impair); /* lies so far */
/* ike_impair_name - of lie number @i, which may be past the last: NULL. */
const char *ike_impair_name(unsigned i);
