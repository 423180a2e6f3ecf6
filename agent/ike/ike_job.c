#include "agent/ike/ike_job.h"

#include "agent/ike/ike_sa_private.h"

typedef struct Job {
    uint32_t in; /* set of IKE_STATES() */
    IkeJobDue *due;
    IkeJobAsk *ask;
    IkeRun *answered;
    const char *asks, *hears; /* one clause each, also the log line */
} Job;

static const Job jobs[IKE_JOB_N] = {
    [IKE_JOB_FAREWELL] = { IKE_STATES(DELETING), ike_x_info_farewell_due, ike_x_info_farewell,
                           ike_x_info_farewell_heard, "farewell sent (RFC 7296 §1.4.1)",
                           "farewell answered (RFC 7296 §1.4.1)" },
    [IKE_JOB_MOVE] = { IKE_STATES(READY), ike_x_mobike_move_due, ike_x_mobike_move_ask,
                       ike_x_mobike_heard, "new address told (RFC 4555 §3.5)",
                       "new address known to the peer (RFC 4555 §3.5)" },
    [IKE_JOB_CHECK] = { IKE_STATES(READY), ike_x_mobike_check_due, ike_x_mobike_check_ask,
                        ike_x_mobike_check_heard, "return routability asked (RFC 4555 §3.7)",
                        "return routability answered (RFC 4555 §3.7)" },
    [IKE_JOB_REKEY] = { IKE_STATES(READY), ike_x_rekey_due, ike_x_rekey_ask, ike_x_rekey_heard,
                        "rekeying of the IKE SA asked (RFC 7296 §1.3.2)",
                        "rekeying of the IKE SA answered (RFC 7296 §1.3.2)" },
    [IKE_JOB_REDIRECT] = { IKE_STATES(READY), ike_x_redirect_due, ike_x_redirect_ask, NULL,
                           "client sent to another gateway (RFC 5685 §5)",
                           "client knows the other gateway (RFC 5685 §5)" },
    [IKE_JOB_CHILD_DELETE] = { IKE_STATES(READY), ike_x_delete_due, ike_x_delete_ask,
                               ike_x_delete_heard, "Delete of a child SA sent (RFC 7296 §1.4.1)",
                               "Delete of a child SA answered (RFC 7296 §1.4.1)" },
    [IKE_JOB_CHILD_REKEY] = { IKE_STATES(READY), ike_x_child_due, ike_x_child_ask,
                              ike_x_child_heard, "rekeying of a child SA asked (RFC 7296 §1.3.3)",
                              "rekeying of a child SA answered (RFC 7296 §1.3.3)" },
    [IKE_JOB_LIVENESS] = { IKE_STATES(READY), ike_x_info_silence, ike_x_info_ask, ike_x_info_alive,
                           "peer is silent, liveness check sent (RFC 7296 §2.4)",
                           "peer is alive (RFC 7296 §2.4)" },
    [IKE_JOB_BURY] = { 0, NULL, NULL, ike_x_rekey_buried, "",
                       "the replaced IKE SA is deleted (RFC 7296 §2.8)" },
};

static bool
may_ask(const IkeSa *sa, const Job *job)
{
    return (job->in & UINT32_C(1) << sa->state) != 0;
}

Usec
ike_job_due(const IkeSa *sa)
{
    Usec due = USEC_NEVER;

    if (sa->ike->window.request || sa->held)
        return USEC_NEVER;
    for (size_t i = 0; i < IKE_JOB_N; i++)
        if (may_ask(sa, &jobs[i]))
            due = usec_min(due, jobs[i].due(sa));
    return due;
}

IkeStatus
ike_job_ask(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeJobKind kind = IKE_JOB_NONE;
    IkeStatus st;

    (void)m;
    while (kind < IKE_JOB_N && !(may_ask(sa, &jobs[kind]) && jobs[kind].due(sa) <= now))
        kind++;
    g_assert(kind < IKE_JOB_N);
    sa->story = jobs[kind].asks;
    st = jobs[kind].ask(sa, now);
    if (st == IKE_OK && sa->ike->window.request)
        sa->ike->job = kind;
    return st;
}

IkeStatus
ike_job_answered(IkeSa *sa, const IkeMsg *m, Usec now)
{
    const Job *job = &jobs[sa->at->job];

    sa->at->job = IKE_JOB_NONE;
    if (job->hears)
        sa->story = job->hears;
    return job->answered ? job->answered(sa, m, now) : IKE_OK;
}

void
ike_job_lost(IkeSa *sa, IkeEpoch *epoch, Usec now)
{
    const Job *job = &jobs[epoch->job];

    epoch->job = IKE_JOB_NONE;
    if (job->answered)
        (void)job->answered(sa, NULL, now);
}
