/* ike_const.h - IANA "IKEv2 Parameters" numbers and their names. */
#pragma once

#include <stdint.h>

/* One line per assignment; the enum, the name table and its test all come from it. */
#define IKE_EXCHANGE_LIST(X)                                                                       \
    X(IKE_SA_INIT, 34)     /* RFC 7296 §1.2 */                                                    \
    X(IKE_AUTH, 35)        /* RFC 7296 §1.2 */                                                    \
    X(CREATE_CHILD_SA, 36) /* RFC 7296 §1.3 */                                                    \
    X(INFORMATIONAL, 37)   /* RFC 7296 §1.4 */

typedef enum IkeExchange {
#define X(name, value) IKE_EXCHANGE_##name = value,
    IKE_EXCHANGE_LIST(X)
#undef X
} IkeExchange;

/* IKEv2 Payload Types; the word after the number is what logs of the field call it. */
#define IKE_PAYLOAD_LIST(X)                                                                        \
    X(SA, 33, "SA")           /* RFC 7296 §3.3 */                                                 \
    X(KE, 34, "KE")           /* RFC 7296 §3.4 */                                                 \
    X(IDi, 35, "IDi")         /* RFC 7296 §3.5 */                                                 \
    X(IDr, 36, "IDr")         /* RFC 7296 §3.5 */                                                 \
    X(CERT, 37, "CERT")       /* RFC 7296 §3.6 */                                                 \
    X(CERTREQ, 38, "CERTREQ") /* RFC 7296 §3.7 */                                                 \
    X(AUTH, 39, "AUTH")       /* RFC 7296 §3.8 */                                                 \
    X(NONCE, 40, "N")         /* RFC 7296 §3.9 */                                                 \
    X(NOTIFY, 41, "NOTIFY")   /* RFC 7296 §3.10 */                                                \
    X(DELETE, 42, "DELETE")   /* RFC 7296 §3.11 */                                                \
    X(VENDOR, 43, "VID")      /* RFC 7296 §3.12 */                                                \
    X(TSi, 44, "TSi")         /* RFC 7296 §3.13 */                                                \
    X(TSr, 45, "TSr")         /* RFC 7296 §3.13 */                                                \
    X(SK, 46, "ENCR")         /* RFC 7296 §3.14 */                                                \
    X(CP, 47, "CFG")          /* RFC 7296 §3.15 */                                                \
    X(EAP, 48, "EAP")         /* RFC 7296 §3.16 */                                                \
    X(SKF, 53, "SKF")         /* RFC 7383 §2.5 */

typedef enum IkePayloadType {
    IKE_PAYLOAD_NONE = 0,
#define X(name, value, word) IKE_PAYLOAD_##name = value,
    IKE_PAYLOAD_LIST(X)
#undef X
} IkePayloadType;

