/* Splits as text and packed: what is read, what is refused and where. */
#include "core/split.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const char example[] =
	"supplier cost, platform 2% of sale, steward 10% of margin min 20 max 500, "
	"sales_leader 15% of sale, supply_leader rest";

static const char ladder[] =
	"supplier cost, sales_leader ladder(0: 10%, 1000000: 15%, 5000000: 25%) of sale, "
	"steward whole ladder(0: 1.5%, 300: 12.3456%) of margin min 20, supply_leader rest";

/* Written one way or another, printed one way. */
static void
CheckPrint(const char *text, const char *canonical)
{
	ktt_split	split;
	ktt_split	again;
	ktt_fault	fault;
	char		printed[KTT_SPLIT_TEXT_MAX];
	unsigned char packed[KTT_SPLIT_PACKED_MAX];
	size_t		size;

	if (!CHECK(ktt_split_parse(text, strlen(text), &split, &fault) == KTT_OK, text))
	{
		printf("%zu: %s\n", fault.position, fault.reason);
		return;
	}
	*ktt_split_print(printed, &split) = '\0';
	if (!CHECK(strcmp(printed, canonical) == 0, canonical))
		printf("got: %s\n", printed);

	size = (size_t) (ktt_split_pack(packed, &split) - packed);
	CHECK(ktt_split_unpack(packed, size, &again, &fault) == KTT_OK, "unpacks");
	*ktt_split_print(printed, &again) = '\0';
	CHECK(strcmp(printed, canonical) == 0, "the same after packing");
}

static void
TestPrint(void)
{
	CheckPrint(example, example);
	CheckPrint("\t a   REST \n", "a rest");
	CheckPrint("A_1 2.5000%OF Sale,b rest", "a_1 2.5% of sale, b rest");
	CheckPrint("a 007 per unit ,b rest", "a 7 per unit, b rest");
	CheckPrint("a 0.0001 % of sale, b 12.34% of cost, c 0% of margin, d rest",
			   "a 0.0001% of sale, b 12.34% of cost, c 0% of margin, d rest");
	CheckPrint("a 100.0000% of sale", "a 100% of sale");
	CheckPrint("a 10.01%of sale, b 10.1% of sale,c 79.89% of sale",
			   "a 10.01% of sale, b 10.1% of sale, c 79.89% of sale");
	CheckPrint("a cost, b 100% of margin", "a cost, b 100% of margin");
	CheckPrint("a 40% of cost, b 60% of cost, c 30% of margin, d 70% of margin, e 0% of sale",
			   "a 40% of cost, b 60% of cost, c 30% of margin, d 70% of margin, e 0% of sale");
	CheckPrint("cost cost, rest rest", "cost cost, rest rest");
	CheckPrint("a 1% of sale min 5, b 1% of sale max 5, c 1% of sale min 0 max 0, d rest",
			   "a 1% of sale min 5, b 1% of sale max 5, c 1% of sale min 0 max 0, d rest");
	CheckPrint("a 9223372036854775807 per order, b rest",
			   "a 9223372036854775807 per order, b rest");
	CheckPrint(ladder, ladder);
	CheckPrint("a Ladder\n( 00 :10.00 % ,1000:15%,5000 : 25%)OF sale,b rest",
			   "a ladder(0: 10%, 1000: 15%, 5000: 25%) of sale, b rest");
	CheckPrint("a WHOLE ladder(0:0%, 9223372036854775807:100%) of cost, b rest",
			   "a whole ladder(0: 0%, 9223372036854775807: 100%) of cost, b rest");
	CheckPrint("whole ladder(0: 5%, 7: 2%) of margin min 1 max 2, ladder whole ladder(0: 1%) of cost, rest rest",
			   "whole ladder(0: 5%, 7: 2%) of margin min 1 max 2, ladder whole ladder(0: 1%) of cost, rest rest");
	CheckPrint("_23456789_123456789_123456789_123456789_123456789_123456789_123 rest",
			   "_23456789_123456789_123456789_123456789_123456789_123456789_123 rest");
}

