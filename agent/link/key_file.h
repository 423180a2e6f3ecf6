/* key_file.h - keys for Wireshark, kept in files that only root can read. For debugging: who has
 * the files can read everything that was captured. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct KeyFile KeyFile;

/* key_file_open - the files ikev2_decryption_table and esp_sa in @folder, which becomes a
 * configuration folder for tshark (WIRESHARK_CONFIG_DIR); rows are added behind those that are
 * there.
 * @folder: made when it is missing. Else it must be root's and nobody else's, as the files must be.
 * Fails when we are not root. */
KeyFile *key_file_open(const char *folder, GError **error);
void key_file_free(KeyFile *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyFile, key_file_free)
/* key_file_add - @row: as agent/ike/ike_keyrow.h makes it. */
void key_file_add(KeyFile *k, const char *row);
