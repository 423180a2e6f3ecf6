#include "agent/eap/ac_dialogue.h"

const char *
ac_state_name(AcState state)
{
    static const char *const names[] = {
        [AC_ST_START] = "START",   [AC_ST_HELLO] = "HELLO",   [AC_ST_FORM] = "FORM",
        [AC_ST_ASKING] = "ASKING", [AC_ST_BANNER] = "BANNER", [AC_ST_COMPLETE] = "COMPLETE",
        [AC_ST_DONE] = "DONE",     [AC_ST_FAILED] = "FAILED",
    };

    G_STATIC_ASSERT(G_N_ELEMENTS(names) == AC_ST_MAX);
    return names[state];
}

static const char *
trigger_name(AcTrigger on)
{
    static const char *const answers[] = {
        [AC_ON_UNREADABLE] = "unreadable", [AC_ON_START] = "start",
        [AC_ON_FILL] = "fields",           [AC_ON_GROUP] = "group",
        [AC_ON_ACCEPT] = "accept",         [AC_ON_DECLINE] = "decline",
        [AC_ON_REPLY_FORM] = "form given", [AC_ON_REPLY_COMPLETE] = "complete given",
        [AC_ON_REFUSE] = "refuse",
    };

    G_STATIC_ASSERT(G_N_ELEMENTS(answers) == AC_ON_MAX);
    return on <= AC_ON_LOGOUT ? ac_doc_type_name((AcDocType)on) : answers[on];
}

char *
ac_dialogue_dot(void)
{
    GString *out = g_string_new("digraph ac_dialogue {\n    rankdir=LR;\n    node [shape=box];\n");
    size_t n;
    const AcTransition *table = ac_dialogue_table(&n);

    for (int side = AC_CLIENT; side <= AC_SERVER; side++) {
        char c = side == AC_CLIENT ? 'c' : 's';

        g_string_append_printf(out, "    subgraph cluster_%c {\n        label=\"%s\";\n", c,
                               side == AC_CLIENT ? "client" : "gateway");
        for (size_t i = 0; i < n; i++)
            if ((int)table[i].side == side)
                g_string_append_printf(out, "        %c_%s -> %c_%s [label=\"%s\\n%s\"];\n", c,
                                       ac_state_name(table[i].from), c, ac_state_name(table[i].to),
                                       trigger_name(table[i].on), table[i].story);
        g_string_append(out, "    }\n");
    }
    return g_string_free(g_string_append(out, "}\n"), FALSE);
}
