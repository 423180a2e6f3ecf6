#include "agent/eap/ac_dialogue.h"
#include "agent/eap/ac_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const AcIdentity id = { .version = "1", .device = "linux-64", .group = "G" };

/* A person that fills whatever form comes and accepts every banner. */
static AcStep
answer(AcDialogue *d)
{
    const AcDoc *q = ac_dialogue_question(d);
    g_autoptr(GPtrArray) fields = ac_fields_new();

    if (!q)
        g_error("asked without a question");
    if (q->type == AC_COMPLETE)
        return ac_dialogue_accept(d, true);
    for (guint i = 0; i < q->inputs->len; i++)
        ac_fields_set(fields, ((AcInput *)q->inputs->pdata[i])->name, slice_of("answer"));
    return ac_dialogue_fill(d, fields);
}

/* What goes out is a document of a client's. */
static void
check_out(AcDialogue *d)
{
    g_auto(Secret) xml = { 0 };
    g_autofree char *why = NULL;
    g_autoptr(AcDoc) doc = NULL;

    ac_dialogue_take_out(d, &xml);
    doc = ac_xml_read(secret_view(&xml), &why);
    if (!doc || !ac_doc_type_is_client(doc->type))
        g_error("the client sends what cannot be read: %s", why);
}

/* Documents of a hostile gateway, one after the other; a NUL, which none can hold, stands between
 * them. A client is done only with a session token, and a failure has a sentence and no way back.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(AcDialogue) d = ac_dialogue_new(AC_CLIENT, &id);
    Reader in = reader_init((Slice){ data, size });

    while (reader_left(&in) > 0) {
        const uint8_t *nul = memchr(in.p, 0, reader_left(&in));
        bool over = ac_dialogue_state(d) == AC_ST_FAILED;
        Slice xml = reader_rest(&in);
        AcStep step;

        if (nul) {
            xml.len = (size_t)(nul - xml.p);
            in.p = nul + 1;
        }
        step = ac_dialogue_recv(d, xml);
        if (step == AC_ASK)
            step = answer(d);
        if (step == AC_SEND || step == AC_DONE)
            check_out(d);
        if (over && step != AC_FAIL)
            g_error("a failed dialogue goes on");
        if (step == AC_FAIL && !ac_dialogue_why(d))
            g_error("a failure without a sentence");
        if (step == AC_DONE && ac_dialogue_complete(d)->session_token.len == 0)
            g_error("done without a session token");
    }
    return 0;
}
