/* journal.h - what has been done to the host and must be undone, in a file: one line per step. It
 * is for whoever comes after a process that died; what is undone does not outlive the kernel. */
#pragma once

#include <net/if.h>

#include "tun/route_plan.h"

typedef enum JournalKind {
    JOURNAL_LINK,
    JOURNAL_GUARD,
    JOURNAL_ADDR,
    JOURNAL_ITEM,
    JOURNAL_XFRM
} JournalKind;

typedef struct JournalStep {
    JournalKind kind;
    char ifname[IFNAMSIZ]; /* LINK, GUARD, XFRM */
    unsigned ifindex;      /* LINK */
    uint32_t mtu;          /* LINK: as it was before */
    Prefix addr;           /* ADDR: host bits and all */
    RoutePlanItem item;    /* ITEM: route or rule */
    uint32_t if_id;        /* XFRM: of the interface, and all SAs and policies that have it */
} JournalStep;

/* "route 4 44225 throw 10.0.0.0/8", "rule 4 11001 44225 fwmark 0xacc1"; owned by the caller. */
char *journal_step_format(const JournalStep *step);
/* Accepts what journal_step_format() writes and nothing else; @ret untouched on failure. */
bool journal_step_parse(const char *line, JournalStep *ret) G_GNUC_WARN_UNUSED_RESULT;

/* The open file, locked against any other process that works with it. */
typedef struct Journal Journal;
/* journal_create - all of @steps (of JournalStep) in a file before the first is taken.
 * Mode 0600, there whole or not at all; fails when @path exists. */
Journal *journal_create(const char *path, const GArray *steps, GError **error);
/* journal_replace - all of @steps in it instead; there is one journal or the other at any
 * moment, and it is locked. On failure the one before stays. */
bool journal_replace(Journal *j, const GArray *steps, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* journal_open - the journal a dead process left; an empty one has no steps. Returns NULL without
 * @error when there is none, NULL with @error when it cannot be read or its process lives. */
Journal *journal_open(const char *path, GError **error);
/* Of JournalStep, in the order they were taken; borrowed. */
const GArray *journal_steps(const Journal *j);
/* "PATH:3: not understood: ...", about the first line that is no step; NULL: all are. */
const char *journal_complaint(const Journal *j);
/* The ends: nothing left to undo; kept as PATH.bad for a person to read; kept to be tried again. */
void journal_remove(Journal *j);
void journal_set_aside(Journal *j);
void journal_free(Journal *j);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)
