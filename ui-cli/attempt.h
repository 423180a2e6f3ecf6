/* attempt.h - one attempt to connect: what the agent tells and asks, until it is up or has failed.
 */
#pragma once

#include "ui-cli/answers.h"
#include "ui-cli/cli.h"

/* attempt_run - connect to @host, or join the attempt that is on its way there.
 * @options: of the method Connect; floating. @answers: given beforehand.
 * Returns the exit code; all is said. */
int attempt_run(Cli *cli, const char *host, GVariant *options, Answers *answers,
                bool accept_banner);