typedef struct Refusal
{
	const char *text;
	ktt_status	status;
	size_t		position;
	const char *reason;
} Refusal;

#define PARTY_EXPECTED "A party was expected: a letter or an underscore, then also digits."
#define TERM_EXPECTED "A term was expected, such as cost, 2% of sale, 5 per unit or rest."
#define STEP_EXPECTED "A step was expected, such as 1000: 15%."
#define END_EXPECTED "A comma or the end was expected."
#define NOT_COVERED "No clause takes the rest, and the parts need not come to the sale."

static const Refusal refusals[] = {
	{"", KTT_SYNTAX, 1, PARTY_EXPECTED},
	{"  ", KTT_SYNTAX, 3, PARTY_EXPECTED},
	{"a rest,", KTT_SYNTAX, 8, PARTY_EXPECTED},
	{"a rest,, b cost", KTT_SYNTAX, 8, PARTY_EXPECTED},
	{", a rest", KTT_SYNTAX, 1, PARTY_EXPECTED},
	{"1a rest", KTT_SYNTAX, 1, PARTY_EXPECTED},
	{"\xc3\xa9 rest", KTT_SYNTAX, 1, PARTY_EXPECTED},
	{"_23456789_123456789_123456789_123456789_123456789_123456789_1234 rest",
		KTT_LIMIT, 1, "A party has at most 63 characters."},
	{"a", KTT_SYNTAX, 2, TERM_EXPECTED},
	{"a ", KTT_SYNTAX, 3, TERM_EXPECTED},
	{"a, b rest", KTT_SYNTAX, 2, TERM_EXPECTED},
	{"a{ rest", KTT_SYNTAX, 2, TERM_EXPECTED},
	{"a everything", KTT_SYNTAX, 3, TERM_EXPECTED},
	{"a restful", KTT_SYNTAX, 3, TERM_EXPECTED},
	{"a +5 per unit", KTT_SYNTAX, 3, TERM_EXPECTED},
	{"a .5% of sale", KTT_SYNTAX, 3, TERM_EXPECTED},
	{"a-b rest", KTT_SYNTAX, 2, "A rate or an amount cannot be negative."},
	{"a -2% of sale", KTT_SYNTAX, 3, "A rate or an amount cannot be negative."},
	{"a -5 per unit", KTT_SYNTAX, 3, "A rate or an amount cannot be negative."},
	{"a 5", KTT_SYNTAX, 4, "A number is followed by %, per unit or per order."},
	{"a 5 of sale", KTT_SYNTAX, 5, "A number is followed by %, per unit or per order."},
	{"a 1e3 per unit", KTT_SYNTAX, 4, "A number is followed by %, per unit or per order."},
	{"a 5 per", KTT_SYNTAX, 8, "An amount is per unit or per order."},
	{"a 5 per kilo", KTT_SYNTAX, 9, "An amount is per unit or per order."},
	{"a 5.5 per unit", KTT_SYNTAX, 3, "An amount is a whole number of minor units."},
	{"a 9223372036854775808 per unit, b rest", KTT_RANGE, 3,
		"An amount is at most 9223372036854775807."},
	{"a 5.% of sale", KTT_SYNTAX, 5, "A digit was expected after the point."},
	{"a 2.00001% of sale", KTT_SYNTAX, 3, "A rate has at most 4 decimals."},
	{"a 100.0001% of sale", KTT_VALUE, 3, "A rate is at most 100%."},
	{"a 101% of sale", KTT_VALUE, 3, "A rate is at most 100%."},
	{"a 99999999999999999999% of sale", KTT_VALUE, 3, "A rate is at most 100%."},
	{"a 2%", KTT_SYNTAX, 5, "The word \"of\" was expected after the rate."},
	{"a 2% sale", KTT_SYNTAX, 6, "The word \"of\" was expected after the rate."},
	{"a 2% of", KTT_SYNTAX, 8, "A rate is of sale, cost or margin."},
	{"a 2% of price", KTT_SYNTAX, 9, "A rate is of sale, cost or margin."},
	{"a 2% of sale min", KTT_SYNTAX, 17, "An amount was expected after \"min\"."},
	{"a 2% of sale min max 5", KTT_SYNTAX, 18, "An amount was expected after \"min\"."},
	{"a 2% of sale max x", KTT_SYNTAX, 18, "An amount was expected after \"max\"."},
	{"a 2% of sale min -1", KTT_SYNTAX, 18, "An amount cannot be negative."},
	{"a 2% of sale max 1.5", KTT_SYNTAX, 18, "An amount is a whole number of minor units."},
	{"a 2% of sale max 5.", KTT_SYNTAX, 20, "A digit was expected after the point."},
	{"a 2% of sale max 9223372036854775808", KTT_RANGE, 18,
		"An amount is at most 9223372036854775807."},
	{"a 2% of sale max 5 min 2", KTT_SYNTAX, 20, "Write min before max."},
	{"a 2% of sale min 5 min 2", KTT_SYNTAX, 20, "A rate has one min."},
	{"a 2% of sale min 5 max 6 max 7", KTT_SYNTAX, 26, "A rate has one max."},
	{"a cost min 5", KTT_SYNTAX, 8, "Only a rate can have a min."},
	{"a rest max 5", KTT_SYNTAX, 8, "Only a rate can have a max."},
	{"a 5 per unit min 2", KTT_SYNTAX, 14, "Only a rate can have a min."},
	{"a 2% of sale min5, b rest", KTT_SYNTAX, 14, END_EXPECTED},
	{"a 2% of sale b rest", KTT_SYNTAX, 14, END_EXPECTED},
	{"a rest;", KTT_SYNTAX, 7, END_EXPECTED},
	{"a whole", KTT_SYNTAX, 8, "The word \"ladder\" was expected after \"whole\"."},
	{"a ladder", KTT_SYNTAX, 9, "An opening parenthesis was expected after \"ladder\"."},
	{"a ladder 5", KTT_SYNTAX, 10, "An opening parenthesis was expected after \"ladder\"."},
	{"a ladder(", KTT_SYNTAX, 10, STEP_EXPECTED},
	{"a ladder()", KTT_SYNTAX, 10, STEP_EXPECTED},
	{"a ladder(-1: 5%)", KTT_SYNTAX, 10, STEP_EXPECTED},
	{"a ladder(0: 5%,) of sale", KTT_SYNTAX, 16, STEP_EXPECTED},
	{"a ladder(1: 5%) of sale", KTT_VALUE, 10, "The first step of a ladder starts at 0."},
	{"a ladder(0.5: 5%) of sale", KTT_SYNTAX, 10, "An amount is a whole number of minor units."},
	{"a ladder(0.: 5%) of sale", KTT_SYNTAX, 12, "A digit was expected after the point."},
	{"a ladder(0: 5%, 9223372036854775808: 6%) of sale", KTT_RANGE, 17,
		"An amount is at most 9223372036854775807."},
	{"a ladder(0: 5%, 7: 6%, 7: 7%) of sale", KTT_VALUE, 24,
		"The step from 7 does not start above the one before, from 7."},
	{"a ladder(0: 5%, 7: 6%, 6: 7%) of sale", KTT_VALUE, 24,
		"The step from 6 does not start above the one before, from 7."},
	{"a ladder(0", KTT_SYNTAX, 11, "A colon was expected after the start of a step."},
	{"a ladder(0, 5: 5%)", KTT_SYNTAX, 11, "A colon was expected after the start of a step."},
	{"a ladder(0: %)", KTT_SYNTAX, 13, "The rate of a step was expected, such as 15%."},
	{"a ladder(0: -5%)", KTT_SYNTAX, 13, "The rate of a step was expected, such as 15%."},
	{"a ladder(0: 5.)", KTT_SYNTAX, 15, "A digit was expected after the point."},
	{"a ladder(0: 5", KTT_SYNTAX, 14, "The rate of a step is followed by %."},
	{"a ladder(0: 5)", KTT_SYNTAX, 14, "The rate of a step is followed by %."},
	{"a ladder(0: 101%)", KTT_VALUE, 13, "A rate is at most 100%."},
	{"a ladder(0: 5.00001%)", KTT_SYNTAX, 13, "A rate has at most 4 decimals."},
	{"a ladder(0: 5%", KTT_SYNTAX, 15, "A comma or a closing parenthesis was expected."},
	{"a ladder(0: 5% of sale", KTT_SYNTAX, 16, "A comma or a closing parenthesis was expected."},
	{"a ladder(0: 5%)", KTT_SYNTAX, 16, "The word \"of\" was expected after the ladder."},
	{"a ladder(0: 5%) of sale max 5 min 2", KTT_SYNTAX, 31, "Write min before max."},
	{"a ladder(0: 5%) of sale min 3 max 2, b rest", KTT_VALUE, 3,
		"The min of 3 is above the max of 2."},
	{"a 60% of sale, b ladder(0: 20%, 5: 41%, 9: 1%) of sale, c rest", KTT_VALUE, 18,
		"The rates of the sale come to 101%, above 100%."},
	{"a ladder(0: 100%) of sale", KTT_VALUE, 26, NOT_COVERED},
	{"a 2% of sale, A rest", KTT_VALUE, 15, "Party a appears twice."},
	{"a rest, b cost, c rest", KTT_VALUE, 19, "Only one clause can take the rest."},
	{"a cost, b rest, c cost", KTT_VALUE, 19, "Only one clause can take the cost."},
	{"a 2% of sale min 6 max 5, b rest", KTT_VALUE, 3,
		"The min of 6 is above the max of 5."},
	{"a 60% of sale, b 50% of margin, c 40.5% of sale, d rest", KTT_VALUE, 35,
		"The rates of the sale come to 100.5%, above 100%."},
	{"a 100% of cost, b 0.0001% of cost, c rest", KTT_VALUE, 19,
		"The rates of the cost come to 100.0001%, above 100%."},
	{"a 70% of margin, b 70% of margin, c rest", KTT_VALUE, 20,
		"The rates of the margin come to 140%, above 100%."},
	{"a 99% of sale", KTT_VALUE, 14, NOT_COVERED},
	{"a cost", KTT_VALUE, 7, NOT_COVERED},
	{"a 100% of margin ", KTT_VALUE, 18, NOT_COVERED},
	{"a 5 per unit, b 100% of sale", KTT_VALUE, 29, NOT_COVERED},
	{"a 0 per order, b 100% of sale", KTT_VALUE, 30, NOT_COVERED},
	{"a 100% of sale max 5", KTT_VALUE, 21, NOT_COVERED},
	{"a 100% of sale min 0", KTT_VALUE, 21, NOT_COVERED},
	{"a cost, b 100% of sale", KTT_VALUE, 23, NOT_COVERED},
	{"a 100% of sale, b 1% of margin", KTT_VALUE, 31, NOT_COVERED},
	{"a 1% of sale, b cost, c 100% of margin", KTT_VALUE, 39, NOT_COVERED},
	{"a cost, b 99% of margin", KTT_VALUE, 24, NOT_COVERED},
	{"a 99% of cost, b 100% of margin", KTT_VALUE, 32, NOT_COVERED},
	{"a cost, b 1% of cost, c 100% of margin", KTT_VALUE, 39, NOT_COVERED},
	{"a 50% of sale, b 50% of cost, c 50% of margin", KTT_VALUE, 46, NOT_COVERED},
};

