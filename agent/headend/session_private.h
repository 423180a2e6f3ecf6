/* session_private.h - what session.c and session_login.c share. */
#pragma once

#include "agent/base/log.h"
#include "agent/headend/session.h"

/* session_set_lives - what the configuration says of the keys of whoever has just logged in. */
void session_set_lives(Session *s);
void session_say(const Session *s, LogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);
