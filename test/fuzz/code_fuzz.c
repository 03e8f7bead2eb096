/* Pickup codes: whatever is typed, only what checks is read. */
#include "core/code.h"
#include "fuzz.h"

bool
fuzz_code(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	uint8_t		symbols[KTT_CODE_SYMBOLS];
	uint8_t		again[KTT_CODE_SYMBOLS];
	char		printed[KTT_CODE_PRINTED];

	(void) form;
	if (!ktt_code_read((const char *) data, size, symbols))
		return false;
	for (int i = 0; i < KTT_CODE_SYMBOLS; i++)
		MUST(symbols[i] < KTT_CODE_BASE);
	MUST(ktt_code_check(symbols) == symbols[KTT_CODE_RANDOM]);
	ktt_code_print(symbols, printed);
	MUST(ktt_code_read(printed, sizeof(printed), again));
	MUST(memcmp(symbols, again, sizeof(symbols)) == 0);

	/* Any other symbol in one place is found. */
	memcpy(again, symbols, sizeof(symbols));
	again[(uint64_t) numbers[0] % KTT_CODE_RANDOM] ^=
		(uint8_t) (1 + (uint64_t) numbers[1] % (KTT_CODE_BASE - 1));
	MUST(ktt_code_check(again) != symbols[KTT_CODE_RANDOM]);
	return true;
}