static void
TestRefusals(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
	{
		const Refusal *refusal = &refusals[i];
		size_t		length = strlen(refusal->text);
		char	   *exact = malloc(length > 0 ? length : 1);	/* no zero behind it */
		ktt_split	split;
		ktt_fault	fault = {0};
		ktt_status	status;

		if (exact == NULL)
			abort();
		memcpy(exact, refusal->text, length);
		status = ktt_split_parse(exact, length, &split, &fault);
		if (!CHECK(status == refusal->status && fault.status == status &&
				   fault.position == refusal->position &&
				   strcmp(fault.reason, refusal->reason) == 0, refusal->text))
			printf("got %d at %zu: %s\n", status, fault.position, fault.reason);
		free(exact);
	}
}

static void
TestLimits(void)
{
	char		text[65 * 40];
	char	   *out = text;
	char		printed[KTT_SPLIT_TEXT_MAX];
	unsigned char packed[KTT_SPLIT_PACKED_MAX];
	ktt_split	split;
	ktt_fault	fault;

	out += sprintf(out, "p rest");
	for (int i = 1; i < 64; i++)
		out += sprintf(out, ", p%d 1%% of sale", i);
	CHECK(ktt_split_parse(text, (size_t) (out - text), &split, &fault) == KTT_OK,
		  "64 clauses");
	*ktt_split_print(printed, &split) = '\0';
	CHECK(strcmp(printed, text) == 0, "64 clauses print");
	CHECK(ktt_split_pack(packed, &split) <= packed + sizeof(packed), "64 clauses pack");

	out += sprintf(out, ", q 1%% of sale");
	CHECK(ktt_split_parse(text, (size_t) (out - text), &split, &fault) == KTT_LIMIT &&
		  strcmp(fault.reason, "A rule has at most 64 clauses.") == 0 &&
		  text[fault.position - 1] == 'q', "65 clauses are refused");

	out = text + sprintf(text, "a ladder(0: 0%%");
	for (int i = 1; i < 60; i++)
		out += sprintf(out, ", %d: 1%%", i);
	out += sprintf(out, ") of sale, b ladder(0: 1%%, 1: 2%%, 2: 3%%, 3: 4%%");
	sprintf(out, ") of sale, c rest");
	CHECK(ktt_split_parse(text, strlen(text), &split, &fault) == KTT_OK &&
		  split.rule.step_count == 64, "64 steps");
	CHECK(ktt_split_unpack(packed, (size_t) (ktt_split_pack(packed, &split) - packed),
						   &split, &fault) == KTT_OK, "64 steps unpack");
	sprintf(out, ", 77: 5%%) of sale, c rest");
	CHECK(ktt_split_parse(text, strlen(text), &split, &fault) == KTT_LIMIT &&
		  strcmp(fault.reason, "The ladders of a rule have at most 64 steps.") == 0 &&
		  text[fault.position - 1] == '7', "65 steps are refused");

	/* The longest of everything fits the room that is promised. */
	split.rule.count = KTT_SPLIT_CLAUSES;
	split.rule.step_count = KTT_SPLIT_STEPS;
	for (int i = 0; i < KTT_SPLIT_CLAUSES; i++)
	{
		split.rule.terms[i] = (ktt_term) {.kind = KTT_TERM_OF_MARGIN,
			.bounds = KTT_TERM_MIN | KTT_TERM_MAX, .scale = KTT_SCALE_WHOLE,
			.first_step = (uint8_t) i, .step_count = 1,
			.rate = 999999, .min = INT64_MAX, .max = INT64_MAX};
		split.rule.steps[i] = (ktt_step) {.from = INT64_MAX, .rate = 999999};
		split.parties[i].length = KTT_PARTY_MAX;
		memset(split.parties[i].text, 'a' + i % 26, KTT_PARTY_MAX);
	}
	CHECK(ktt_split_print(printed, &split) <= printed + sizeof(printed), "longest text");
	CHECK(ktt_split_pack(packed, &split) <= packed + sizeof(packed), "longest packed");
	split.rule.terms[0].step_count = KTT_SPLIT_STEPS;
	for (int i = 0; i < KTT_SPLIT_STEPS; i++)
		split.rule.steps[i].from = i % 2 ? INT64_MAX : 0;
	CHECK(ktt_term_print(printed, &split.rule, 0) <= printed + KTT_TERM_TEXT_MAX,
		  "longest term");
}

