/* mock_agent.h - an agent that plays a written scene to acclient on a socket of its own, and a
 * runner that plays the person. Everything runs in the test's main loop. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct MockAgent MockAgent;
MockAgent *mock_agent_new(void);
void mock_agent_free(MockAgent *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MockAgent, mock_agent_free)
const char *mock_agent_socket(const MockAgent *m);

/* mock_agent_scene - what happens after Connect: events as GVariant text, NULL at the end. A
 * prompt holds the scene until it is answered with neither a refusal nor a cancel, unless it has
 * 'goes_on': <true>. MOCK_HANG_UP closes every connection. */
void mock_agent_scene(MockAgent *m, const char *const *events);
#define MOCK_HANG_UP "hang up"
/* The same, once, after the next GetStatus. */
void mock_agent_after_status(MockAgent *m, const char *const *events);
void mock_agent_state(MockAgent *m, const char *state); /* before anybody connects */
/* The next Connect fails with this D-Bus error (ac_error.h). */
void mock_agent_refuse(MockAgent *m, int code, const char *text);

/* What was seen: the options of Connect as GVariant text, and every answer in order: fields as
 * " name:value", the rest as " accept=yes". */
const char *mock_agent_host(const MockAgent *m);
const char *mock_agent_options(const MockAgent *m);
const char *mock_agent_answer(const MockAgent *m, guint n); /* NULL: not that many */
guint mock_agent_disconnects(const MockAgent *m);

/* One run of acclient. */
typedef struct MockRun {
    char *out, *err; /* with a terminal: both in @out */
    int code;
    bool echo_was_off; /* with a terminal: at each secret of the dialogue */
    bool echo_is_on;   /* with a terminal: at the end */
} MockRun;
void mock_run_clear(MockRun *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MockRun, mock_run_clear)

/* mock_run - without a terminal. @args: blanks between. @input: standard input, or NULL for none.
 */
MockRun mock_run(MockAgent *m, const char *args, const char *input);

/* A line of the dialogue at a terminal: when @expect has come, @send goes out. */
typedef struct MockLine {
    const char *expect, *send;
    bool secret; /* the terminal has to have its echo off then */
} MockLine;
MockRun mock_run_at_terminal(MockAgent *m, const char *args, const MockLine *lines);
