/* sim_lie.h - a peer that holds the keys and lies: messages opened, changed and sealed again. */
#pragma once

#include "agent/ike/ike_letter.h"
#include "tests/support/sim.h"

typedef IkePart SimPayload;

/* One message, its SK payload opened. */
typedef struct SimLetter {
    SimSide from;
    uint8_t exchange;
    bool response;
    uint32_t id;
    bool sealed;
    IkeLetter inside;
    GPtrArray *payloads; /* of SimPayload *, those of ->inside: remove, add and change them */
} SimLetter;

/* Returns true when it has changed the letter. */
typedef bool (*SimLie)(Sim *sim, SimLetter *letter, void *user);
/* sim_lie - every message from now on goes through @lie before it is on the wire. */
void sim_lie(Sim *sim, SimLie lie, void *user);

SimPayload *sim_letter_find(const SimLetter *l, uint8_t type); /* the first of @type, or NULL */
void sim_letter_remove(SimLetter *l, uint8_t type);            /* the first of @type */
SimPayload *sim_letter_add(SimLetter *l, uint8_t type, Slice body);
/* "VID IDi CERTREQ CFG SA TSi TSr NOTIFY" and "20 28 25 ..", payload headers counted. */
char *sim_letter_order(const SimLetter *l);
char *sim_letter_sizes(const SimLetter *l);

/* sim_peek - what @octets of @from's hold inside their SK payload; false when they have none, or
 * none that its keys open. */
bool sim_peek(const Sim *sim, SimSide from, Slice octets, Secret *ret);

/* sim_forge - a message with good integrity from @from's side with the keys of the newest IKE SA,
 * injected at the other end at once. */
void sim_forge(Sim *sim, SimSide from, uint8_t exchange, bool response, uint32_t id, uint8_t type,
               Slice body);
/* sim_forge_plain - the same with any flags, and any octets as plaintext; @first is SK's
 * next-payload octet. */
void sim_forge_plain(Sim *sim, SimSide from, uint8_t exchange, uint8_t flags, uint32_t id,
                     uint8_t first, Slice plain);
/* sim_seal - the octets of such a message; owned by the caller. */
GByteArray *sim_seal(Sim *sim, SimSide from, uint8_t exchange, uint8_t flags, uint32_t id,
                     uint8_t first, Slice plain);
/* The flags of a good message of @from's. */
uint8_t sim_flags(SimSide from, bool response);
