/* curl_lib_private.h - libcurl, loaded when something is fetched for the first time: it brings more
 * than twenty libraries, and most tunnels fetch nothing. */
#pragma once

#include <curl/curl.h>
#include <glib.h>

#define CURL_LIB_CALLS(X)                                                                          \
    X(global_init)                                                                                 \
    X(easy_init)                                                                                   \
    X(easy_setopt)                                                                                 \
    X(easy_getinfo)                                                                                \
    X(easy_strerror)                                                                               \
    X(easy_cleanup)                                                                                \
    X(multi_init)                                                                                  \
    X(multi_add_handle)                                                                            \
    X(multi_perform)                                                                               \
    X(multi_info_read)                                                                             \
    X(multi_poll)                                                                                  \
    X(multi_remove_handle)                                                                         \
    X(multi_cleanup)                                                                               \
    X(slist_append)                                                                                \
    X(slist_free_all)

typedef struct CurlLib {
#define X(name) __typeof__(curl_##name) *name;
    CURL_LIB_CALLS(X)
#undef X
} CurlLib;

/* curl_lib - it, ready for use, for as long as the program runs; from any thread.
 * @ret_why: with NULL, why it cannot be had; static. */
const CurlLib *curl_lib(const char **ret_why);
