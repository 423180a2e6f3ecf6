/* child_sas.h - the child SAs of one session in its Plane: they come and go while the session stays
 * (RFC 7296 §2.8). */
#pragma once

#include "agent/ike/ike_children.h"
#include "agent/link/plane.h"

typedef struct ChildSa {
    uint32_t spi_in, spi_out;
    Suite suite;
    bool outbound; /* packets may go out over it */
    Usec since;
    Usec until; /* of one that has been deleted: it receives so long */
} ChildSa;

enum { CHILD_LATE_S = 2 };                     /* so long packets may be under way */
enum { CHILD_SAS_MAX = 2 * IKE_CHILDREN_MAX }; /* of an IKE SA, and of the one before it */

/* A value of zeros is empty; child_sas_clear() before it is dropped. */
typedef struct ChildSas {
    Plane *plane; /* borrowed; NULL: nothing is moved yet */
    Endpoint at;  /* where packets go */
    unsigned n,
        n_late;    /* in this order in @all: those that are there, those that have been deleted */
    ChildSa **all; /* owned, what packets go out over last; one is the rule */
    EspStats past; /* what those that are gone have counted */
} ChildSas;

/* child_sas_add - @c goes into the plane; its secrets are read, not moved.
 * Returns false when it cannot be used, or there are too many. */
bool child_sas_add(ChildSas *set, const IkeChild *c, Usec now) G_GNUC_WARN_UNUSED_RESULT;
/* As IKE_EV_CHILD_OUT and IKE_EV_CHILD_DOWN say; unknown is fine. */
void child_sas_out(ChildSas *set, uint32_t spi_in);
void child_sas_remove(ChildSas *set, uint32_t spi_in);
/* child_sas_retire - the same, but where packets go out over another it receives for CHILD_LATE_S
 * more, which a path that reorders may need; the next child_sas_tell() after that ends it. */
void child_sas_retire(ChildSas *set, uint32_t spi_in, Usec now);
void child_sas_clear(ChildSas *set); /* removes all; what they have counted stays */
/* child_sas_move - packets of all of them go to @remote from now on. */
void child_sas_move(ChildSas *set, const Endpoint *remote);
/* child_sas_current - the one that packets go out over; NULL when there is none. */
const ChildSa *child_sas_current(const ChildSas *set);
/* child_sas_stats - of all together, those that are gone too; sequence numbers and replay window
 * are the current one's. */
void child_sas_stats(const ChildSas *set, EspStats *ret);
/* child_sas_count - what those that are there have counted, added to @sum. */
void child_sas_count(const ChildSas *set, EspStats *sum);
/* child_sas_one - of one; false when it is not there. */
bool child_sas_one(const ChildSas *set, const ChildSa *c, EspStats *ret);
/* child_sas_tell - IKE asks and keeps alive only where ESP has not done so, and rekeys before too
 * much has been carried. */
void child_sas_tell(ChildSas *set, IkeSa *sa, Usec now);
/* child_sas_strayed - plane_strayed() of the one that was heard last. */
bool child_sas_strayed(const ChildSas *set, Endpoint *ret);
