/* Delete payloads, both ways: of child SAs and of the IKE SA (RFC 7296 §1.4.1, §2.25). */
#include "agent/ike/ike_delete.h"
#include "agent/ike/ike_sa_private.h"

/* SPIs of our halves, as they stand in a Delete payload. */
typedef struct Halves {
    uint8_t buf[IKE_CHILDREN_MAX * IKE_CHILD_SPI_LEN];
    Writer out;
} Halves;

static void
halves_begin(Halves *h)
{
    h->out = (Writer){ .base = h->buf, .cap = sizeof(h->buf) };
}

void
ike_x_delete_write(IkeChain *c, uint8_t proto, Slice spis)
{
    ike_chain_open(c, IKE_PAYLOAD_DELETE);
    ike_delete_encode(&(IkeDelete){ .proto = proto,
                                    .spi_size = proto == IKE_PROTO_IKE ? 0 : IKE_CHILD_SPI_LEN,
                                    .n_spis = (uint16_t)(spis.len / IKE_CHILD_SPI_LEN),
                                    .spis = spis },
                      c->out);
    ike_chain_close(c);
}

/* What the peer calls its half is where we send to. Ours is named in the answer, unless our own
 * Delete of it is under way (§2.25.1); what we do not know is passed over. */
static void
obey_one(IkeSa *sa, uint32_t spi, Halves *ours)
{
    IkeChildSa *child = ike_children_out(&sa->children, spi);

    if (!child || spi == 0)
        return;
    if (child->stage != IKE_CHILD_DELETING)
        writer_u32(&ours->out, child->c.spi_in);
    ike_child_down(sa, child);
}

bool
ike_x_delete_obey(IkeSa *sa, const IkeMsg *m, IkeChain *answer)
{
    bool ended = false;
    Halves ours;

    halves_begin(&ours);
    for (const IkePayload *p = NULL; (p = ike_msg_find(m, IKE_PAYLOAD_DELETE, p));) {
        Reader in = reader_init(p->body);
        IkeDelete d;
        uint32_t spi;

        if (ike_delete_decode(&in, &d) != IKE_OK)
            continue;
        ended |= d.proto == IKE_PROTO_IKE;
        in = reader_init(d.spis);
        while (d.proto == IKE_PROTO_ESP && reader_u32(&in, &spi))
            obey_one(sa, spi, &ours);
    }
    if (ours.out.len > 0)
        ike_x_delete_write(answer, IKE_PROTO_ESP, writer_view(&ours.out));
    return ended;
}

/* A doomed one at once; a replaced one when it is due, if the peer has not been first. */
Usec
ike_x_delete_due(const IkeSa *sa)
{
    Usec due = USEC_NEVER;

    for (size_t i = 0; i < sa->children.n; i++) {
        const IkeChildSa *child = sa->children.all[i];

        if (child->stage == IKE_CHILD_DOOMED)
            return 0;
        if (child->stage == IKE_CHILD_REPLACED)
            due = usec_min(due, child->due);
    }
    return due;
}

/* HDR, SK { D }: all in one. */
IkeStatus
ike_x_delete_ask(IkeSa *sa, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    Halves ours;

    halves_begin(&ours);
    for (size_t i = 0; i < sa->children.n; i++) {
        IkeChildSa *child = sa->children.all[i];

        if (child->stage != IKE_CHILD_DOOMED &&
            !(child->stage == IKE_CHILD_REPLACED && child->due <= now))
            continue;
        writer_u32(&ours.out, child->c.spi_in);
        child->stage = IKE_CHILD_DELETING;
    }
    ike_draft_begin(&d);
    ike_x_delete_write(&d.chain, IKE_PROTO_ESP, writer_view(&ours.out));
    return ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now);
}

/* The peer names its halves, or not, when it has deleted them at the same time: both are gone. */
IkeStatus
ike_x_delete_heard(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeChildSa *child;

    (void)m;
    (void)now;
    while ((child = ike_children_first(&sa->children, IKE_CHILD_DELETING)))
        ike_child_down(sa, child);
    return IKE_OK;
}