/* IKEv2 Notify Message Types; below 16384 an error, else a status. */
#define IKE_NOTIFY_LIST(X)                                                                         \
    X(UNSUPPORTED_CRITICAL_PAYLOAD, 1)      /* RFC 7296 §2.5 */                                   \
    X(INVALID_IKE_SPI, 4)                   /* RFC 7296 §2.21 */                                  \
    X(INVALID_MAJOR_VERSION, 5)             /* RFC 7296 §2.5 */                                   \
    X(INVALID_SYNTAX, 7)                    /* RFC 7296 §3.10.1 */                                \
    X(INVALID_MESSAGE_ID, 9)                /* RFC 7296 §2.3 */                                   \
    X(INVALID_SPI, 11)                      /* RFC 7296 §1.5 */                                   \
    X(NO_PROPOSAL_CHOSEN, 14)               /* RFC 7296 §2.7 */                                   \
    X(INVALID_KE_PAYLOAD, 17)               /* RFC 7296 §1.2 */                                   \
    X(AUTHENTICATION_FAILED, 24)            /* RFC 7296 §2.21.2 */                                \
    X(SINGLE_PAIR_REQUIRED, 34)             /* RFC 7296 §2.9 */                                   \
    X(NO_ADDITIONAL_SAS, 35)                /* RFC 7296 §1.3 */                                   \
    X(INTERNAL_ADDRESS_FAILURE, 36)         /* RFC 7296 §3.15.4 */                                \
    X(FAILED_CP_REQUIRED, 37)               /* RFC 7296 §2.19 */                                  \
    X(TS_UNACCEPTABLE, 38)                  /* RFC 7296 §2.9 */                                   \
    X(INVALID_SELECTORS, 39)                /* RFC 7296 §3.10.1 */                                \
    X(UNACCEPTABLE_ADDRESSES, 40)           /* RFC 4555 §4 */                                     \
    X(UNEXPECTED_NAT_DETECTED, 41)          /* RFC 4555 §4 */                                     \
    X(TEMPORARY_FAILURE, 43)                /* RFC 7296 §2.25 */                                  \
    X(CHILD_SA_NOT_FOUND, 44)               /* RFC 7296 §2.25 */                                  \
    X(INITIAL_CONTACT, 16384)               /* RFC 7296 §2.4 */                                   \
    X(SET_WINDOW_SIZE, 16385)               /* RFC 7296 §2.3 */                                   \
    X(ADDITIONAL_TS_POSSIBLE, 16386)        /* RFC 7296 §2.9 */                                   \
    X(NAT_DETECTION_SOURCE_IP, 16388)       /* RFC 7296 §2.23 */                                  \
    X(NAT_DETECTION_DESTINATION_IP, 16389)  /* RFC 7296 §2.23 */                                  \
    X(COOKIE, 16390)                        /* RFC 7296 §2.6 */                                   \
    X(USE_TRANSPORT_MODE, 16391)            /* RFC 7296 §1.3.1 */                                 \
    X(HTTP_CERT_LOOKUP_SUPPORTED, 16392)    /* RFC 7296 §3.6 */                                   \
    X(REKEY_SA, 16393)                      /* RFC 7296 §1.3.3 */                                 \
    X(ESP_TFC_PADDING_NOT_SUPPORTED, 16394) /* RFC 7296 §1.3.1 */                                 \
    X(NON_FIRST_FRAGMENTS_ALSO, 16395)      /* RFC 7296 §1.3.1 */                                 \
    X(MOBIKE_SUPPORTED, 16396)              /* RFC 4555 §4 */                                     \
    X(ADDITIONAL_IP4_ADDRESS, 16397)        /* RFC 4555 §4 */                                     \
    X(ADDITIONAL_IP6_ADDRESS, 16398)        /* RFC 4555 §4 */                                     \
    X(NO_ADDITIONAL_ADDRESSES, 16399)       /* RFC 4555 §4 */                                     \
    X(UPDATE_SA_ADDRESSES, 16400)           /* RFC 4555 §4 */                                     \
    X(COOKIE2, 16401)                       /* RFC 4555 §4 */                                     \
    X(NO_NATS_ALLOWED, 16402)               /* RFC 4555 §4 */                                     \
    X(AUTH_LIFETIME, 16403)                 /* RFC 4478 §3 */                                     \
    X(MULTIPLE_AUTH_SUPPORTED, 16404)       /* RFC 4739 §3 */                                     \
    X(ANOTHER_AUTH_FOLLOWS, 16405)          /* RFC 4739 §3 */                                     \
    X(REDIRECT_SUPPORTED, 16406)            /* RFC 5685 §3 */                                     \
    X(REDIRECT, 16407)                      /* RFC 5685 §9.2 */                                   \
    X(REDIRECTED_FROM, 16408)               /* RFC 5685 §9.3 */                                   \
    X(EAP_ONLY_AUTHENTICATION, 16417)       /* RFC 5998 §3 */                                     \
    X(IKEV2_FRAGMENTATION_SUPPORTED, 16430) /* RFC 7383 §2.3 */                                   \
    X(SIGNATURE_HASH_ALGORITHMS, 16431)     /* RFC 7427 §4 */                                     \
    X(USE_PPK, 16435)                       /* RFC 8784 §3 */                                     \
    X(PPK_IDENTITY, 16436)                  /* RFC 8784 §3 */                                     \
    X(NO_PPK_AUTH, 16437)                   /* RFC 8784 §3 */

typedef enum IkeNotifyType {
#define X(name, value) IKE_N_##name = value,
    IKE_NOTIFY_LIST(X)
#undef X
        IKE_N_STATUS_FIRST = 16384,
} IkeNotifyType;

/* IKEv2 Identification Payload ID Types; 201 is Cisco's "Group name" (agent/docs/WIRE.md §2.2). */
#define IKE_ID_LIST(X)                                                                             \
    X(IPV4_ADDR, 1, "IPv4 address")                                                                \
    X(FQDN, 2, "FQDN")                                                                             \
    X(RFC822_ADDR, 3, "RFC822 address")                                                            \
    X(IPV6_ADDR, 5, "IPv6 address")                                                                \
    X(DER_ASN1_DN, 9, "DER ASN1 DN")                                                               \
    X(DER_ASN1_GN, 10, "DER ASN1 GN")                                                              \
    X(KEY_ID, 11, "Key ID")                                                                        \
    X(GROUP, 201, "Group name")

typedef enum IkeIdType {
#define X(name, value, word) IKE_ID_##name = value,
    IKE_ID_LIST(X)
#undef X
} IkeIdType;

enum { IKE_PROTO_NONE = 0, IKE_PROTO_IKE = 1, IKE_PROTO_AH = 2, IKE_PROTO_ESP = 3 };
enum { IKE_CERT_X509_SIGNATURE = 4 };               /* RFC 7296 §3.6 */
enum { IKE_AUTH_RSA = 1, IKE_AUTH_SHARED_KEY = 2 }; /* RFC 7296 §3.8; the rest in sig.h */
enum {
    IKE_FLAG_INITIATOR = 0x08,
    IKE_FLAG_VERSION = 0x10,
    IKE_FLAG_RESPONSE = 0x20
}; /* RFC 7296 §3.1 */

/* Never NULL: "IKE_AUTH", or "?" for a number that is not assigned here. */
const char *ike_exchange_name(uint8_t value);
const char *ike_payload_name(uint8_t value); /* "SA", "NOTIFY": the field's words */
const char *ike_notify_name(uint16_t value);
const char *ike_id_type_name(uint8_t value);

/* 0 done; > 0 the error Notify to send (RFC 7296 §3.10.1); < 0 a verdict that stays local. */
typedef int IkeStatus;
enum {
    IKE_OK = 0,
    IKE_DROP = -1, /* ignore this datagram, keep the SA */
    IKE_DEAD = -2, /* tear the SA down without a word */
    IKE_WAIT = -3, /* the handler waits for an answer from outside; the state moves when it comes */
};
