#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "agent/link/curl_lib_private.h"

/* The number goes with the functions in the header: it is the same for all of curl 7.16 to 8. */
#define SONAME "libcurl.so.4"

static bool
find(void *handle, const char *name, void *ret)
{
    void *at = dlsym(handle, name);

    memcpy(ret, &at, sizeof(at)); /* POSIX: a function's address fits a pointer to an object */
    return at != NULL;
}

static bool
load(CurlLib *ret)
{
    void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return false;
#define X(name)                                                                                    \
    if (!find(handle, "curl_" G_STRINGIFY(name), &ret->name))                                      \
        return false;
    CURL_LIB_CALLS(X)
#undef X
    return ret->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

const CurlLib *
curl_lib(const char **ret_why)
{
    static CurlLib lib;
    static gsize tried; /* 1: in vain; 2: it is there */

    if (g_once_init_enter(&tried))
        g_once_init_leave(&tried, load(&lib) ? 2 : 1);
    if (tried == 2)
        return &lib;
    *ret_why = SONAME " cannot be loaded";
    return NULL;
}
