/*
 * libFuzzer's entry to one target, named by FUZZ_TARGET. An input is the
 * numbers that come with it and then what is read.
 */
#include "targets.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const target *fuzzed;
	int64_t		numbers[FUZZ_NUMBERS];

	if (fuzzed == NULL)
	{
		const char *name = getenv("FUZZ_TARGET");

		fuzzed = find_target(name != NULL ? name : "");
	}
	if (size < sizeof(numbers))
		return 0;
	memcpy(numbers, data, sizeof(numbers));
	(void) fuzzed->harness(fuzzed->form, numbers, data + sizeof(numbers), size - sizeof(numbers));
	return 0;
}
