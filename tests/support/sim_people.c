/* The people at both ends: who looks at certificates, types passwords, owns the gateway. */
#include "tests/support/sim_private.h"

static void
copy_child(IkeChild *ret, const IkeChild *c)
{
    ike_child_wipe(ret);
    *ret = *c;
    ret->key_in = ret->integ_in = ret->key_out = ret->integ_out = (Secret){ 0 };
    secret_set(&ret->key_in, secret_view(&c->key_in));
    secret_set(&ret->integ_in, secret_view(&c->integ_in));
    secret_set(&ret->key_out, secret_view(&c->key_out));
    secret_set(&ret->integ_out, secret_view(&c->integ_out));
}

static void
keep_child(SimPeer *p, const IkeSa *sa, IkeChild *c)
{
    SimChild *up = g_new0(SimChild, 1);

    copy_child(&up->c, c);
    up->of = sa;
    g_ptr_array_add(p->children, up);
    ike_child_move(&p->child, c);
    p->child_ups++;
}

static SimChild *
find_child(const SimPeer *p, uint32_t spi_in)
{
    for (guint i = 0; i < p->children->len; i++) {
        SimChild *c = g_ptr_array_index(p->children, i);

        if (c->c.spi_in == spi_in)
            return c;
    }
    g_error("no child SA %08x is up", spi_in);
}

static void
drop_children(SimPeer *p, const IkeSa *sa)
{
    for (guint i = p->children->len; i > 0; i--)
        if (((const SimChild *)g_ptr_array_index(p->children, i - 1))->of == sa)
            g_ptr_array_remove_index(p->children, i - 1);
}

/* What is left can send. */
static void
assert_not_mute(const SimPeer *p, const IkeSa *sa)
{
    bool left = false;

    for (guint i = 0; i < p->children->len; i++) {
        const SimChild *c = g_ptr_array_index(p->children, i);

        if (c->of == sa && c->c.outbound)
            return;
        left = left || c->of == sa;
    }
    if (left)
        g_error("packets can go out over none of the child SAs that are left");
}

static void
note(Sim *sim, SimPeer *p, const IkeSa *sa, const IkeEvent *ev)
{
    switch (ev->kind) {
    case IKE_EV_STATE:
    case IKE_EV_TRACE:
    case IKE_EV_KEYS:
        g_string_append(p->trace, ev->text);
        g_string_append_c(p->trace, '\n');
        break;
    case IKE_EV_CERTIFICATE:
        p->certificates++;
        break;
    case IKE_EV_QUESTION:
        p->questions++;
        break;
    case IKE_EV_CONFIG:
        p->configs++;
        break;
    case IKE_EV_UP:
        p->ups++;
        p->up_at = sim->now;
        break;
    case IKE_EV_CHILD_UP:
        keep_child(p, sa, ev->child);
        break;
    case IKE_EV_CHILD_DOWN:
        p->child_downs++;
        g_ptr_array_remove(p->children, find_child(p, ev->child->spi_in));
        assert_not_mute(p, sa);
        break;
    case IKE_EV_CHILD_OUT:
        p->child_outs++;
        g_assert_false(find_child(p, ev->child->spi_in)->c.outbound);
        find_child(p, ev->child->spi_in)->c.outbound = true;
        break;
    case IKE_EV_REKEYED:
        p->rekeyed++;
        break;
    case IKE_EV_REAUTH:
        p->reauths++;
        break;
    case IKE_EV_NOTICE:
        p->notices++;
        g_free(p->notice);
        p->notice = g_strdup(ev->text);
        break;
    case IKE_EV_PEER:
        p->peers++;
        break;
    case IKE_EV_PATH:
        p->paths++;
        break;
    case IKE_EV_CLOSED:
        p->closes++;
        drop_children(p, sa);
        p->closed_at = sim->now;
        p->reason = ev->reason;
        if (ev->redirect)
            p->to = *ev->redirect;
        g_free(p->why);
        p->why = g_strdup(ev->text);
        break;
    }
}

static void
fill_form(Sim *sim)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS };
    const char *password = sim->play.passwords[sim->typed];

    if (sim->typed + 1 < G_N_ELEMENTS(sim->play.passwords) && sim->play.passwords[sim->typed + 1])
        sim->typed++;
    a.fields = ac_fields_new();
    ac_fields_set(a.fields, "password", slice_of(password));
    ac_fields_set(a.fields, "username", slice_of("Anu"));
    ike_sa_answer_eap(sim->client.sa, &a, sim->now);
}

static void
person(Sim *sim, const EapQuestion *q)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_ACCEPT };

    sim->client.open = q;
    if (sim->play.silent_person)
        return;
    sim->client.open = NULL;
    if (q->doc->type == AC_AUTH_REQUEST && !sim->play.give_up) {
        fill_form(sim);
        return;
    }
    if (q->doc->type == AC_AUTH_REQUEST || sim->play.decline_banner)
        a.kind = EAP_ANSWER_DECLINE;
    ike_sa_answer_eap(sim->client.sa, &a, sim->now);
}

