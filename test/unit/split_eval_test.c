/*
 * Splits applied to random sales, against a slow reference. The reference
 * keeps its rules in a form of its own, works with exact fractions, and finds
 * who gets a unit by counting how many stand before each party.
 */
#include "core/split.h"
#include "unit.h"

#include <string.h>

__extension__ typedef __int128 int128;

#define ROUNDS 300000

typedef enum Base { SALE, COST, MARGIN, NONE } Base;

typedef struct Clause
{
	Base		base;			/* of a rate */
	int64_t		rate;			/* ppm; a cost clause and rest have none */
	int			steps;			/* of a ladder, whose highest rate stands above */
	bool		whole;
	int64_t		from[8];
	int64_t		rates[8];
	bool		is_cost;
	bool		is_rest;
	bool		per_unit;
	int64_t		amount;
	int64_t		min;			/* -1 = none */
	int64_t		max;
} Clause;

typedef struct Rule
{
	int			count;
	Clause		clauses[64];
} Rule;

static uint64_t seed = 88172645463325252;

static uint64_t
Random(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * UINT64_C(2685821657736338717) >> 1) % below;
}

/* An amount: often small, sometimes at an edge, sometimes anything. */
static int64_t
RandomAmount(void)
{
	static const int64_t edges[] = {
		0, 1, 2, 3, 99, 100, 101, 999999, 1000000, 1000001,
		INT64_C(18446744073709), INT64_C(18446744073710),
		INT64_MAX / 1000000, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX
	};

	uint64_t	bits = Random(62);

	switch (Random(4))
	{
		case 0:
			return edges[Random(sizeof(edges) / sizeof(edges[0]))];
		case 1:
			return (int64_t) (Random(INT64_MAX) >> bits);
		default:
			return (int64_t) Random(20000);
	}
}

static int64_t
RandomRate(int64_t most)
{
	static const int64_t common[] = {0, 1, 5000, 6000, 20000, 100000, 150000, 333333, 500000};
	int64_t		rate = Random(2) ? common[Random(9)] : (int64_t) Random(1000001);

	return rate < most ? rate : most;
}

/* A rule that covers the sale without a rest: the sale, or cost and margin. */
static void
MakeClosed(Rule *rule)
{
	int			count = 2 + (int) Random(6);
	Base		bases[2] = {MARGIN, Random(2) ? COST : NONE};
	int64_t		left[2] = {1000000, 1000000};

	if (Random(2))
		bases[0] = SALE, count = 1 + (int) Random(5);
	rule->count = count;
	for (int i = 0; i < count; i++)
	{
		Clause	   *clause = &rule->clauses[i];
		int			which = bases[0] == SALE ? 0 : i % 2;
		bool		last = i + (bases[0] == SALE ? 1 : 2) >= count;

		*clause = (Clause) {.base = bases[which], .min = -1, .max = -1};
		if (bases[which] == NONE)
		{
			clause->is_cost = i == 1;
			if (i > 1)
				clause->base = MARGIN;
			continue;
		}
		clause->rate = last ? left[which] : RandomRate(left[which]);
		left[which] -= clause->rate;
	}
}

/* Turn a rate into a ladder of which it is the highest step. */
static void
MakeLadder(Clause *clause)
{
	int64_t		stride = Random(2) ? 2000 : RandomAmount() / 8 + 1;

	clause->whole = Random(2);
	clause->steps = 1 + (int) Random(Random(4) ? 3 : 8);
	for (int i = 0; i < clause->steps; i++)
	{
		clause->from[i] = i > 0 ? clause->from[i - 1] + 1 + (int64_t) Random((uint64_t) stride) : 0;
		clause->rates[i] = RandomRate(clause->rate);
	}
	clause->rates[Random((uint64_t) clause->steps)] = clause->rate;
}

