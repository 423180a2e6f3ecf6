/* asa_mask.h - lines of a configuration without the secrets in them. */
#pragma once

#include "agent/headend/asa_lex.h"

#define ASA_MASKED "*****" /* what an ASA shows instead of a secret */

/* asa_mask - the text of @line with every secret in it as ASA_MASKED, whether the line is known or
 * not: pre-shared keys, keys of servers, passwords that are no one-way hash. Owned by the caller.
 */
char *asa_mask(const AsaLine *line);
