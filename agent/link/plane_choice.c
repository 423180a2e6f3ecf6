#include "agent/link/plane_choice.h"

#include "agent/base/log.h"
#include "agent/link/xfrm_plane.h"

const char *const plane_choice_names[] = {
    [PLANE_USER] = "user",
    [PLANE_KERNEL] = "kernel",
    [PLANE_AUTO] = "auto",
    [PLANE_AUTO + 1] = NULL,
};

bool
plane_choice_parse(const char *text, PlaneChoice *ret)
{
    for (int i = 0; plane_choice_names[i]; i++)
        if (g_str_equal(text, plane_choice_names[i])) {
            *ret = (PlaneChoice)i;
            return true;
        }
    return false;
}

bool
plane_choice_fall_back(PlaneChoice choice, GError *why, GError **error)
{
    if (choice == PLANE_KERNEL) {
        g_propagate_prefixed_error(error, why, "the kernel cannot move the packets: ");
        return false;
    }
    log_at(LOG_MESSAGE, NULL, "packets are moved in user space, for the kernel cannot: %s",
           why->message);
    g_error_free(why);
    return true;
}

bool
plane_choice_kernel(PlaneChoice choice, const Suite *suites, size_t n, const EspRules *rules,
                    GError **error)
{
    GError *why = NULL;
    bool can = choice != PLANE_USER;

    for (size_t i = 0; can && i < n; i++)
        can = xfrm_plane_can(&suites[i], rules, &why);
    if (why)
        (void)plane_choice_fall_back(choice, why, error);
    return can;
}
