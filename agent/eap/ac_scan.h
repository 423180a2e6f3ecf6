/* ac_scan.h - the markup of an XML text as tokens with their place in it; no meaning, no decoding.
 *
 * libxml2 says whether a document is well-formed and what it means. This says where: what to bound
 * before libxml2 sees it, which octets an element is made of, what to hide in a log. */
#pragma once

#include "agent/base/reader.h"

typedef enum AcTokenKind {
    AC_TOKEN_TEXT,  /* character data, references not decoded, or a CDATA section */
    AC_TOKEN_OPEN,  /* <a b="c"> */
    AC_TOKEN_EMPTY, /* <a/> */
    AC_TOKEN_CLOSE, /* </a> */
    AC_TOKEN_ASIDE, /* comment, processing instruction, XML declaration */
    AC_TOKEN_DECL,  /* any other <!...: a DTD or a part of one; its octets are "<!" */
    AC_TOKEN_END,   /* nothing is left; kinds before it are tokens */
    AC_TOKEN_BAD,   /* markup that does not end or has no name; nothing is consumed */
} AcTokenKind;

typedef struct AcToken {
    AcTokenKind kind;
    Slice octets;     /* the whole token */
    Slice name;       /* of OPEN, EMPTY, CLOSE */
    unsigned n_attrs; /* of OPEN, EMPTY */
} AcToken;

/* ac_scan_next - take one token; views into what @in reads. */
AcTokenKind ac_scan_next(Reader *in, AcToken *ret);

/* ac_scan_element - the octets of one element of a well-formed text, from its start tag to its end
 * tag.
 * @nth: counted from 0 in the order of start tags.
 * @ret_name: its name, a view. Returns false when there is none or it does not end. */
bool ac_scan_element(Slice xml, unsigned nth, Slice *ret,
                     Slice *ret_name) G_GNUC_WARN_UNUSED_RESULT;
/* Start tags in @xml. */
unsigned ac_scan_count(Slice xml);
