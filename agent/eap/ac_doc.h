/* ac_doc.h - one config-auth document of the AnyConnect dialogue as a struct (agent/docs/WIRE.md
 * §6). All text is UTF-8 owned by the document; NULL means "element absent". */
#pragma once

#include <glib.h>

#include "agent/base/secret.h"

typedef enum AcDocType {
    AC_HELLO,
    AC_INIT,
    AC_AUTH_REQUEST,
    AC_AUTH_REPLY,
    AC_COMPLETE,
    AC_ACK,
    AC_LOGOUT,
} AcDocType;
const char *ac_doc_type_name(AcDocType type); /* "auth-request" */
bool ac_doc_type_parse(const char *name, AcDocType *ret) G_GNUC_WARN_UNUSED_RESULT;
bool ac_doc_type_is_client(AcDocType type); /* the client sends it */

/* Bounds on what a peer may make us keep; beyond them a document is refused. */
enum {
    AC_XML_MAX = 65515,   /* octets of one document: one EAP packet in one IKE payload */
    AC_DEPTH_MAX = 32,    /* nested elements */
    AC_NODES_MAX = 2048,  /* elements in one document */
    AC_INPUTS_MAX = 32,   /* fields of one form */
    AC_OPTIONS_MAX = 256, /* choices of one select */
    AC_FILES_MAX = 64,    /* files of one manifest */
    AC_ATTRS_MAX = 32,    /* attributes of one element; the field's longest has eight */
};

typedef enum AcInputType {
    AC_TEXT,
    AC_PASSWORD,
    AC_HIDDEN,
    AC_SELECT,
    AC_SUBMIT,
    AC_SSO
} AcInputType;

typedef struct AcOption {
    char *value, *label;
    bool selected;
    bool second_auth; /* this group asks for a second login */
} AcOption;

typedef struct AcInput {
    AcInputType type;
    char *name, *label, *value; /* @value: preset text */
    bool second_auth;           /* shown only for a group with second_auth */
    GPtrArray *options;         /* of AcOption *, AC_SELECT only, else NULL */
} AcInput;

/* An element whose text takes param1 and param2 in place of %s. */
typedef struct AcText {
    int id;     /* catalogue number, -1 when absent */
    char *text; /* parameters already put in; NULL when the element is absent */
} AcText;

/* One child of <auth> in an auth-reply. */
typedef struct AcField {
    char *name;
    Secret value;
} AcField;

/* One file of the profile manifest in `complete`. */
typedef struct AcFile {
    char *type, *service_type, *uri, *sha1;
} AcFile;

typedef struct AcDoc {
    AcDocType type;
    bool aggregate; /* aggregate-auth-version="2" */
    char *version;  /* <version> text; who is "sg" or "vpn" by document type */
    /* client's: device-id body and attributes */
    char *device, *computer_name, *device_type, *platform_version, *unique_id;
    char *group_select, *group_access;
    GPtrArray *capabilities; /* of char *, <auth-method>; NULL when absent */
    /* both */
    char *session_id;
    Secret session_token; /* empty: no element, or an empty one */
    bool has_session;     /* auth-reply: write empty session-token and session-id elements */
    GBytes *opaque; /* the whole <opaque is-for="sg"> element as octets, echoed byte for byte */
    /* server's opaque when it is written by us: used only if @opaque is NULL */
    char *opaque_tunnel_group, *opaque_config_hash;
    uint16_t csport; /* 0: absent */
    /* <auth> */
    char *auth_id; /* "main", "success", ...; NULL when there is no <auth> */
    char *title;
    AcText message, error, banner;
    bool has_form;
    char *form_method, *form_action;
    GPtrArray *inputs;        /* of AcInput *, never NULL */
    GPtrArray *fields;        /* of AcField *, auth-reply only, never NULL */
    bool client_cert_request; /* <client-cert-request/>: a certificate is wanted */
    bool client_cert_fail;    /* <client-cert-fail/>: the client has none */
    bool auth_complete;       /* <authentication-complete/>: nothing is left to fill in */
    /* complete */
    char *server_cert_hash; /* 40 hex digits */
    GPtrArray *files;       /* of AcFile *, never NULL */
} AcDoc;

AcDoc *ac_doc_new(AcDocType type);
void ac_doc_free(AcDoc *d); /* wipes the secrets */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AcDoc, ac_doc_free)

/* ac_doc_add_input - a new input at the end of the form; borrowed from @d. Sets has_form. */
AcInput *ac_doc_add_input(AcDoc *d, AcInputType type, const char *name, const char *label,
                          const char *value);
AcOption *ac_input_add_option(AcInput *in, const char *value, const char *label, bool selected);
void ac_doc_add_file(AcDoc *d, const char *type, const char *service_type, const char *uri,
                     const char *sha1);
void ac_doc_add_capability(AcDoc *d, const char *auth_method);

/* Fields on their way to a gateway: an array of AcField * that wipes what it frees. */
GPtrArray *ac_fields_new(void);
void ac_fields_set(GPtrArray *fields, const char *name, Slice value); /* adds or replaces */
void ac_fields_move(GPtrArray *fields, const char *name, Secret *value);
const Secret *ac_fields_get(const GPtrArray *fields, const char *name); /* borrowed or NULL */
AcField *ac_field_new(const char *name, Slice value);
void ac_field_free(AcField *f);

void ac_doc_set_field(AcDoc *d, const char *name, Slice value); /* adds or replaces */
const Secret *ac_doc_field(const AcDoc *d, const char *name);   /* borrowed; NULL when absent */