/* Nobody is asked anything by an IKE SA that stands. */
static bool
past_events(Sim *sim)
{
    bool any = false;
    IkeEvent ev;

    while (sim->past && ike_sa_pull_event(sim->past, &ev)) {
        any = true;
        note(sim, &sim->client, sim->past, &ev);
        sim->past_closed |= ev.kind == IKE_EV_CLOSED;
    }
    return any;
}

bool
sim_client_events(Sim *sim)
{
    bool any = past_events(sim);
    IkeEvent ev;

    while (ike_sa_pull_event(sim->client.sa, &ev)) {
        any = true;
        note(sim, &sim->client, sim->client.sa, &ev);
        if (ev.kind == IKE_EV_UP) {
            sim->client.address = ev.reply->ip4;
            sim->client.complete = ev.complete != NULL;
        }
        if (ev.kind == IKE_EV_CERTIFICATE && !sim->play.silent_trust)
            ike_sa_answer_certificate(sim->client.sa, !sim->play.distrust, sim->now);
        if (ev.kind == IKE_EV_QUESTION)
            person(sim, ev.question);
    }
    return any;
}

/* The form of the field's log, seed 003. */
static AcDoc *
login_form(bool again)
{
    AcDoc *d = ac_doc_new(AC_AUTH_REQUEST);

    d->opaque_tunnel_group = g_strdup("ASA-IKEV2");
    d->opaque_config_hash = g_strdup("1367268141499");
    d->csport = 443;
    d->auth_id = g_strdup("main");
    if (again)
        d->error = (AcText){ .id = 15, .text = g_strdup("Login failed.") };
    ac_doc_add_input(d, AC_TEXT, "username", "Username:", NULL);
    ac_doc_add_input(d, AC_PASSWORD, "password", "Password:", NULL);
    return d;
}

/* Wants a certificate, or, once it is proved, nothing more (agent/docs/WIRE.md §4.3). */
static AcDoc *
certificate_form(const EapQuestion *q)
{
    AcDoc *d = ac_doc_new(AC_AUTH_REQUEST);

    d->auth_id = g_strdup("main");
    d->client_cert_request = !q->chain;
    d->auth_complete = q->chain;
    return d;
}

static AcDoc *
welcome(const Sim *sim)
{
    AcDoc *d = ac_doc_new(AC_COMPLETE);

    d->session_id = g_strdup("8192");
    secret_set(&d->session_token, slice_of("18wA0TtGmDxPKPQCJywC7fB7EWLCEgz"));
    d->auth_id = g_strdup("success");
    if (sim->play.banner)
        d->banner = (AcText){ .id = -1, .text = g_strdup(sim->play.banner) };
    return d;
}

/* A question of a plain method: a proved certificate, a typed password, or what the right one is.
 */
static void
judge_login(const Sim *sim, const EapQuestion *q, EapAnswer *ret)
{
    bool right =
        q->chain ? !sim->play.distrust_client
                 : q->password && slice_equal(secret_view(q->password), slice_of(sim->play.right));

    ret->kind = right ? EAP_ANSWER_ACCEPT : EAP_ANSWER_DECLINE;
    if (q->chain || q->password)
        return;
    ret->kind = EAP_ANSWER_SECRET;
    secret_set(&ret->secret, slice_of(sim->play.right));
}

static void
owner(Sim *sim, IkeSa *sa, const EapQuestion *q)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DOC };
    const Secret *password;

    sim->gateway.open = q;
    sim->gateway.asked = sa;
    if (sim->play.silent_owner)
        return;
    sim->gateway.open = NULL;
    if (!q->doc) {
        judge_login(sim, q, &a);
    } else if (q->chain && sim->play.distrust_client) {
        a = (EapAnswer){ .kind = EAP_ANSWER_DECLINE, .text = g_strdup("unknown certificate") };
    } else if (q->chain || (sim->play.ask_certificate && q->doc->type == AC_INIT)) {
        a.doc = q->doc->type == AC_INIT ? certificate_form(q) : welcome(sim);
    } else if (q->doc->type == AC_INIT) {
        a.doc = login_form(false);
    } else {
        password = ac_doc_field(q->doc, "password");
        if (password && slice_equal(secret_view(password), slice_of(sim->play.right)))
            a.doc = welcome(sim);
        else if (++sim->wrong < sim->play.tries)
            a.doc = login_form(true);
        else
            a = (EapAnswer){ .kind = EAP_ANSWER_DECLINE, .text = g_strdup("wrong password") };
    }
    ike_sa_answer_eap(sa, &a, sim->now);
}

