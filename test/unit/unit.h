/*
 * The least a unit test needs: count what holds, print what does not. One test
 * program is one file; it ends with "return unit_report();".
 */
#ifndef KTT_TEST_UNIT_H
#define KTT_TEST_UNIT_H

#include <stdbool.h>
#include <stdio.h>

static unsigned long unit_passed;
static unsigned long unit_failed;

static inline bool
unit_check(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		unit_passed++;
	else
	{
		unit_failed++;
		printf("%s:%d: failed: %s\n", file, line, what);
	}
	return holds;
}

/* Yields whether cond holds, so that a test can stop where going on is useless. */
#define CHECK(cond, what) unit_check((cond), (what), __FILE__, __LINE__)

/* Print the closing line and return the exit status; no check at all is a failure. */
static inline int
unit_report(void)
{
	printf("%lu passed, %lu failed\n", unit_passed, unit_failed);
	return unit_failed > 0 || unit_passed == 0;
}

#endif
