/* ac_form.h - the rules by which a filled form becomes an auth-reply (agent/docs/WIRE.md §6.2). */
#pragma once

#include "agent/eap/ac_doc.h"

/* The select that chooses the group (group_list), or NULL. */
const AcInput *ac_form_groups(const AcDoc *form);
/* ac_form_group - the option that @name means, by value or else by label.
 * @name: NULL for the preselected one, which is the first when none is marked.
 * Returns NULL when the form has no groups or not this one. Borrowed. */
const AcOption *ac_form_group(const AcDoc *form, const char *name);

/* ac_form_asks - whether a person has to be asked for @in once @group is chosen (NULL: the
 * preselected). Not for hidden and submit inputs, the group itself, or a second login that the
 * group does not have. */
bool ac_form_asks(const AcDoc *form, const AcInput *in, const char *group);

/* ac_form_sent_as - the element of <auth> that carries @in: answer, whichpin and new_password go
 * as password. NULL: it is not sent there (verify_*, group_list, submit). Borrowed. */
const char *ac_form_sent_as(const AcInput *in);

/* ac_form_verify - whether each verify_x input equals the field it repeats: x, or new_x, or else
 * the password input before it. To be asked before the fields are sent; nothing else checks them.
 * @ret_name: on failure the verify_* input, borrowed from @form; may be NULL. */
bool ac_form_verify(const AcDoc *form, const GPtrArray *fields,
                    const char **ret_name) G_GNUC_WARN_UNUSED_RESULT;

/* ac_form_reply - put into @reply what @form asks for: fields by input name, values of @fields
 * moved out, preset values where there is none, group_select for a main form with groups. What the
 * form did not ask for is not sent. */
void ac_form_reply(const AcDoc *form, GPtrArray *fields, AcDoc *reply);
