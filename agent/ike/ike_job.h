/* ike_job.h - what we want to ask the peer of a standing IKE SA, and in which order.
 *
 * The window is one (RFC 7296 §2.3), so requests wait for each other. No queue holds them: each job
 * knows from the SA itself when it is due, and whenever the window is free the most urgent of those
 * that are due is asked. So nothing is asked that has become needless while it waited. */
#pragma once

#include "agent/ike/ike_sa.h"

/* Most urgent first. */
typedef enum IkeJobKind {
    IKE_JOB_NONE,         /* the login's own requests: the state knows what they are */
    IKE_JOB_FAREWELL,     /* the end of the IKE SA */
    IKE_JOB_MOVE,         /* we are elsewhere */
    IKE_JOB_CHECK,        /* does the peer hear us where it says it is? */
    IKE_JOB_REKEY,        /* of the IKE SA */
    IKE_JOB_REDIRECT,     /* the client is to go elsewhere */
    IKE_JOB_CHILD_DELETE, /* of all child SAs that are doomed */
    IKE_JOB_CHILD_REKEY,  /* of the one that is most due */
    IKE_JOB_LIVENESS,     /* is the peer there? */
    IKE_JOB_BURY,         /* an IKE SA that has been replaced; under its own window, never waits */
    IKE_JOB_N,
} IkeJobKind;

/* ike_job_due - when the next request of ours is to go out; USEC_NEVER while one waits for its
 * answer. */
Usec ike_job_due(const IkeSa *sa);
