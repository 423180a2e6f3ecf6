#include "agent/headend/ios_ike.h"

#include "agent/headend/ios_offer.h"

enum { TRIES = 5 }; /* datagrams of a request: 15.5 s in all */

void
ios_ike_plan(const IkeConfig *config, const IosKey *key, IkePlan *ret)
{
    *ret = config->plan;
    ret->psk_ours = secret_view(&key->ours);
    ret->psk_theirs = secret_view(&key->theirs);
}

bool
ios_ike_config(const IosConfig *c, IkeConfig *ret, AsaNotes *notes)
{
    const IosProfile *profile = c->profile;
    const IosProtection *p = c->protection;
    uint32_t kilobytes = p->kilobytes ? p->kilobytes : c->sa_kilobytes;

    *ret = (IkeConfig){
        .retransmit_tries = TRIES,
        .window = c->window,
        .dpd_interval = (profile->dpd ? profile->dpd : c->dpd) * USEC_PER_SEC,
        .keepalive = c->nat_keepalive * USEC_PER_SEC,
        .fragmentation = c->fragmentation,
        .path_octets = c->fragment_mtu,
        .router = true,
        .ask_plan = true,
        .no_cp = true,
        .ike_life.time = profile->lifetime * USEC_PER_SEC,
        .child_life = { .time = (p->seconds ? p->seconds : c->sa_seconds) * USEC_PER_SEC,
                        .octets = (uint64_t)kilobytes * 1024 },
        .plan = { .ours = IKE_WAY_PSK,
                  .theirs = IKE_WAY_PSK,
                  .id = { IKE_ID_IPV4_ADDR,
                          addr_view(profile->id.family ? &profile->id : &c->source) },
                  .psk_ours = secret_view(&c->key->ours),
                  .psk_theirs = secret_view(&c->key->theirs) },
    };
    return ios_offer_ike(c, &ret->ike, notes) && ios_offer_esp(c, &ret->esp, notes);
}
