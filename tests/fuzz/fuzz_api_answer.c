/* fuzz_api_answer.c - what a front end may put into Answer (agent/daemon/prompt.c). */
#include "agent/daemon/prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any octets as an a{sv}, not trusted to be in normal form: as a D-Bus message delivers them. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(AcDoc) doc = ac_doc_new(AC_AUTH_REQUEST);
    g_auto(PromptAnswer) answer = { 0 };
    gpointer copy = g_memdup2(data, size);
    g_autoptr(GVariant) v = g_variant_ref_sink(
        g_variant_new_from_data(G_VARIANT_TYPE_VARDICT, copy, size, FALSE, g_free, copy));

    ac_doc_add_input(doc, AC_PASSWORD, "password", NULL, NULL);
    if (prompt_answer_read(v, &answer, NULL)) {
        g_autoptr(GPtrArray) filled = prompt_form_fill(doc, NULL, answer.fields, NULL);
    }
    return 0;
}
