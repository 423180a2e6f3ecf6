/* manifest.h - the profiles a gateway offers: which file, and its hash. */
#pragma once

#include "agent/headend/forms.h"

/* manifest_read - of FormsProfile *, those of the configuration whose file is there; a new array.
 * "disk0:/NAME" is a file of the folder that "!acheadend disk0" names, else of @state/disk0. A file
 * that cannot be read is logged and left out. */
GPtrArray *manifest_read(const AsaConfig *c, const char *state);