/* A party or a term alone, as jsonb has them. */
static void
TestClauses(void)
{
	ktt_rule	rule = {0};
	ktt_party	party;
	ktt_fault	fault;
	char		printed[KTT_TERM_TEXT_MAX];

	CHECK(ktt_party_parse(" A_1 ", 5, &party, &fault) == KTT_OK && party.length == 3 &&
		  memcmp(party.text, "a_1", 3) == 0, "a party");
	CHECK(ktt_party_parse(" ", 1, &party, &fault) == KTT_SYNTAX && fault.position == 2 &&
		  strcmp(fault.reason, PARTY_EXPECTED) == 0, "no party");
	CHECK(ktt_party_parse("a b", 3, &party, &fault) == KTT_SYNTAX && fault.position == 3 &&
		  strcmp(fault.reason, "The end of the party was expected.") == 0, "two parties");

	CHECK(!ktt_rule_has_ladder(&rule), "no ladder");
	CHECK(ktt_term_parse(" 2%of sale ", 11, &rule, &fault) == KTT_OK && rule.count == 1,
		  "a term");
	CHECK(ktt_term_parse("ladder(0: 1%) of cost", 21, &rule, &fault) == KTT_OK &&
		  rule.count == 2 && ktt_rule_has_ladder(&rule), "a term behind it");
	*ktt_term_print(printed, &rule, 1) = '\0';
	CHECK(strcmp(printed, "ladder(0: 1%) of cost") == 0, "printed");
	CHECK(ktt_term_parse("2% of", 5, &rule, &fault) == KTT_SYNTAX && fault.position == 6,
		  "half a term");
	CHECK(ktt_term_parse("rest, a", 7, &rule, &fault) == KTT_SYNTAX && fault.position == 5 &&
		  strcmp(fault.reason, "The end of the term was expected.") == 0, "more than a term");
	CHECK(ktt_term_parse("rest max", 8, &rule, &fault) == KTT_SYNTAX && fault.position == 6 &&
		  strcmp(fault.reason, "Only a rate can have a max.") == 0, "a tail");
}

