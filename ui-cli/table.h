/* table.h - values of the agent's dictionaries as rows of text. */
#pragma once

#include "ui-cli/out.h"

typedef enum TableKind {
    TABLE_PLAIN,
    TABLE_DURATION, /* seconds */
    TABLE_TIME,     /* seconds since 1970 */
    TABLE_USEC,     /* microseconds since 1970 */
    TABLE_STATE,
    TABLE_HEX,
} TableKind;

/* table_value - the value of @key as cleaned text; NULL when there is none or it is empty. Owned by
 * the caller. */
char *table_value(GVariant *dict, const char *key, TableKind kind);
