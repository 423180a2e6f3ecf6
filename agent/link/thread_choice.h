/* thread_choice.h - how many threads move packets in user space: an administrator's choice. */
#pragma once

#include <stdbool.h>

typedef enum ThreadChoice {
    THREADS_AUTO, /* as there are processors for them */
    THREADS_ONE,  /* both ways */
    THREADS_TWO,  /* each has a way */
} ThreadChoice;

/* Their names, NULL at the end. */
extern const char *const thread_choice_names[];

/* thread_choice_parse - false when @text is none of the names. */
bool thread_choice_parse(const char *text, ThreadChoice *ret);
/* thread_choice_count - how many it is on a machine of so many processors. */
unsigned thread_choice_count(ThreadChoice choice, unsigned processors);
/* thread_choice_idle - it is the kernel that moves packets: a number that was chosen has no
 * meaning, and the log says so. */
void thread_choice_idle(ThreadChoice choice);
