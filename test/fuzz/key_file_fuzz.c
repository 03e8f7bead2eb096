/* Key files: whatever stands in one, it is read or refused by its line. */
#include "core/key_file.h"
#include "fuzz.h"

bool
fuzz_key_file(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	static ktt_key_list list;
	ktt_fault	fault = {0};
	ktt_status	status = ktt_key_file_read((const char *) data, size, &list, &fault);

	(void) numbers;
	if (status != KTT_OK)
	{
		/* Of a file as a whole there is no line to name. */
		fault.position += fault.position == 0;
		fuzz_refused(form, status, &fault, size);
		return false;
	}
	MUST(list.count <= KTT_KEY_MAX);
	for (size_t i = 0; i < list.count; i++)
	{
		const ktt_key *key = &list.keys[i];
		const char *name = ktt_key_purpose_name(key->purpose);

		MUST(key->id >= 1 && key->id <= INT32_MAX);
		MUST(ktt_key_purpose_find(name, strlen(name)) == (int) key->purpose);
		for (size_t j = 0; j < i; j++)
		{
			const ktt_key *before = &list.keys[j];

			MUST(before->id != key->id);
			MUST(memcmp(before->secret, key->secret, KTT_KEY_SIZE) != 0);
			MUST(before->purpose != key->purpose || before->state != KTT_KEY_ACTIVE ||
				 key->state != KTT_KEY_ACTIVE);
		}
	}
	return true;
}
