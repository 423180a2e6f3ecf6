/* secret.h - owned octets that are wiped before they are freed. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/reader.h"

/* Keys, passwords, tokens. Never logged, never copied by assignment: use secret_move(). */
typedef struct Secret {
    uint8_t *p;
    size_t len;
} Secret;

void secret_alloc(Secret *s, size_t len); /* zeroed; wipes what was there */
void secret_set(Secret *s, Slice octets); /* a copy of @octets; wipes what was there */
void secret_clear(Secret *s);             /* wipe, free, leave empty; {0} is fine */
void secret_move(Secret *dst, Secret *src);
Slice secret_view(const Secret *s);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Secret, secret_clear)
