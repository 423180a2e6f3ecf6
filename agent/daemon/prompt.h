/* prompt.h - questions to a person as dictionaries of the control API, and their answers back. */
#pragma once

#include "agent/daemon/event.h"
#include "agent/daemon/verify.h"
#include "agent/eap/eap_method.h"

typedef enum PromptKind { PROMPT_NONE, PROMPT_CERTIFICATE, PROMPT_FORM, PROMPT_BANNER } PromptKind;

/* Each makes the keys of one "prompt" event; the caller adds id, attempt and host. */
void prompt_certificate(GVariantDict *d, const Verify *v, const X509Chain *chain,
                        const char *address);
/* @group: the profile's UserGroup: a group_list that holds it is not asked for. */
void prompt_form(GVariantDict *d, const AcDoc *doc, const char *group);
void prompt_banner(GVariantDict *d, const AcDoc *doc);

/* What Answer carried; the octets of fields are wiped from the D-Bus message once they are read. */
typedef struct PromptAnswer {
    bool cancel;
    bool accept, remember;
    char *group;
    GPtrArray *fields; /* of AcField * */
} PromptAnswer;
bool prompt_answer_read(GVariant *answer, PromptAnswer *ret,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void prompt_answer_clear(PromptAnswer *a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PromptAnswer, prompt_answer_clear)

/* prompt_form_fill - the answers of a person joined with the profile's group.
 * @given: of AcField *; what the form asks for is moved out of it, in form order.
 * Returns NULL with AC_ERROR_INPUT_NEEDED naming the field that has no answer, or AC_ERROR_USAGE
 * naming the one that does not repeat what it should. */
GPtrArray *prompt_form_fill(const AcDoc *doc, const char *group, GPtrArray *given, GError **error);