static void
MakeOpen(Rule *rule)
{
	int			steps = 0;
	int64_t		left[3] = {1000000, 1000000, 1000000};
	bool		cost = false;

	rule->count = 1 + (int) (Random(50) == 0 ? Random(64) : Random(8));
	for (int i = 0; i < rule->count; i++)
	{
		Clause	   *clause = &rule->clauses[i];

		*clause = (Clause) {.base = NONE, .min = -1, .max = -1};
		switch (Random(8))
		{
			case 0:
				clause->is_cost = !cost;
				clause->amount = 0;
				cost = true;
				break;
			case 1:
				clause->per_unit = true;
				clause->amount = Random(4) ? (int64_t) Random(30) : RandomAmount();
				break;
			case 2:
				clause->amount = Random(4) ? (int64_t) Random(300) : RandomAmount();
				break;
			default:
				clause->base = (Base) Random(3);
				clause->rate = RandomRate(left[clause->base]);
				left[clause->base] -= clause->rate;
				if (Random(3) == 0 && steps <= 56)
				{
					MakeLadder(clause);
					steps += clause->steps;
				}
				if (Random(4) == 0)
					clause->min = Random(3) ? (int64_t) Random(50) : RandomAmount();
				if (Random(4) == 0)
					clause->max = RandomAmount();
				if (clause->max >= 0 && clause->min > clause->max)
					clause->max = clause->min;
		}
	}
	rule->clauses[Random((uint64_t) rule->count)] =
		(Clause) {.base = NONE, .is_rest = true, .min = -1, .max = -1};
}

/* The rule as text, with blanks where none are needed and upper case. */
static size_t
Write(const Rule *rule, char *text)
{
	static const char *const bases[] = {"sale", "COST", "Margin"};
	char	   *out = text;

	for (int i = 0; i < rule->count; i++)
	{
		const Clause *clause = &rule->clauses[i];

		out += sprintf(out, "%s%s_%d ", i > 0 ? "," : "", i % 2 ? "\tP" : "p", i);
		if (clause->is_rest)
			out += sprintf(out, "Rest");
		else if (clause->is_cost)
			out += sprintf(out, "cost\n");
		else if (clause->base == NONE)
			out += sprintf(out, "%lld per %s", (long long) clause->amount,
						   clause->per_unit ? "unit" : "ORDER ");
		else
		{
			for (int j = 0; j < clause->steps; j++)
				out += sprintf(out, "%s%lld : %lld.%04lld%%",
							   j > 0 ? " ,\t" : clause->whole ? "Whole  ladder (" : "LADDER(\n",
							   (long long) clause->from[j], (long long) clause->rates[j] / 10000,
							   (long long) clause->rates[j] % 10000);
			if (clause->steps > 0)
				out += sprintf(out, " )of %s", bases[clause->base]);
			else
				out += sprintf(out, "%lld.%04lld %% of %s", (long long) clause->rate / 10000,
							   (long long) clause->rate % 10000, bases[clause->base]);
			if (clause->min >= 0)
				out += sprintf(out, " min %lld", (long long) clause->min);
			if (clause->max >= 0)
				out += sprintf(out, " MAX  %lld", (long long) clause->max);
		}
	}
	return (size_t) (out - text);
}

/* Millionths that a marginal ladder has given when the volume is so high. */
static int128
Climbed(const Clause *clause, int64_t volume)
{
	int128		sum = 0;

	for (int i = 0; i < clause->steps && clause->from[i] < volume; i++)
		sum += (int128) (volume - clause->from[i]) *
			(clause->rates[i] - (i > 0 ? clause->rates[i - 1] : 0));
	return sum;
}

/* The exact share of a clause in millionths. */
static int128
Exact(const Clause *clause, int64_t base, int64_t volume)
{
	int64_t		rate = clause->rate;

	if (clause->steps > 0 && !clause->whole)
		return Climbed(clause, volume + base) - Climbed(clause, volume);
	for (int i = 0; i < clause->steps && clause->from[i] <= volume + base; i++)
		rate = clause->rates[i];
	return (int128) base * rate;
}

