#include "agent/crypto/aead_batch.h"

#include "agent/crypto/aead_private.h"

struct AeadEngine {
    AeadChoice choice;
    bool looked; /* for ->mb */
    MbEngine *mb;
};

const char *const aead_choice_names[] = {
    [AEAD_CHOICE_AUTO] = "auto",
    [AEAD_CHOICE_OPENSSL] = "openssl",
    NULL,
};

bool
aead_choice_parse(const char *text, AeadChoice *ret)
{
    for (size_t i = 0; aead_choice_names[i]; i++)
        if (strcmp(text, aead_choice_names[i]) == 0) {
            *ret = (AeadChoice)i;
            return true;
        }
    return false;
}

AeadEngine *
aead_engine_new(AeadChoice choice)
{
    AeadEngine *e = g_new0(AeadEngine, 1);

    e->choice = choice;
    return e;
}

void
aead_engine_free(AeadEngine *e)
{
    if (!e)
        return;
    mb_engine_free(e->mb);
    g_free(e);
}

static MbEngine *
mb_of(AeadEngine *e)
{
    if (!e->looked && e->choice == AEAD_CHOICE_AUTO)
        e->mb = mb_engine_new();
    e->looked = true;
    return e->mb;
}

const char *
aead_engine_name(AeadEngine *e)
{
    return mb_of(e) ? mb_engine_name(e->mb) : "OpenSSL";
}

void
aead_job_run(AeadJob *job)
{
    if (job->aead->open) {
        job->ok = aead_open(job->aead, job->aad, job->iv, job->data, job->len, job->icv);
    } else {
        aead_seal(job->aead, job->aad, job->iv, job->data, job->len, job->icv);
        job->ok = true;
    }
}

void
aead_engine_run(AeadEngine *e, AeadJob *jobs, size_t n)
{
    MbEngine *mb = n ? mb_of(e) : NULL;

    if (mb) {
        mb_engine_run(mb, jobs, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        aead_job_run(&jobs[i]);
}
