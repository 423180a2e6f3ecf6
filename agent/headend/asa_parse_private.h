/* asa_parse_private.h - the lines of the language: tables of patterns with what each does. */
#pragma once

#include "agent/headend/asa_config.h"
#include "agent/headend/asa_lex.h"
#include "agent/headend/ios_config.h"

/* Where a line stands: below which other line. */
typedef enum AsaContext {
    ASA_NONE, /* a line that opens nothing */
    ASA_TOP,
    ASA_IN_INTERFACE,
    ASA_IN_IKE_POLICY,
    ASA_IN_PROPOSAL,
    ASA_IN_TRUSTPOINT,
    ASA_IN_CRL,
    ASA_IN_WEBVPN,
    ASA_IN_GROUP_POLICY,
    ASA_IN_GROUP_POLICY_WEBVPN,
    ASA_IN_USER,
    ASA_IN_TUNNEL_GENERAL,
    ASA_IN_TUNNEL_WEBVPN,
    ASA_IN_TUNNEL_IPSEC,
    ASA_IN_HARMLESS, /* below a harmless line everything is harmless */
    ASA_IN_UNKNOWN,  /* below an unknown line everything is unknown */
    ASA_OWN,         /* !acheadend ... */
    IOS_IN_PROPOSAL,
    IOS_IN_POLICY,
    IOS_IN_KEYRING,
    IOS_IN_PEER,
    IOS_IN_PROFILE,
    IOS_IN_TRANSFORM,
    IOS_IN_PROTECTION,
    IOS_IN_INTERFACE,
} AsaContext;

enum { ASA_ARGS_MAX = 8, ASA_DEPTH_MAX = 8 };

typedef struct AsaArgs {
    size_t n;
    const char *v[ASA_ARGS_MAX]; /* what stood for #, a|b and * */
    size_t rest;                 /* with *: the first word of it, an index into AsaLine.word */
} AsaArgs;

typedef struct AsaRule AsaRule;

typedef struct AsaParse {
    AsaConfig *config; /* of an ASA, else NULL */
    IosConfig *router; /* of an IOS router, else NULL */
    GStringChunk *strings;
    GString *running;
    const AsaRule *const *tables; /* of the language, ending in NULL */
    AsaNotes *notes;
    AsaLine line;
    struct {
        unsigned indent;
        AsaContext context;
        void *object; /* what the lines below speak about */
    } stack[ASA_DEPTH_MAX];
    size_t depth;
    void *object; /* of the line being read; a handler sets it for the lines below its own */
    unsigned skip_line, skip_n; /* an unknown line and how many stood below it */
    char *skip_text;
} AsaParse;

/* One kind of line. The words of a pattern stand for themselves, but # is any one word, a|b one of
 * those, and * all the words that are left, one at least. First match wins. */
struct AsaRule {
    AsaContext in;
    const char *pattern;
    void (*run)(AsaParse *p, const AsaArgs *a); /* NULL with @bad: an error; without: harmless */
    AsaContext opens;
    const char *bad; /* the sentence for a known line that cannot be obeyed */
};

/* Each ends in a row without pattern. */
extern const AsaRule asa_lines_net[], asa_lines_crypto[], asa_lines_ca[], asa_lines_map[],
    asa_lines_access[], asa_lines_peer[], asa_lines_policy[], asa_lines_esp[], asa_lines_harmless[];
extern const AsaRule ios_lines_crypto[], ios_lines_net[];

/* asa_parse_lines - every line of @text by the tables of @p. */
void asa_parse_lines(AsaParse *p, Slice text);

void asa_parse_fail(AsaParse *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
void asa_parse_warn(AsaParse *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* @text as a string of the configuration. */
const char *asa_parse_keep(AsaParse *p, const char *text);
/* A new zeroed item of @size octets at the end of @items, or NULL with an error when there are too
 * many. */
void *asa_parse_add(AsaParse *p, GPtrArray *items, size_t size, const char *what);
bool asa_parse_number(AsaParse *p, const char *word, const char *what, uint32_t min, uint32_t max,
                      uint32_t *ret) G_GNUC_WARN_UNUSED_RESULT;
bool asa_parse_addr(AsaParse *p, const char *word, AddrFamily family,
                    Addr *ret) G_GNUC_WARN_UNUSED_RESULT;
/* The two words of "ip address # #" as the address of an interface and its network. */
bool asa_parse_interface(AsaParse *p, const AsaArgs *a, Addr *ret,
                         Prefix *ret_net) G_GNUC_WARN_UNUSED_RESULT;
/* The words of * as names; @ret untouched when there are too many. */
bool asa_parse_names(AsaParse *p, const AsaArgs *a, AsaNames *ret) G_GNUC_WARN_UNUSED_RESULT;

/* A word of the language and the IANA transform it means. */
typedef struct AsaWord {
    const char *word;
    uint16_t id, bits;
    bool aead;
    bool never; /* accepted with a warning, never chosen */
} AsaWord;

extern const AsaWord asa_words_group[]; /* ends in a row without word */
/* asa_parse_algs - the words of * as a list in the order of preference. */
void asa_parse_algs(AsaParse *p, const AsaArgs *a, const AsaWord *words, const char *what,
                    AsaAlgs *ret);
/* "group14" of a line `set pfs`. */
bool asa_parse_group(AsaParse *p, const char *word, AsaAlg *ret) G_GNUC_WARN_UNUSED_RESULT;
/* asa_parse_secret - @word as a secret of @min to @max octets. A mask in its place is an error: the
 * file was printed with its secrets hidden. */
bool asa_parse_secret(AsaParse *p, const char *word, const char *what, size_t min, size_t max,
                      Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
/* asa_parse_hex - the same with two hexadecimal digits an octet. */
bool asa_parse_hex(AsaParse *p, const char *word, const char *what, size_t min, size_t max,
                   Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