/* The parts; what came in the way otherwise. */
static ktt_status
Reference(const Rule *rule, int64_t sale, int64_t cost, int64_t units,
		  int64_t volume, int64_t *parts)
{
	int64_t		amounts[3] = {sale, cost, sale - cost};
	int128		sum = 0;
	int			rest = -1;

	for (int i = 0; i < rule->count; i++)
		if (rule->clauses[i].steps > 0 && volume > INT64_MAX - amounts[rule->clauses[i].base])
			return KTT_RANGE;
	for (int i = 0; i < rule->count; i++)
	{
		const Clause *clause = &rule->clauses[i];
		int128		part = 0;

		if (clause->is_rest)
		{
			rest = i;
			continue;
		}
		if (clause->is_cost)
			part = cost;
		else if (clause->base == NONE)
			part = (int128) clause->amount * (clause->per_unit ? units : 1);
		else
		{
			/* All parties of this base, the unnamed one last. */
			int128		mine = Exact(clause, amounts[clause->base], volume);
			int128		named = 0;
			int128		floors = 0;
			int128		before = 0;
			int128		other;

			for (int j = 0; j < rule->count; j++)
			{
				if (rule->clauses[j].base != clause->base)
					continue;
				other = Exact(&rule->clauses[j], amounts[clause->base], volume);
				named += other;
				floors += other / 1000000;
				before += other % 1000000 > mine % 1000000 ||
					(other % 1000000 == mine % 1000000 && j < i);
			}
			other = (int128) amounts[clause->base] * 1000000 - named;
			floors += other / 1000000;
			before += other % 1000000 > mine % 1000000;
			part = mine / 1000000 +
				(before < amounts[clause->base] - floors ? 1 : 0);
			if (part < clause->min)
				part = clause->min;
			if (clause->max >= 0 && part > clause->max)
				part = clause->max;
		}
		if (part > sale)
			return KTT_UNCOVERED;
		parts[i] = (int64_t) part;
		sum += part;
	}
	if (sum > sale)
		return KTT_UNCOVERED;
	if (rest >= 0)
		parts[rest] = (int64_t) (sale - sum);
	return KTT_OK;
}

static void
TestRandom(void)
{
	static Rule rule;
	static ktt_split split;
	static char text[64 * 400];
	unsigned long holding = 0;
	ktt_fault	fault;

	for (int round = 0; round < ROUNDS; round++)
	{
		bool		closed = Random(4) == 0;
		unsigned char packed[KTT_SPLIT_PACKED_MAX];
		ktt_rule	terms;
		int64_t		parts[64];
		int64_t		expected[64];
		int64_t		sum = 0;
		int64_t		sale = RandomAmount();
		int64_t		cost = Random(8) == 0 ? sale : (int64_t) (Random((uint64_t) sale + 1));
		int64_t		units = Random(8) == 0 ? RandomAmount() : (int64_t) Random(20);
		size_t		count;
		int64_t		volume = Random(8) == 0 ? RandomAmount() : (int64_t) Random(10000);
		ktt_status	status;
		ktt_status	expected_status;

		if (closed)
			MakeClosed(&rule);
		else
			MakeOpen(&rule);
		if (!CHECK(ktt_split_parse(text, Write(&rule, text), &split, &fault) == KTT_OK,
				   "a generated rule parses"))
		{
			printf("%.*s: %s\n", (int) Write(&rule, text), text, fault.reason);
			return;
		}

		/* Evaluate what was packed, as the server does. */
		CHECK(ktt_rule_unpack(packed, (size_t) (ktt_split_pack(packed, &split) - packed),
							  &terms), "the terms come back");
		count = terms.count;
		CHECK(count == (size_t) rule.count, "all the terms come back");
		status = ktt_split_evaluate(&terms, &(ktt_sale) {sale, cost, units, volume},
									parts, &fault);
		expected_status = Reference(&rule, sale, cost, units, volume, expected);
		CHECK(status == expected_status, "the rule holds or not");
		CHECK(status == KTT_OK || !closed, "a rule without rest holds at every price");
		if (status != KTT_OK)
			continue;
		holding++;
		CHECK(memcmp(parts, expected, count * sizeof(parts[0])) == 0,
			  "parts equal the reference");
		for (size_t i = 0; i < count; i++)
			sum += parts[i];
		CHECK(sum == sale, "parts sum to the sale");
	}
	CHECK(holding > ROUNDS / 2, "most of the random rules hold");
	printf("%lu of %d random splits hold\n", holding, ROUNDS);
}

static void
CheckVolume(const char *rule, int64_t sale, int64_t cost, int64_t volume,
			const int64_t *expected)
{
	ktt_split	split;
	ktt_fault	fault;
	int64_t		parts[64];

	if (CHECK(ktt_split_parse(rule, strlen(rule), &split, &fault) == KTT_OK, rule) &&
		CHECK(ktt_split_evaluate(&split.rule, &(ktt_sale) {sale, cost, 1, volume},
								 parts, &fault) == KTT_OK, rule))
		CHECK(memcmp(parts, expected, split.rule.count * sizeof(parts[0])) == 0, rule);
}

