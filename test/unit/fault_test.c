/* What the core says when it refuses something. */
#include "core/fault.h"
#include "unit.h"

#include <string.h>

int
main(void)
{
	ktt_fault	fault;
	char		long_text[400];

	memset(&fault, 'x', sizeof(fault));
	CHECK(ktt_fail(&fault, KTT_VALUE, 7, "%s of %d", "Part", 2) == KTT_VALUE, "gives its status back");
	CHECK(fault.status == KTT_VALUE && fault.position == 7, "keeps status and position");
	CHECK(strcmp(fault.reason, "Part of 2") == 0, "keeps the reason");

	memset(long_text, 'y', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	CHECK(ktt_fail(&fault, KTT_LIMIT, 0, "%s", long_text) == KTT_LIMIT, "takes a long reason");
	CHECK(strlen(fault.reason) == sizeof(fault.reason) - 1, "cuts a long reason");
	CHECK(strspn(fault.reason, "y") == sizeof(fault.reason) - 1, "cuts nothing else");
	return unit_report();
}
