/* ike_authdata.h - what the AUTH payload is made over, and the shared-key MIC, RFC 7296 §2.15. */
#pragma once

#include "agent/base/secret.h"

/* ike_authdata_octets - Initiator- or ResponderSignedOctets: RealMessage | nonce | MACedID.
 * @message: the sender's IKE_SA_INIT as it went over the wire, marker excluded.
 * @nonce: the other side's. @sk_p: SK_pi or SK_pr, the sender's.
 * @id_body: body of the sender's ID payload exactly as it went over the wire, reserved octets too.
 */
bool ike_authdata_octets(uint16_t prf_id, Slice message, Slice nonce, Slice sk_p, Slice id_body,
                         Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
/* ike_authdata_mic - prf(prf(@key, "Key Pad for IKEv2"), @octets).
 * @key: the shared secret; SK_pi or SK_pr after an EAP method without a key of its own (§2.16). */
bool ike_authdata_mic(uint16_t prf_id, Slice key, Slice octets,
                      Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