/* Whatever bytes come in: refused, or the one packed form of a rule. */
static void
CheckBytes(const unsigned char *bytes, size_t size)
{
	unsigned char *exact = malloc(size > 0 ? size : 1);
	unsigned char packed[KTT_SPLIT_PACKED_MAX];
	ktt_rule	rule;
	ktt_split	split;
	ktt_fault	fault = {0};
	ktt_status	status;

	if (exact == NULL)
		abort();
	memcpy(exact, bytes, size);
	status = ktt_split_unpack(exact, size, &split, &fault);
	if (status == KTT_OK)
		CHECK((size_t) (ktt_split_pack(packed, &split) - packed) == size &&
			  memcmp(packed, exact, size) == 0, "accepted bytes are canonical");
	else
		CHECK(status == KTT_BINARY && fault.status == KTT_BINARY &&
			  fault.reason[0] != '\0', "refused bytes have a reason");
	if (ktt_rule_unpack(exact, size, &rule))
		CHECK(rule.count <= KTT_SPLIT_CLAUSES && rule.step_count <= KTT_SPLIT_STEPS,
			  "what is read stays within");
	else
		CHECK(status != KTT_OK, "a rule is read without its parties too");
	free(exact);
}

static void
TestBytes(const char *text)
{
	unsigned char packed[KTT_SPLIT_PACKED_MAX];
	unsigned char changed[KTT_SPLIT_PACKED_MAX];
	size_t		size;
	ktt_split	split;
	ktt_fault	fault;

	CHECK(ktt_split_parse(text, strlen(text), &split, &fault) == KTT_OK, text);
	size = (size_t) (ktt_split_pack(packed, &split) - packed);
	for (size_t cut = 0; cut < size; cut++)
	{
		CHECK(ktt_split_unpack(packed, cut, &split, &fault) == KTT_BINARY, "cut off");
		CheckBytes(packed, cut);
	}
	memcpy(changed, packed, size);
	changed[size] = 0;
	CHECK(ktt_split_unpack(changed, size + 1, &split, &fault) == KTT_BINARY &&
		  strcmp(fault.reason, "Bytes are left over behind the rule.") == 0, "left over");
	for (size_t at = 0; at < size; at++)
		for (unsigned byte = 0; byte < 256; byte++)
		{
			memcpy(changed, packed, size);
			changed[at] = (unsigned char) byte;
			CheckBytes(changed, size);
			/* Two neighbours at once reach the longer numbers. */
			changed[(at + 1) % size] = (unsigned char) (byte * 7 + at);
			CheckBytes(changed, size);
		}
}

