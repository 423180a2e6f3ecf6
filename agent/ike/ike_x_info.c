/* INFORMATIONAL, both roles: liveness, Delete, and how an IKE SA ends (RFC 7296 §1.4, §2.21). */
#include "agent/ike/ike_delete.h"
#include "agent/ike/ike_sa_private.h"

static void
write_delete(IkeChain *c, uint8_t proto, Slice spi)
{
    ike_chain_open(c, IKE_PAYLOAD_DELETE);
    ike_delete_encode(
        &(IkeDelete){
            .proto = proto, .spi_size = (uint8_t)spi.len, .n_spis = spi.len > 0, .spis = spi },
        c->out);
    ike_chain_close(c);
}

/* One of the SPIs is where our child sends to. */
static bool
names_child(const IkeSa *sa, const IkeDelete *d)
{
    Reader in = reader_init(d->spis);
    uint32_t spi;

    if (d->proto != IKE_PROTO_ESP || d->spi_size != IKE_CHILD_SPI_LEN || sa->child.spi_in == 0)
        return false;
    while (reader_u32(&in, &spi))
        if (spi == sa->child.spi_out)
            return true;
    return false;
}

/* The other half of the pair is named in the answer (§1.4.1). */
static void
drop_child(IkeSa *sa, IkeChain *c)
{
    uint8_t spi[IKE_CHILD_SPI_LEN];
    Writer w = { .base = spi, .cap = sizeof(spi) };
    IkeChild down = { .spi_in = sa->child.spi_in, .spi_out = sa->child.spi_out };

    writer_u32(&w, sa->child.spi_in);
    write_delete(c, IKE_PROTO_ESP, writer_view(&w));
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CHILD_DOWN, .child = &down });
    sa->child.spi_in = sa->child.spi_out = 0;
}

/* A failure of the peer's that ends the IKE SA at its side (§2.21.2, §2.21.3). */
static bool
is_fatal(uint16_t type)
{
    return type == IKE_N_AUTHENTICATION_FAILED || type == IKE_N_INVALID_SYNTAX;
}

/* HDR, SK { [D..] [N..] [..] }: always answered, with an empty message if there is nothing to say.
 */
IkeStatus
ike_x_info_on_request(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    IkeNotify n;

    ike_draft_begin(&d);
    for (const IkePayload *p = NULL; (p = ike_msg_find(m, IKE_PAYLOAD_DELETE, p));) {
        Reader in = reader_init(p->body);
        IkeDelete del;

        if (ike_delete_decode(&in, &del) != IKE_OK)
            continue;
        if (names_child(sa, &del))
            drop_child(sa, &d.chain);
        if (del.proto == IKE_PROTO_IKE) {
            ike_sa_blame(sa, IKE_REASON_PEER, "the peer deleted the IKE SA");
            sa->raised = IKE_ON_ENDED;
        }
    }
    if (ike_msg_error(m, &n) && is_fatal(n.type)) {
        ike_sa_blame(sa, IKE_REASON_PEER, "the peer gave up: %s (%u)", ike_notify_name(n.type),
                     n.type);
        sa->raised = IKE_ON_ENDED;
    }
    return ike_sa_respond(sa, &d, now);
}

/* A request that needs what this IKE SA does not do: another child, or anything while it ends
 * (§1.3, §2.25.2). */
IkeStatus
ike_x_info_on_other(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    ike_sa_respond_error(
        sa, sa->state == IKE_STATE_DELETING ? IKE_N_TEMPORARY_FAILURE : IKE_N_NO_ADDITIONAL_SAS,
        (Slice){ 0 }, now);
    return IKE_OK;
}

/* The empty request that asks whether the peer is alive (§2.4). */
IkeStatus
ike_x_info_ask(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    (void)m;
    ike_draft_begin(&d);
    return ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now);
}

/* Our last request: the Notify that says why (§2.21.2), or Delete. While another request waits for
 * its answer this one has to (§2.3); a peer that cannot be told is left alone. */
static void
say_farewell(IkeSa *sa, uint16_t error, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    if (sa->ike->window.request) {
        sa->leaving = true;
        return;
    }
    sa->leaving = false;
    ike_draft_begin(&d);
    if (error)
        ike_chain_notify(&d.chain, IKE_PROTO_NONE, error, (Slice){ 0 });
    else
        write_delete(&d.chain, IKE_PROTO_IKE, (Slice){ 0 });
    if (ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now) != IKE_OK)
        sa->raised = IKE_ON_ENDED;
}

IkeStatus
ike_x_info_leave(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    ike_sa_blame(sa, IKE_REASON_LOCAL, "closed");
    say_farewell(sa, 0, now);
    return IKE_OK;
}

/* Initiator: why the login ends here; a mere Delete when it is no failure of authentication. */
IkeStatus
ike_x_info_break(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    say_farewell(sa, is_fatal(sa->error) ? sa->error : 0, now);
    return IKE_OK;
}

/* A message that was protected and yet malformed: both ends drop the IKE SA (§2.21.3). */
IkeStatus
ike_x_info_answer_error(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    if (ike_window_owes(&sa->ike->window))
        ike_sa_respond_error(sa, sa->error, (Slice){ sa->hint, sa->hint_len }, now);
    return IKE_OK;
}

/* The answer to our farewell, or to what had to be answered before it. */
IkeStatus
ike_x_info_on_farewell(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    if (sa->leaving)
        say_farewell(sa, is_fatal(sa->error) ? sa->error : 0, now);
    else
        sa->raised = IKE_ON_ENDED;
    return IKE_OK;
}

IkeStatus
ike_x_info_lost(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    ike_sa_blame(sa, IKE_REASON_TIMEOUT, "the peer does not answer any more");
    return IKE_OK;
}

IkeStatus
ike_x_info_late_person(IkeSa *sa, const IkeMsg *m, Usec now)
{
    ike_sa_blame(sa, IKE_REASON_USER_TIMEOUT, "nobody answered in time");
    return ike_x_info_leave(sa, m, now);
}

IkeStatus
ike_x_info_late_peer(IkeSa *sa, const IkeMsg *m, Usec now)
{
    if (sa->person)
        ike_sa_blame(sa, IKE_REASON_USER_TIMEOUT, "nobody filled in the form in time");
    ike_sa_blame(sa, IKE_REASON_TIMEOUT, "the client's next IKE_AUTH request did not come in time");
    return sa->state == IKE_STATE_INIT_SEEN ? IKE_OK : ike_x_info_leave(sa, m, now);
}
