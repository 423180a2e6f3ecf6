#include <string.h>

#include "agent/base/log.h"
#include "profiles/profile_address.h"
#include "profiles/profile_walk_private.h"

enum { SHOWN_MAX = 80 }; /* octets of a name or value from the file */

G_GNUC_PRINTF(3, 0)
static char *
sentence(const Walk *w, const xmlNode *node, const char *format, va_list args)
{
    g_autofree char *name =
        log_escape((const char *)node->name, strlen((const char *)node->name), SHOWN_MAX);
    g_autofree char *what = g_strdup_vprintf(format, args);

    return g_strdup_printf("%s:%ld: <%s> %s", w->profile->file, xmlGetLineNo(node), name, what);
}

bool
walk_refuse(Walk *w, const xmlNode *node, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = sentence(w, node, format, args);
    va_end(args);
    g_set_error_literal(w->error, PROFILE_ERROR, PROFILE_ERROR_INVALID, text);
    return false;
}

void
walk_warn(Walk *w, const xmlNode *node, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(w->profile->warnings, sentence(w, node, format, args));
    va_end(args);
}

void
walk_unknown(Walk *w, const xmlNode *node)
{
    g_autofree char *name =
        log_escape((const char *)node->name, strlen((const char *)node->name), SHOWN_MAX);

    g_ptr_array_add(w->profile->unknown,
                    g_strdup_printf("%s (line %ld)", name, xmlGetLineNo(node)));
}

const xmlNode *
walk_element(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

char *
walk_text(const xmlNode *node)
{
    GString *text = g_string_new(NULL);

    for (const xmlNode *n = node->children; n; n = n->next) {
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE)
            g_string_append(text, (const char *)n->content);
    }
    return g_strstrip(g_string_free(text, FALSE));
}

bool
walk_name(Walk *w, const xmlNode *node, char **ret)
{
    g_autofree char *text = walk_text(node);
    g_autoptr(GError) why = NULL;

    if (!profile_text_check(text, &why))
        return walk_refuse(w, node, "%s", why->message);
    *ret = g_steal_pointer(&text);
    return true;
}

bool
walk_bool(Walk *w, const char *text, const xmlNode *node, bool *ret)
{
    bool value = g_ascii_strcasecmp(text, "true") == 0;

    if (!value && g_ascii_strcasecmp(text, "false") != 0)
        return false;
    if (!g_str_equal(text, value ? "true" : "false"))
        walk_warn(w, node, "is spelled \"%s\", read as %s", text, value ? "true" : "false");
    *ret = value;
    return true;
}

bool
walk_children(Walk *w, const xmlNode *parent, const WalkRule *rules, void *into)
{
    guint32 seen = 0;

    for (const xmlNode *n = walk_element(parent->children); n; n = walk_element(n->next)) {
        const WalkRule *rule = rules;

        while (rule->name && !g_str_equal(rule->name, n->name))
            rule++;
        if (!rule->name) {
            walk_unknown(w, n);
            continue;
        }
        if (rule->once && (seen & 1u << (rule - rules)))
            return walk_refuse(w, n, "stands twice in <%s>", parent->name);
        seen |= 1u << (rule - rules);
        if (rule->read && !rule->read(w, n, into))
            return false;
    }
    return true;
}
