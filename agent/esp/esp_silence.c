#include "agent/esp/esp_silence.h"

enum {
    QUESTIONS = 5, /* what TCP repeats in 20 s, after half of which it is still at it */
    HOSTS = 2,
};

static EspVerdict
judge(EspSilence *s, const EspStats *stats)
{
    if (!s->told)
        return ESP_SILENT;
    return __builtin_popcountll(stats->asked_of) >= HOSTS ? ESP_DEAD : ESP_CARRIES;
}

static void
begin(EspSilence *s, const EspStats *stats)
{
    s->base = s->asked = stats->asked;
    s->since = s->last = 0;
}

EspVerdict
esp_silence_look(EspSilence *s, const EspStats *stats, Usec now)
{
    EspVerdict verdict;

    if (s->span == 0)
        return ESP_CARRIES;
    if (stats->last_in != s->heard) {
        s->heard = stats->last_in;
        s->told = false;
        begin(s, stats);
        return ESP_CARRIES;
    }
    if (stats->asked != s->asked) {
        s->asked = stats->asked;
        s->last = now;
        if (!s->since)
            s->since = now;
    }
    if (!s->since || now - s->since < s->span || now - s->last > s->span / 2 ||
        s->asked - s->base < QUESTIONS)
        return ESP_CARRIES;
    verdict = judge(s, stats);
    s->told = true;
    begin(s, stats);
    return verdict;
}
