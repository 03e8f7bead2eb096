/*
 * Splits: text and packed form are each other's inverse, and the parts of any
 * sale sum to it or the rule is refused for that sale.
 */
#include "core/split.h"
#include "fuzz.h"

static void
round_trip(const ktt_split *split)
{
	static unsigned char packed[KTT_SPLIT_PACKED_MAX];
	static unsigned char again[KTT_SPLIT_PACKED_MAX];
	static char text[KTT_SPLIT_TEXT_MAX];
	static ktt_split copy;
	ktt_fault	fault = {0};
	size_t		size = (size_t) (ktt_split_pack(packed, split) - packed);
	size_t		length = (size_t) (ktt_split_print(text, split) - text);

	MUST(ktt_split_unpack(packed, size, &copy, &fault) == KTT_OK);
	MUST((size_t) (ktt_split_pack(again, &copy) - again) == size);
	MUST(memcmp(packed, again, size) == 0);
	MUST(ktt_split_parse(text, length, &copy, &fault) == KTT_OK);
	MUST((size_t) (ktt_split_pack(again, &copy) - again) == size);
	MUST(memcmp(packed, again, size) == 0);
}

static void
evaluate(const ktt_split *split, const uint8_t *data, size_t size)
{
	int64_t		numbers[4] = {0};
	ktt_sale	sale;
	int64_t		parts[KTT_SPLIT_CLAUSES];
	ktt_fault	fault = {0};
	ktt_status	status;

	memcpy(numbers, data, size < sizeof(numbers) ? size : sizeof(numbers));
	sale = (ktt_sale) {numbers[0], numbers[1], numbers[2], numbers[3]};
	status = ktt_split_evaluate(&split->rule, &sale, parts, &fault);
	if (status == KTT_OK)
	{
		int64_t		left = sale.sale;

		for (size_t i = 0; i < split->rule.count; i++)
		{
			MUST(parts[i] >= 0 && parts[i] <= left);
			left -= parts[i];
		}
		MUST(left == 0);
	}
	else
	{
		MUST(status == KTT_VALUE || status == KTT_RANGE || status == KTT_UNCOVERED);
		MUST_EXPLAIN(fault, 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static ktt_split split;
	ktt_fault	fault = {0};
	ktt_status	status;
	const uint8_t *rule;
	size_t		numbers;

	/* First what to read and how many bytes of numbers stand before the rule. */
	if (size < 2)
		return 0;
	numbers = data[1] % 33;
	if (size < 2 + numbers)
		return 0;
	rule = data + 2 + numbers;
	size -= 2 + numbers;
	if (data[0] & 1)
		status = ktt_split_unpack(rule, size, &split, &fault);
	else
		status = ktt_split_parse((const char *) rule, size, &split, &fault);
	if (status == KTT_OK)
	{
		round_trip(&split);
		evaluate(&split, data + 2, numbers);
	}
	else
		MUST_EXPLAIN(fault, size);
	return 0;
}
