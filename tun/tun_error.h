/* tun_error.h - the errors of this folder; the code is the errno of what the kernel refused. */
#pragma once

#include <glib.h>

#define TUN_ERROR tun_error_quark()
GQuark tun_error_quark(void);

/* tun_error_set - "@what: the words for @code". */
void tun_error_set(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);
