#include "agent/ike/ike_const.h"

const char *
ike_exchange_name(uint8_t value)
{
    switch (value) {
#define X(name, number)                                                                            \
    case number:                                                                                   \
        return #name;
        IKE_EXCHANGE_LIST(X)
#undef X
    default:
        return "?";
    }
}

const char *
ike_payload_name(uint8_t value)
{
    switch (value) {
    case IKE_PAYLOAD_NONE:
        return "NONE";
#define X(name, number, word)                                                                      \
    case number:                                                                                   \
        return word;
        IKE_PAYLOAD_LIST(X)
#undef X
    default:
        return "?";
    }
}

const char *
ike_notify_name(uint16_t value)
{
    switch (value) {
#define X(name, number)                                                                            \
    case number:                                                                                   \
        return #name;
        IKE_NOTIFY_LIST(X)
#undef X
    default:
        return "?";
    }
}

const char *
ike_id_type_name(uint8_t value)
{
    switch (value) {
#define X(name, number, word)                                                                      \
    case number:                                                                                   \
        return word;
        IKE_ID_LIST(X)
#undef X
    default:
        return "?";
    }
}
