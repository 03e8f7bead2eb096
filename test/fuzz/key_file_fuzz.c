/* Key files and typed pickup codes: whatever is typed, nothing breaks. */
#include "core/code.h"
#include "core/key_file.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static ktt_key_list list;
	ktt_fault	fault = {0};
	uint8_t		symbols[KTT_CODE_SYMBOLS];

	if (ktt_key_file_read((const char *) data, size, &list, &fault) == KTT_OK)
		MUST(list.count <= KTT_KEY_MAX);
	else
		MUST(fault.reason[0] != '\0');

	if (ktt_code_read((const char *) data, size, symbols))
	{
		char		printed[KTT_CODE_PRINTED];
		uint8_t		again[KTT_CODE_SYMBOLS];

		MUST(ktt_code_check(symbols) == symbols[KTT_CODE_RANDOM]);
		ktt_code_print(symbols, printed);
		MUST(ktt_code_read(printed, sizeof(printed), again));
		MUST(memcmp(symbols, again, sizeof(symbols)) == 0);
	}
	return 0;
}
