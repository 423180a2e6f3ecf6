/* ac_error.h - the errors that cross D-Bus, their names, exit codes and tokens (agent/docs/CLI.md
 * §4). */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* X(name, exit code, token in JSON) */
#define AC_ERROR_LIST(X)                                                                           \
    X(FAILED, 1, "failed")                                                                         \
    X(USAGE, 2, "usage")                                                                           \
    X(TIMEOUT, 3, "timeout")                                                                       \
    X(NETWORK, 4, "connect_failed")                                                                \
    X(AUTH, 5, "auth_failed")                                                                      \
    X(CERTIFICATE, 6, "certificate_untrusted")                                                     \
    X(CONFIG, 7, "config_invalid")                                                                 \
    X(NO_AGENT, 8, "agent_not_running")                                                            \
    X(NOT_AUTHORISED, 9, "not_authorised")                                                         \
    X(NO_HOST, 10, "host_not_found")                                                               \
    X(NOT_CONNECTED, 11, "not_connected")                                                          \
    X(BUSY, 12, "busy")                                                                            \
    X(INPUT_NEEDED, 13, "input_needed")                                                            \
    X(HOST_SETUP, 14, "host_setup_failed")                                                         \
    X(DECLINED, 15, "declined")                                                                    \
    X(POLICY, 16, "refused_by_policy")                                                             \
    X(CLIENT_CERT, 17, "client_certificate")

typedef enum AcError {
#define X(name, exit, token) AC_ERROR_##name,
    AC_ERROR_LIST(X)
#undef X
        AC_ERROR_N
} AcError;

#define AC_ERROR ac_error_quark()
GQuark ac_error_quark(void); /* registers org.acclient.Error.* with GDBus */
int ac_error_exit_code(AcError code);
const char *ac_error_token(AcError code);
bool ac_error_from_token(const char *token, AcError *ret);
