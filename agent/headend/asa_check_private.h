/* asa_check_private.h - what asa_check.c and asa_check_peer.c share. */
#pragma once

#include "agent/headend/asa_config.h"

/* Is there a certificate to show behind @t? Else an error. */
bool asa_check_has_certificate(AsaNotes *notes, const AsaTrustpoint *t);
/* asa_check_peer - can anybody log in by what @g says, and could it be checked? */
void asa_check_peer(const AsaConfig *c, AsaNotes *notes, const AsaTunnelGroup *g);
/* Is there a group whose clients give a user's name and password? */
bool asa_check_wants_users(const AsaConfig *c);
/* asa_check_eap - which users cannot log in by the EAP methods that are spoken. */
void asa_check_eap(const AsaConfig *c, AsaNotes *notes);
