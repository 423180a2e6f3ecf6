/* mock_scene.h - pieces of the scenes that an agent plays to acclient, and what is asked of a text.
 */
#pragma once

#include <string.h>

#include "tests/support/mock_agent.h"
#include "tests/support/test.h"

#define CONNECTING "{'event': <'state'>, 'state': <'connecting'>}"
#define UP                                                                                         \
    "{'event': <'state'>, 'state': <'connected'>}",                                                \
        "{'event': <'notice'>, 'text': <'Connected to Anu-IKEV2.'>}"
#define LOGIN_FIELDS                                                                               \
    "[{'name': <'username'>, 'label': <'Username:'>, 'type': <'text'>, 'value': <'anu'>},"         \
    " {'name': <'password'>, 'label': <'Password:'>, 'type': <'password'>}]"
#define LOGIN                                                                                      \
    "{'event': <'prompt'>, 'id': <uint64 2>, 'kind': <'form'>, 'mine': <true>,"                    \
    " 'message': <'Please enter your username and password.'>, 'fields': <" LOGIN_FIELDS ">}"

static inline void
assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static inline void
assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" in:\n%s", part, text);
}