static void
put_seconds(uint16_t type, uint32_t n, Writer *out)
{
    uint8_t b[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

    if (n)
        ike_cp_encode(&(IkeCpAttr){ type, { b, sizeof(b) } }, out);
}

static void
assign(Sim *sim, IkeSa *sa)
{
    uint8_t buf[64];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeGrant g = { .error = sim->play.refuse };
    Prefix p;
    Addr a;

    sim->gateway.asked = sa;
    if (sim->play.silent_grant)
        return;
    if (sim->play.site) {
        g.tsi = g.tsr = (IkeTs){ .n = 1, .s = { selector_all(ADDR_V4) } };
        ike_sa_answer_config(sa, &g, sim->now);
        return;
    }
    g.tsi = g.tsr = (IkeTs){ .n = 1, .s = { selector_all(ADDR_V4) } };
    if (sim->play.address) {
        g_assert_true(addr_parse(sim->play.address, &a));
        ike_cp_encode(&(IkeCpAttr){ IKE_CP_IP4_ADDRESS, addr_view(&a) }, &w);
        g.tsi.s[0] = selector_of_prefix(&(Prefix){ a, 32 });
    }
    put_seconds(IKE_CP_DPD_INTERVAL, sim->play.dpd, &w);
    put_seconds(IKE_CP_KEEPALIVE, sim->play.keepalive, &w);
    if (sim->play.tsi) {
        g_assert_true(prefix_parse(sim->play.tsi, &p));
        g.tsi.s[0] = selector_of_prefix(&p);
    }
    g.cp_attrs = writer_view(&w);
    ike_sa_answer_config(sa, &g, sim->now);
}

/* Who is that? The plan of all, unless the play has another. */
static void
name(Sim *sim, IkeSa *sa)
{
    sim->gateway.asked = sa;
    if (sim->play.silent_peer)
        return;
    ike_sa_answer_peer(sa,
                       sim->play.stranger ? NULL
                       : sim->play.plan   ? sim->play.plan
                                          : &sim->config[SIM_GATEWAY].plan,
                       sim->now);
}

static void
judge(Sim *sim, IkeSa *sa)
{
    sim->gateway.asked = sa;
    if (!sim->play.silent_verdict)
        ike_sa_answer_certificate(sa, !sim->play.distrust_client, sim->now);
}

static void
hear_wish(SimPeer *g, const IkeEvent *ev)
{
    Slice wish;

    g->cfg_asked = ev->cp.type == IKE_CFG_REQUEST;
    g->initial_contact = ev->initial_contact;
    g->wished = (Addr){ 0 };
    if (ike_cp_find(&ev->cp, IKE_CP_IP4_ADDRESS, &wish))
        (void)!addr_from_octets(wish, &g->wished);
}

static void
hear(Sim *sim, const IkeEvent *ev)
{
    SimPeer *g = &sim->gateway;

    if (ev->kind == IKE_EV_CONFIG)
        hear_wish(g, ev);
    if (ev->kind != IKE_EV_PEER)
        return;
    g_free(g->idi);
    g_free(g->idr);
    g->idi = ike_id_format(&ev->idi);
    g->idr = ev->idr.type ? ike_id_format(&ev->idr) : NULL;
}

bool
sim_gateway_events(Sim *sim, IkeSa *sa, bool *ret_closed)
{
    bool any = false;
    IkeEvent ev;

    *ret_closed = false;
    while (ike_sa_pull_event(sa, &ev)) {
        any = true;
        note(sim, &sim->gateway, sa, &ev);
        *ret_closed |= ev.kind == IKE_EV_CLOSED;
        hear(sim, &ev);
        if (ev.kind == IKE_EV_PEER)
            name(sim, sa);
        if (ev.kind == IKE_EV_CERTIFICATE)
            judge(sim, sa);
        if (ev.kind == IKE_EV_QUESTION)
            owner(sim, sa, ev.question);
        if (ev.kind == IKE_EV_CONFIG)
            assign(sim, sa);
    }
    return any;
}

void
sim_wake(Sim *sim)
{
    bool trust = sim->play.silent_trust, grant = sim->play.silent_grant;
    bool peer = sim->play.silent_peer, verdict = sim->play.silent_verdict;

    sim->play.silent_peer = sim->play.silent_verdict = false;
    sim->play.silent_trust = sim->play.silent_grant = false;
    sim->play.silent_person = sim->play.silent_owner = false;
    if (trust)
        ike_sa_answer_certificate(sim->client.sa, !sim->play.distrust, sim->now);
    if (sim->client.open)
        person(sim, sim->client.open);
    if (sim->gateway.open && sim->gateway.asked)
        owner(sim, sim->gateway.asked, sim->gateway.open);
    if (peer && sim->gateway.asked)
        name(sim, sim->gateway.asked);
    if (verdict && sim->gateway.asked)
        judge(sim, sim->gateway.asked);
    if (grant && sim->gateway.asked)
        assign(sim, sim->gateway.asked);
    sim_drain(sim);
}
