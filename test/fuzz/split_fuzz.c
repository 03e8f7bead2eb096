/*
 * Splits: text and packed form are each other's inverse, and the parts of any
 * sale sum to it or the rule is refused for that sale. What is said of a rule
 * agrees with trying it.
 */
#include "core/split_answer.h"
#include "fuzz.h"

static void
round_trip(const ktt_split *split, const unsigned char *packed, size_t size)
{
	static unsigned char again[KTT_SPLIT_PACKED_MAX];
	static char text[KTT_SPLIT_TEXT_MAX];
	static ktt_split copy;
	static ktt_rule rule;
	ktt_fault	fault = {0};
	size_t		length = (size_t) (ktt_split_print(text, split) - text);

	MUST(ktt_split_unpack(packed, size, &copy, &fault) == KTT_OK);
	MUST((size_t) (ktt_split_pack(again, &copy) - again) == size);
	MUST(memcmp(packed, again, size) == 0);
	MUST(ktt_split_parse(text, length, &copy, &fault) == KTT_OK);
	MUST((size_t) (ktt_split_pack(again, &copy) - again) == size);
	MUST(memcmp(packed, again, size) == 0);

	/* The terms alone are the same ones. */
	MUST(ktt_rule_unpack(packed, size, &rule));
	MUST(rule.count == split->rule.count);
	MUST(ktt_rule_has_ladder(&rule) == ktt_rule_has_ladder(&split->rule));
	for (size_t i = 0; i < rule.count; i++)
	{
		char		term[KTT_TERM_TEXT_MAX];

		length = (size_t) (ktt_term_print(text, &split->rule, i) - text);
		MUST((size_t) (ktt_term_print(term, &rule, i) - term) == length);
		MUST(memcmp(term, text, length) == 0);
	}
}

/* A party or a term that stands alone is read as it is in a clause. */
static void
pieces(const uint8_t *data, size_t size)
{
	static ktt_rule rule;
	ktt_party	party;
	ktt_fault	fault = {0};
	ktt_status	status = ktt_party_parse((const char *) data, size, &party, &fault);

	if (status != KTT_OK)
		fuzz_refused(FUZZ_TEXT, status, &fault, size);
	else
		MUST(party.length >= 1 && party.length <= KTT_PARTY_MAX);

	ktt_rule_begin(&rule);
	status = ktt_term_parse((const char *) data, size, &rule, &fault);
	if (status != KTT_OK)
		fuzz_refused(FUZZ_TEXT, status, &fault, size);
	else
	{
		static ktt_rule copy;
		char		text[KTT_TERM_TEXT_MAX];
		char		again[KTT_TERM_TEXT_MAX];
		size_t		length = (size_t) (ktt_term_print(text, &rule, 0) - text);

		ktt_rule_begin(&copy);
		MUST(ktt_term_parse(text, length, &copy, &fault) == KTT_OK);
		MUST((size_t) (ktt_term_print(again, &copy, 0) - again) == length);
		MUST(memcmp(text, again, length) == 0);
	}
}

/* The numbers are sale, cost, units and volume. */
static void
evaluate(const ktt_rule *rule, const int64_t *numbers)
{
	ktt_sale	sale = {numbers[0], numbers[1], numbers[2], numbers[3]};
	int64_t		parts[KTT_SPLIT_CLAUSES];
	ktt_fault	fault = {0};
	ktt_status	status = ktt_split_evaluate(rule, &sale, parts, &fault);

	if (status == KTT_OK)
	{
		int64_t		left = sale.sale;

		for (size_t i = 0; i < rule->count; i++)
		{
			MUST(parts[i] >= 0 && parts[i] <= left);
			left -= parts[i];
		}
		MUST(left == 0);
	}
	else
	{
		MUST(status == KTT_VALUE || status == KTT_RANGE || status == KTT_UNCOVERED);
		MUST(status == fault.status && fault.reason[0] != '\0');
	}
}

static void
pause_search(void)
{
}

/* Reasons lead to the parts, and a search finds what trying every sale finds. */
static void
answers(const ktt_rule *rule, const int64_t *numbers)
{
	static ktt_reason reasons[KTT_SPLIT_CLAUSES];
	ktt_sale	sale = {numbers[0], numbers[1], numbers[2], numbers[3]};
	int64_t		lowest = sale.sale > INT64_MAX - 20 ? INT64_MAX - 20 : sale.sale;
	int64_t		parts[KTT_SPLIT_CLAUSES];
	ktt_fault	fault = {0};
	ktt_failures found;
	ktt_failures tried = {0};

	if (ktt_split_explain(rule, &sale, reasons, &fault) == KTT_OK)
	{
		MUST(ktt_split_evaluate(rule, &sale, parts, &fault) == KTT_OK);
		for (size_t i = 0; i < rule->count; i++)
		{
			MUST(reasons[i].part == parts[i]);
			MUST(reasons[i].rounded == reasons[i].whole ||
				 (reasons[i].rounded == reasons[i].whole + 1 && reasons[i].millionths > 0));
			MUST(reasons[i].bound != 0 || reasons[i].part == reasons[i].rounded);
		}
	}
	else
		MUST(ktt_split_evaluate(rule, &sale, parts, &fault) == fault.status &&
			 fault.status != KTT_OK);

	ktt_split_search(rule, &sale, lowest, lowest + 20, pause_search, &found);
	for (int64_t i = 0; i <= 20; i++)
	{
		sale.sale = lowest + i;
		if (ktt_split_evaluate(rule, &sale, parts, &fault) == KTT_OK)
			continue;
		if (!tried.any)
			tried.lowest = sale.sale;
		tried.any = true;
		tried.highest = sale.sale;
	}
	MUST(found.any == tried.any);
	MUST(!found.any || (found.lowest == tried.lowest && found.highest == tried.highest));
}

bool
fuzz_split(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	static unsigned char packed[KTT_SPLIT_PACKED_MAX];
	static ktt_split split;
	ktt_fault	fault = {0};
	ktt_status	status;
	size_t		packed_size;

	if (form == FUZZ_TEXT && numbers[0] % 4 == 0)
		pieces(data, size);
	status = form == FUZZ_PACKED ? ktt_split_unpack(data, size, &split, &fault)
		: ktt_split_parse((const char *) data, size, &split, &fault);
	if (status != KTT_OK)
	{
		fuzz_refused(form, status, &fault, size);
		return false;
	}
	packed_size = (size_t) (ktt_split_pack(packed, &split) - packed);
	if (form == FUZZ_PACKED)
		MUST(packed_size == size && memcmp(packed, data, size) == 0);
	round_trip(&split, packed, packed_size);
	evaluate(&split.rule, numbers);
	answers(&split.rule, numbers);
	return true;
}