static void
CheckParts(const char *rule, int64_t sale, int64_t cost, int64_t units,
		   const int64_t *expected)
{
	ktt_split	split;
	ktt_fault	fault;
	int64_t		parts[64];

	if (CHECK(ktt_split_parse(rule, strlen(rule), &split, &fault) == KTT_OK, rule) &&
		CHECK(ktt_split_evaluate(&split.rule, &(ktt_sale) {sale, cost, units, 0},
								 parts, &fault) == KTT_OK, rule))
		CHECK(memcmp(parts, expected, split.rule.count * sizeof(parts[0])) == 0, rule);
}

#define PARTS(...) ((const int64_t[]) {__VA_ARGS__})

static void
TestKnown(void)
{
	CheckParts("a 90% of margin, b 10% of margin, c cost", 10, 5, 1, PARTS(5, 0, 5));
	CheckParts("a 50% of sale, b 50% of sale", 1, 0, 1, PARTS(1, 0));
	CheckParts("b rest, a 50% of sale", 1, 0, 1, PARTS(0, 1));
	CheckParts("a 33.3333% of sale, b 33.3333% of sale, c 33.3334% of sale", 100, 0, 1,
			   PARTS(33, 33, 34));
	CheckParts("a 10% of margin min 20 max 500, b rest", 100, 0, 1, PARTS(20, 80));
	CheckParts("a 10% of margin min 20 max 500, b rest", 10000, 0, 1, PARTS(500, 9500));
	CheckParts("a 10% of margin min 20 max 500, b rest", 1000, 100, 1, PARTS(90, 910));
	CheckParts("a 7 per unit, b 5 per order, c rest", 100, 0, 3, PARTS(21, 5, 74));
	CheckParts("a 7 per unit, b rest", 100, 0, 0, PARTS(0, 100));
	CheckParts("a cost, b 5% of cost, c rest", 200, 100, 1, PARTS(100, 5, 95));
	CheckParts("a 100% of sale", INT64_MAX, 0, 1, PARTS(INT64_MAX));
	CheckParts("a 100% of cost, b 100% of margin", INT64_MAX, 1, 1,
			   PARTS(1, INT64_MAX - 1));
	CheckParts("a 0% of sale, b rest", 0, 0, 0, PARTS(0, 0));
}

#define LADDER "ladder(0: 10%, 1000: 15%, 5000: 25%) of sale, b rest"

static void
TestLadders(void)
{
	CheckVolume("a " LADDER, 400, 0, 0, PARTS(40, 360));
	CheckVolume("a " LADDER, 400, 0, 800, PARTS(20 + 30, 350));
	CheckVolume("a " LADDER, 6000, 0, 500, PARTS(50 + 600 + 375, 4975));
	CheckVolume("a " LADDER, 400, 0, 5000, PARTS(100, 300));
	CheckVolume("a whole " LADDER, 400, 0, 599, PARTS(40, 360));
	CheckVolume("a whole " LADDER, 400, 0, 600, PARTS(60, 340));
	CheckVolume("a whole " LADDER, 6000, 0, 0, PARTS(1500, 4500));
	CheckVolume("a " LADDER, 0, 0, 5000, PARTS(0, 0));
	CheckVolume("a " LADDER, 4, 0, INT64_MAX - 4, PARTS(1, 3));
	CheckVolume("a whole " LADDER, INT64_MAX, 0, 0,
				PARTS(INT64_MAX / 4 + 1, INT64_MAX - INT64_MAX / 4 - 1));
	CheckVolume("a ladder(0: 100%) of sale, b rest", INT64_MAX, 0, 0, PARTS(INT64_MAX, 0));
	CheckVolume("a ladder(0: 0%, 9223372036854775807: 100%) of sale, b rest", 7, 0,
				INT64_MAX - 7, PARTS(0, 7));
	CheckVolume("a whole ladder(0: 0%, 9223372036854775807: 100%) of sale, b rest", 7, 0,
				INT64_MAX - 7, PARTS(7, 0));
	CheckVolume("a ladder(0: 10%, 50: 20%) of margin min 5 max 12, b rest", 100, 50, 0,
				PARTS(5, 95));
	CheckVolume("a ladder(0: 10%, 50: 20%) of margin min 5 max 12, b rest", 100, 20, 50,
				PARTS(12, 88));
	/* A ladder competes for the unit left over like any other rate of its base. */
	CheckVolume("a ladder(0: 50%, 1: 0%) of sale, b 50% of sale, c rest", 1, 0, 0,
				PARTS(1, 0, 0));
}

