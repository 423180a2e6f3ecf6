#include "agent/link/thread_choice.h"

#include <glib.h>

#include "agent/base/log.h"

/* From so many processors on each way has a thread of its own: with less, both ends of a tunnel and
 * the programs in front of them have none to spare (agent/docs/PERFORMANCE.md). */
enum { TWO_FROM = 4 };

const char *const thread_choice_names[] = {
    [THREADS_AUTO] = "auto",
    [THREADS_ONE] = "1",
    [THREADS_TWO] = "2",
    [THREADS_TWO + 1] = NULL,
};

bool
thread_choice_parse(const char *text, ThreadChoice *ret)
{
    for (int i = 0; thread_choice_names[i]; i++)
        if (g_str_equal(text, thread_choice_names[i])) {
            *ret = (ThreadChoice)i;
            return true;
        }
    return false;
}

unsigned
thread_choice_count(ThreadChoice choice, unsigned processors)
{
    if (choice == THREADS_AUTO)
        return processors >= TWO_FROM ? 2 : 1;
    return choice == THREADS_TWO ? 2 : 1;
}

void
thread_choice_idle(ThreadChoice choice)
{
    if (choice != THREADS_AUTO)
        log_at(LOG_MESSAGE, NULL,
               "threads = %s has no meaning: it is the kernel that moves packets",
               thread_choice_names[choice]);
}
