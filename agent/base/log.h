/* log.h - levels and fields on g_log_structured; the one way the shell says anything. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum LogLevel { LOG_ERROR, LOG_WARNING, LOG_MESSAGE, LOG_INFO, LOG_DEBUG } LogLevel;

/* Fields that go beside a message; NULL members are left out. */
typedef struct LogFields {
    const char *session; /* SESSION= */
    const char *peer;    /* PEER= */
    const char *spi;     /* SPI= */
} LogFields;

/* log_init - install the writer: journald when stderr is the journal, else lines on stderr.
 * @program: shown before each line, borrowed for ever. @at_most: higher levels are dropped. */
void log_init(const char *program, LogLevel at_most);
/* log_level_parse - "error" .. "debug". */
bool log_level_parse(const char *text, LogLevel *ret) G_GNUC_WARN_UNUSED_RESULT;
bool log_enabled(LogLevel level); /* to skip building what would be dropped */
/* One fact, one sentence, no trailing dot; @fields may be NULL. */
void log_at(LogLevel level, const LogFields *fields, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* log_escape - peer-supplied octets as printable text: control and non-ASCII octets become \xNN.
 * @max: octets shown at most; the rest becomes "...". Owned by the caller. */
char *log_escape(const char *text, size_t len, size_t max);