static void
CheckRefused(const char *rule, int64_t sale, int64_t cost, int64_t units,
			 ktt_status status, const char *reason)
{
	ktt_split	split;
	ktt_fault	fault;
	int64_t		parts[64];

	if (!CHECK(ktt_split_parse(rule, strlen(rule), &split, &fault) == KTT_OK, rule))
		return;
	CHECK(ktt_split_evaluate(&split.rule, &(ktt_sale) {sale, cost, units, 0},
							 parts, &fault) == status, rule);
	if (!CHECK(strcmp(fault.reason, reason) == 0, reason))
		printf("got: %s\n", fault.reason);
}

static void
CheckVolumeRefused(const char *rule, int64_t sale, int64_t volume, ktt_status status,
				   const char *reason)
{
	ktt_split	split;
	ktt_fault	fault;
	int64_t		parts[64];

	if (!CHECK(ktt_split_parse(rule, strlen(rule), &split, &fault) == KTT_OK, rule))
		return;
	CHECK(ktt_split_evaluate(&split.rule, &(ktt_sale) {sale, 0, 1, volume},
							 parts, &fault) == status, rule);
	if (!CHECK(strcmp(fault.reason, reason) == 0, reason))
		printf("got: %s\n", fault.reason);
}

static void
TestRefusals(void)
{
	int64_t		part;
	ktt_fault	fault;

	CheckRefused("a rest", -1, 0, 1, KTT_VALUE, "The sale is -1, below zero.");
	CheckRefused("a rest", 5, 6, 1, KTT_VALUE,
				 "The cost is 6, outside 0 to the sale of 5.");
	CheckRefused("a rest", 5, -1, 1, KTT_VALUE,
				 "The cost is -1, outside 0 to the sale of 5.");
	CheckRefused("a rest", 5, 5, -1, KTT_VALUE, "The units are -1, below zero.");
	CheckRefused("a 50 per unit, b rest", 99, 0, 2, KTT_UNCOVERED,
				 "The parts come to 100, but the sale is 99.");
	CheckRefused("a 90% of sale, b cost, c rest", 100, 50, 1, KTT_UNCOVERED,
				 "The parts come to 140, but the sale is 100.");
	CheckRefused("a 1% of sale min 20, b rest", 19, 0, 1, KTT_UNCOVERED,
				 "The parts come to 20, but the sale is 19.");
	CheckRefused("a 9223372036854775807 per unit, b rest", INT64_MAX, 0, INT64_MAX,
				 KTT_UNCOVERED,
				 "The parts come to more than 9223372036854775807, but the sale is 9223372036854775807.");
	CheckRefused("a 9223372036854775807 per order, b 1 per order, c rest", INT64_MAX, 0, 1,
				 KTT_UNCOVERED,
				 "The parts come to more than 9223372036854775807, but the sale is 9223372036854775807.");
	/* Bytes that were damaged behind our back must not make money vanish. */
	CHECK(ktt_split_evaluate(&(ktt_rule) {.count = 1, .terms = {{.kind = KTT_TERM_COST}}},
							 &(ktt_sale) {.sale = 6, .cost = 5}, &part, &fault) == KTT_UNCOVERED &&
		  strcmp(fault.reason, "The parts come to 5, but the sale is 6.") == 0, "no rest");
	CheckVolumeRefused("a rest", 5, -1, KTT_VALUE, "The volume is -1, below zero.");
	CheckVolumeRefused("a ladder(0: 1%) of sale, b rest", 6, INT64_MAX - 5, KTT_RANGE,
					   "The volume of 9223372036854775802 and the base of 6 come to more than 9223372036854775807.");
	CheckVolumeRefused("a ladder(0: 1%) of sale, b rest", INT64_MAX, INT64_MAX, KTT_RANGE,
					   "The volume of 9223372036854775807 and the base of 9223372036854775807 come to more than 9223372036854775807.");
}

int
main(void)
{
	TestRandom();
	TestKnown();
	TestLadders();
	TestRefusals();
	return unit_report();
}
