/* answers.h - answers given beforehand: options, files, descriptors, credentials, a program
 * (agent/docs/CLI.md §3). Each serves one question only, so that a wrong password is not sent
 * twice.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "ui-cli/lines.h"

typedef struct Answers Answers;
Answers *answers_new(void);
void answers_free(Answers *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answers, answers_free)

/* answers_put - the answer for the field @name; a second one for the same field is refused (false).
 * @source: what it is called in a note: "--user", "FILE:3"; copied. */
bool answers_put(Answers *a, const char *name, Slice value, const char *source);
/* answers_put_line - "NAME=VALUE"; AC_ERROR_USAGE when it is not that. */
bool answers_put_line(Answers *a, const char *line, const char *source,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* answers_load - a file of NAME=VALUE lines; blank lines and those that begin with # are left out.
 */
bool answers_load(Answers *a, const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The password: the answer to the first secret field asked that has no answer of its own. The first
 * line of what is read, without its end. AC_ERROR_USAGE when there is none to read. */
bool answers_password_fd(Answers *a, int fd, const char *source, const LinesStop *stop,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool answers_password_file(Answers *a, const char *file, const LinesStop *stop,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* answers_credential - the file @name in $CREDENTIALS_DIRECTORY (systemd.exec(5)); used after the
 * password. */
bool answers_credential(Answers *a, const char *name, const LinesStop *stop,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* answers_askpass - a program that prints one secret when run with the label as its argument. */
void answers_askpass(Answers *a, const char *program);

typedef enum AnswersStatus {
    ANSWERS_NONE,  /* nothing is stored for this field */
    ANSWERS_SPENT, /* what was stored has been used already */
    ANSWERS_FOUND,
    ANSWERS_FAILED, /* @error is set: the askpass program failed */
} AnswersStatus;

/* answers_take - the stored answer for a field, in the order of sources.
 * @label: shown by the askpass program. @ret, @ret_source (borrowed): set when found. */
AnswersStatus answers_take(Answers *a, const char *name, const char *label, bool secret,
                           const LinesStop *stop, Secret *ret, const char **ret_source,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A gateway refused what was sent: everything stored counts as used. */
void answers_spend(Answers *a);
