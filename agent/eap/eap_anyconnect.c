#include "agent/eap/eap_method.h"

/* EAP-AnyConnect: config-auth documents in TLVs of an expanded type (agent/docs/WIRE.md §4.1). */

typedef struct AnyConnect {
    AcSide side;
    AcDialogue *dialogue;
    EapQuestion question;
    const char *why; /* the framing was wrong; NULL: ask the dialogue */
} AnyConnect;

static void *
anyconnect_open(AcSide side, const AcIdentity *id)
{
    AnyConnect *ac = g_new0(AnyConnect, 1);

    ac->side = side;
    ac->dialogue = ac_dialogue_new(side, id);
    return ac;
}

static void
anyconnect_close(void *self)
{
    AnyConnect *ac = self;

    ac_dialogue_free(ac->dialogue);
    g_free(ac);
}

/* The document that the dialogue has for the peer, in its TLV. */
static void
frame(AnyConnect *ac, Secret *out)
{
    g_auto(Secret) xml = { 0 };
    Writer w;

    ac_dialogue_take_out(ac->dialogue, &xml);
    secret_clear(out);
    if (xml.len == 0)
        return;
    secret_alloc(out, 4 + xml.len);
    w = (Writer){ .base = out->p, .cap = out->len };
    eap_ac_tlv_encode(&(EapAcTlv){ EAP_AC_TLV_XML, secret_view(&xml) }, &w);
    g_assert(!w.overflow); /* AC_XML_MAX fits in a TLV */
}

static EapStep
step(AnyConnect *ac, AcStep s, Secret *out)
{
    static const EapStep steps[] = {
        [AC_SEND] = EAP_STEP_SEND,
        [AC_ASK] = EAP_STEP_ASK,
        [AC_DONE] = EAP_STEP_DONE,
        [AC_FAIL] = EAP_STEP_FAIL,
    };

    frame(ac, out);
    return steps[s];
}

static EapStep
anyconnect_start(void *self, Secret *out)
{
    AnyConnect *ac = self;

    return step(ac, ac_dialogue_start(ac->dialogue), out);
}

/* The one XML TLV; others are passed over. Returns NULL, or what is wrong. */
static const char *
find_xml(Slice data, Slice *ret)
{
    Reader in = reader_init(data);
    bool bad, found = false;
    unsigned n = 0;
    EapAcTlv t;

    while (eap_ac_tlv_next(&in, &t, &bad)) {
        if (++n > EAP_AC_TLVS_MAX)
            return "an EAP-AnyConnect packet has more than 16 TLVs";
        if (t.type != EAP_AC_TLV_XML)
            continue;
        if (found)
            return "an EAP-AnyConnect packet has two XML TLVs";
        *ret = t.value;
        found = true;
    }
    if (bad)
        return "a TLV of an EAP-AnyConnect packet is cut short";
    return found ? NULL : "an EAP-AnyConnect packet has no XML TLV";
}

static EapStep
anyconnect_recv(void *self, Slice data, Secret *out)
{
    AnyConnect *ac = self;
    Slice xml;

    ac->why = find_xml(data, &xml);
    if (ac->why)
        return EAP_STEP_FAIL;
    return step(ac, ac_dialogue_recv(ac->dialogue, xml), out);
}

static AcStep
answered(AcSide side, AcDialogue *d, EapAnswer *a)
{
    switch (a->kind) {
    case EAP_ANSWER_FIELDS:
        return ac_dialogue_fill(d, a->fields);
    case EAP_ANSWER_GROUP:
        return ac_dialogue_choose_group(d, a->text);
    case EAP_ANSWER_ACCEPT:
        return ac_dialogue_accept(d, true);
    case EAP_ANSWER_DOC:
        return ac_dialogue_reply(d, g_steal_pointer(&a->doc));
    case EAP_ANSWER_DECLINE:
        break;
    }
    return side == AC_CLIENT ? ac_dialogue_accept(d, false) : ac_dialogue_refuse(d, a->text);
}

static EapStep
anyconnect_answer(void *self, EapAnswer *a, Secret *out)
{
    AnyConnect *ac = self;
    AcStep s = answered(ac->side, ac->dialogue, a);

    eap_answer_clear(a);
    return step(ac, s, out);
}

static const EapQuestion *
anyconnect_question(void *self)
{
    AnyConnect *ac = self;

    ac->question.doc = ac_dialogue_question(ac->dialogue);
    return ac->question.doc ? &ac->question : NULL;
}

static const AcDoc *
anyconnect_complete(void *self)
{
    return ac_dialogue_complete(((AnyConnect *)self)->dialogue);
}

static const char *
anyconnect_why(void *self)
{
    AnyConnect *ac = self;

    return ac->why ? ac->why : ac_dialogue_why(ac->dialogue);
}

const EapMethod eap_anyconnect = {
    .name = "EAP-AnyConnect",
    .type = EAP_TYPE_EXPANDED,
    .vendor = EAP_VENDOR_CISCO,
    .vendor_type = EAP_CISCO_ANYCONNECT,
    .mutual = false,
    .open = anyconnect_open,
    .close = anyconnect_close,
    .start = anyconnect_start,
    .recv = anyconnect_recv,
    .answer = anyconnect_answer,
    .question = anyconnect_question,
    .complete = anyconnect_complete,
    .why = anyconnect_why,
};
