/* session_private.h - what session.c and session_login.c share. */
#pragma once

#include "agent/base/log.h"
#include "agent/headend/session.h"

void session_say(const Session *s, LogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);
