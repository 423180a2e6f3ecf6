/* sim_cell.h - every message that an end may hear in a place, and in words what comes of it. */
#pragma once

#include "tests/support/sim_place.h"

/* How it is protected and numbered. */
typedef enum SimForm {
    SIM_GOOD,   /* with the keys, and the Message ID that is next */
    SIM_PAST,   /* with the keys, and the one before it */
    SIM_FUTURE, /* with the keys, and the one behind it */
    SIM_FORGED, /* without the keys */
    SIM_CLEAR,  /* not protected at all */
    SIM_FORMS
} SimForm;

enum { SIM_REQUEST, SIM_RESPONSE };

typedef struct SimCell {
    uint8_t exchange;
    bool response;
    SimForm form;
    guint content; /* below sim_contents() */
} SimCell;

/* What may be inside: "empty", each payload alone ("SA" ..), each Notify (errors "E:INVALID_SYNTAX"
 * .., the rest "N:COOKIE" ..), Deletes ("D:IKE" ..), "CP:1" .., "EAP:1" .., and what belongs
 * together
 * ("rekey-child" ..). */
guint sim_contents(void);
const char *sim_content_name(guint content);
const char *sim_form_name(SimForm form);

/* sim_cell_try - the message of @cell arrives from the other end. Returns what comes of it, owned
 * by the caller: "ignored", when nothing at all has changed and nothing is sent; or, joined by ";
 * ": "answers", "answers N:X DELETE", "asks INFORMATIONAL DELETE" - what is sent, by payload;
 *   "clearly answers" without protection,
 *   "takes" - a request was accepted, its answer is still owed; "hears" - the answer to our own,
 *   "child up", "child down", "rekeyed", "is STATE", "closed: reason".
 * Asserts that no more than one pair of child SAs is up at an end that rekeys none, and that the
 * keys of the IKE SA are as they were unless it was rekeyed. */
char *sim_cell_try(Sim *sim, const SimPlace *place, const SimCell *cell);
