#include "agent/eap/ac_dialogue.h"
#include "agent/eap/ac_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const AcIdentity id = { .version = "9.16(4)", .aggregate = true };

/* An owner that sends a form, and complete for the one right password. */
static AcStep
answer(AcDialogue *d)
{
    const AcDoc *q = ac_dialogue_question(d);
    const Secret *password;
    AcDoc *doc;

    if (!q)
        g_error("asked without a question");
    if (!ac_doc_type_is_client(q->type))
        g_error("a gateway is asked about a document of a gateway's");
    password = ac_doc_field(q, "password");
    if (q->type == AC_AUTH_REPLY && password &&
        slice_equal(secret_view(password), slice_of("right")))
        return ac_dialogue_reply(d, ac_doc_new(AC_COMPLETE));
    doc = ac_doc_new(AC_AUTH_REQUEST);
    ac_doc_add_input(doc, AC_PASSWORD, "password", NULL, q->group_select);
    return ac_dialogue_reply(d, doc);
}

/* Documents of a hostile client, a NUL between them. The gateway is done only after its owner gave
 * complete, and a failure has a sentence and no way back. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(AcDialogue) d = ac_dialogue_new(AC_SERVER, &id);
    Reader in = reader_init((Slice){ data, size });
    bool completed = false;

    if (ac_dialogue_start(d) != AC_SEND)
        g_error("no hello");
    while (reader_left(&in) > 0) {
        const uint8_t *nul = memchr(in.p, 0, reader_left(&in));
        bool over = ac_dialogue_state(d) == AC_ST_FAILED;
        Slice xml = reader_rest(&in);
        g_auto(Secret) out = { 0 };
        AcStep step;

        if (nul) {
            xml.len = (size_t)(nul - xml.p);
            in.p = nul + 1;
        }
        step = ac_dialogue_recv(d, xml);
        if (step == AC_ASK)
            step = answer(d);
        ac_dialogue_take_out(d, &out);
        if (over && step != AC_FAIL)
            g_error("a failed dialogue goes on");
        if (step == AC_FAIL && !ac_dialogue_why(d))
            g_error("a failure without a sentence");
        if (step == AC_DONE && !completed)
            g_error("done without complete");
        completed = completed || ac_dialogue_state(d) == AC_ST_COMPLETE;
    }
    return 0;
}
