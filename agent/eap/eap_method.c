#include "agent/eap/eap_method.h"

void
eap_answer_clear(EapAnswer *a)
{
    if (a->fields)
        g_ptr_array_set_free_func(a->fields, (GDestroyNotify)ac_field_free);
    g_clear_pointer(&a->fields, g_ptr_array_unref);
    g_clear_pointer(&a->doc, ac_doc_free);
    g_clear_pointer(&a->text, g_free);
    secret_clear(&a->secret);
}
