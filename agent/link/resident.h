/* resident.h - what a program keeps in memory at rest: what packets need, not what a login needed.
 */
#pragma once

/* resident_start - from now on memory is given back to the kernel whenever the default main
 * context, whose thread calls, has been without work of resident_used() for a second: heap that was
 * freed, and pages of programs and libraries, which stay in the page cache and come back when they
 * are run. */
void resident_start(void);
/* resident_used - much code has just been run that no packet needs: a login, new keys, an answer to
 * a command. Cheap; nothing happens before resident_start(), and in other threads. */
void resident_used(void);
