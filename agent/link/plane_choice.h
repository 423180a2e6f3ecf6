/* plane_choice.h - who is to move the packets: an administrator's choice. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent/esp/esp_sa.h"

typedef enum PlaneChoice {
    PLANE_USER,   /* we ourselves, from a TUN interface: plane_of_pump() */
    PLANE_KERNEL, /* the kernel, or nothing: plane_of_kernel() */
    PLANE_AUTO,   /* the kernel where it can, else we ourselves */
} PlaneChoice;

/* Their names, NULL at the end. */
extern const char *const plane_choice_names[];

/* plane_choice_parse - false when @text is none of the names. */
bool plane_choice_parse(const char *text, PlaneChoice *ret);
/* plane_choice_kernel - is it the kernel that moves packets of SAs of @suites?
 * Returns false without @error: we ourselves; false with @error: it must, and cannot. */
bool plane_choice_kernel(PlaneChoice choice, const Suite *suites, size_t n, const EspRules *rules,
                         GError **error);
/* plane_choice_fall_back - the kernel cannot, as @why (taken) says: are we to do it ourselves?
 * Returns true, and logs @why, or hands it on as @error. */
bool plane_choice_fall_back(PlaneChoice choice, GError *why, GError **error);
