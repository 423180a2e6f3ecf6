/* ike_rules.h - which payloads each exchange may carry, clear and inside SK, and how often (RFC
 * 7296 §1.2-§1.4, appendix C). */
#pragma once

#include "agent/ike/ike_msg.h"

/* ike_rules_check - judge a fully decoded message against the table of its exchange and direction.
 * Unknown payload types pass unless critical (IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD). A CP payload in
 * a clear IKE_SA_INIT passes (agent/docs/WIRE.md §1.4). Returns IKE_OK or IKE_N_INVALID_SYNTAX;
 * @ret_why: a static clause. */
IkeStatus ike_rules_check(const IkeMsg *m, const char **ret_why) G_GNUC_WARN_UNUSED_RESULT;