typedef struct Broken
{
	const char *bytes;
	size_t		size;
	const char *reason;
} Broken;

#define BYTES(text) text, sizeof(text) - 1

static void
TestBroken(void)
{
	static const Broken broken[] = {
		{BYTES(""), "The rule is cut off."},
		{BYTES("\1"), "The rule is cut off."},
		{BYTES("\2\1\7\1a"), "Version 2 is not known."},
		{BYTES("\1\0"), "A rule has 1 to 64 clauses, not 0."},
		{BYTES("\1\x41"), "A rule has 1 to 64 clauses, not 65."},
		{BYTES("\1\1\0\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\xe\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\x17\1\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\x42\1\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\2\xc1\x84\x3d\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\2\x80\0\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\5\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\1a"),
			"The term of clause 1 is broken."},
		{BYTES("\1\1\xd"), "The term of clause 1 is broken."},
		{BYTES("\1\1\xd\0"), "The term of clause 1 is broken."},
		{BYTES("\1\1\xd\x41"), "The term of clause 1 is broken."},
		{BYTES("\1\1\x8\1"), "The term of clause 1 is broken."},
		{BYTES("\1\1\x8\1\xc1\x84\x3d\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\x8\2\1"), "The term of clause 1 is broken."},
		{BYTES("\1\1\x8\2\1\0\1\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\x8\3\1\1\1\xff\xff\xff\xff\xff\xff\xff\xff\x7f\1\1a"),
			"The term of clause 1 is broken."},
		{BYTES("\1\1\x58\1\1\1a"), "The term of clause 1 is broken."},
		{BYTES("\1\1\7\0"), "The party of clause 1 is broken."},
		{BYTES("\1\1\7\1A"), "The party of clause 1 is broken."},
		{BYTES("\1\1\7\2a"), "The party of clause 1 is broken."},
		{BYTES("\1\1\7\1\x31"), "The party of clause 1 is broken."},
		{BYTES("\1\2\7\1\1a\1a"), "Party a appears twice."},
		{BYTES("\1\1\1\1a"), NOT_COVERED},
		{BYTES("\1\2\7\7\1a\1b"), "Only one clause can take the rest."},
		{BYTES("\1\2\x32\1\6\5\7\1a\1b"), "The min of 6 is above the max of 5."},
	};
	ktt_split	split;
	ktt_fault	fault;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
	{
		ktt_status	status = ktt_split_unpack((const unsigned char *) broken[i].bytes,
											  broken[i].size, &split, &fault);

		if (!CHECK(status == KTT_BINARY && strcmp(fault.reason, broken[i].reason) == 0,
				   broken[i].reason))
			printf("case %zu got %d: %s\n", i, status, fault.reason);
	}
}

int
main(void)
{
	TestPrint();
	TestRefusals();
	TestLimits();
	TestClauses();
	TestBytes(example);
	TestBytes(ladder);
	TestBroken();
	return unit_report();
}
