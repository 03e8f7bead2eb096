/*
 * Questions about random rules: the bounds within which a rule holds, against
 * trying every sale of the range, and reasons, against what they say of
 * themselves.
 */
#include "core/split_answer.h"
#include "unit.h"

#include <string.h>

#define ROUNDS 6000
#define RULE_MAX 8192

static uint64_t seed = 362436069362436069;
static unsigned long pauses;

static uint64_t
Random(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed * UINT64_C(2685821657736338717) >> 1) % below;
}

static void
Pause(void)
{
	pauses++;
}

/* Rates that have much or little in common with a million, up to a limit. */
static int
RandomRate(int most)
{
	static const int grains[] = {100000, 50000, 10000, 5000, 1000, 500, 100, 1};
	int			grain = grains[Random(8)];

	return most < grain ? most : (int) Random((uint64_t) (most / grain) + 1) * grain;
}

/* The most often small amounts of min, max and steps. */
static long long
RandomAmount(void)
{
	return (long long) Random(Random(4) ? 60 : 2000);
}

static char *
WriteRate(char *out, int rate)
{
	return out + sprintf(out, "%d.%04d%%", rate / 10000, rate % 10000);
}

static char *
WriteLadder(char *out, int rate)
{
	int			steps = 1 + (int) Random(4);
	int			highest = (int) Random((uint64_t) steps);
	long long	from = 0;

	out += sprintf(out, Random(2) ? "ladder(" : "whole ladder(");
	for (int i = 0; i < steps; i++)
	{
		out += sprintf(out, i > 0 ? ", %lld: " : "%lld: ", from);
		out = WriteRate(out, i == highest ? rate : RandomRate(rate));
		from += 1 + RandomAmount();
	}
	return out + sprintf(out, ")");
}

/*
 * A rule with a rest whose rates often come close to the sale or above it:
 * that is where it begins or ends to hold.
 */
static void
WriteRule(char *out)
{
	static const char *const bases[] = {"sale", "cost", "margin"};
	int			left[3] = {1000000, 1000000, 1000000};
	int			count = (int) (Random(40) ? Random(6) : Random(63));
	bool		cost = Random(3) == 0;

	out += sprintf(out, cost ? "c cost, r rest" : "r rest");
	for (int i = 0; i < count; i++)
	{
		int			base = (int) Random(3);
		int			rate = Random(3) ? RandomRate(left[base]) : left[base] - RandomRate(left[base] / 100);
		long long	min = RandomAmount();

		out += sprintf(out, ", p%d ", i);
		if (Random(6) == 0)
		{
			out += sprintf(out, "%lld per %s", RandomAmount(), Random(2) ? "unit" : "order");
			continue;
		}
		left[base] -= rate;
		out = Random(4) || i > 12 ? WriteRate(out, rate) : WriteLadder(out, rate);
		out += sprintf(out, " of %s", bases[base]);
		if (Random(4) == 0)
			out += sprintf(out, " min %lld", min);
		if (Random(4) == 0)
			out += sprintf(out, " max %lld", min + RandomAmount());
	}
}

static bool
Parse(const char *text, ktt_split *split)
{
	ktt_fault	fault;

	if (CHECK(ktt_split_parse(text, strlen(text), split, &fault) == KTT_OK, text))
		return true;
	printf("%s\n", fault.reason);
	return false;
}

/* Try every sale of the range. */
static ktt_failures
TryAll(const ktt_rule *rule, ktt_sale sale, int64_t lowest, int64_t highest)
{
	ktt_failures failures = {0};

	for (sale.sale = lowest;; sale.sale++)
	{
		int64_t		parts[KTT_SPLIT_CLAUSES];
		ktt_fault	fault;

		if (ktt_split_evaluate(rule, &sale, parts, &fault) != KTT_OK)
		{
			if (!failures.any)
				failures.lowest = sale.sale;
			failures.any = true;
			failures.highest = sale.sale;
		}
		if (sale.sale == highest)
			return failures;
	}
}

static bool
SameFailures(const ktt_failures *left, const ktt_failures *right)
{
	return left->any == right->any &&
		(!left->any || (left->lowest == right->lowest && left->highest == right->highest));
}

static bool
CheckRange(const char *text, const ktt_rule *rule, const ktt_sale *sale,
		   int64_t lowest, int64_t highest, ktt_failures *expected)
{
	ktt_failures found;

	*expected = TryAll(rule, *sale, lowest, highest);
	ktt_split_search(rule, sale, lowest, highest, Pause, &found);
	if (CHECK(SameFailures(&found, expected), text))
		return true;
	printf("from %lld to %lld, cost %lld, units %lld, volume %lld: expected %d %lld %lld, found %d %lld %lld\n",
		   (long long) lowest, (long long) highest, (long long) sale->cost,
		   (long long) sale->units, (long long) sale->volume,
		   expected->any, (long long) expected->lowest, (long long) expected->highest,
		   found.any, (long long) found.lowest, (long long) found.highest);
	return false;
}

/* A range that starts where something happens; most are short, some are not. */
static void
RandomRange(int64_t *lowest, int64_t *highest)
{
	int64_t		width = (int64_t) Random(Random(16) ? 1500 : 30000);

	switch (Random(12))
	{
		case 0:
			*highest = INT64_MAX - (int64_t) Random(3);
			*lowest = *highest - width;
			break;
		case 1:
			*lowest = (int64_t) Random(INT64_MAX / 2);
			*highest = *lowest + width;
			break;
		case 2:
			*lowest = -(int64_t) Random(30);
			*highest = *lowest + width;
			break;
		default:
			*lowest = (int64_t) Random(Random(2) ? 30 : 2000);
			*highest = *lowest + width;
	}
}

static int64_t
RandomVolume(int64_t highest)
{
	switch (Random(6))
	{
		case 0:
			return INT64_MAX - (int64_t) Random(2000);
		case 1:
			return INT64_MAX - highest + (int64_t) Random(highest < 1500 ? highest + 1 : 1500);
		default:
			return (int64_t) Random(3000);
	}
}

static void
TestBounds(void)
{
	static char text[RULE_MAX];
	static ktt_split split;
	unsigned long none = 0;
	unsigned long all = 0;
	unsigned long some = 0;

	for (int round = 0; round < ROUNDS; round++)
	{
		ktt_sale	sale;
		ktt_failures failures;
		int64_t		lowest;
		int64_t		highest;

		WriteRule(text);
		if (!Parse(text, &split))
			return;
		RandomRange(&lowest, &highest);
		sale = (ktt_sale) {.cost = Random(3) ? RandomAmount() : 0, .units = (int64_t) Random(5),
			.volume = RandomVolume(highest > 0 ? highest : 0)};
		if (Random(4) == 0 && lowest >= 0)
			sale.cost = lowest + (int64_t) Random(20) - (lowest > 10 ? 10 : 0);
		if (!CheckRange(text, &split.rule, &sale, lowest, highest, &failures))
			return;
		if (!failures.any)
			none++;
		else if (failures.lowest == lowest && failures.highest == highest)
			all++;
		else
			some++;
	}
	printf("of %d rules %lu hold everywhere, %lu at neither end, %lu change\n",
		   ROUNDS, none, all, some);
	CHECK(none > ROUNDS / 10 && some > ROUNDS / 5, "rules of every sort were tried");
}

/* Rates that nearly make up the sale: the rounding decides for many periods. */
static void
TestNarrowBounds(void)
{
	static const char *const rules[] = {
		"a 50.1% of sale, b 50% of margin, c rest",
		"a 50.1% of sale, b 49.8% of margin, c rest",
		"a 50.01% of sale, b 50% of margin, c rest",
		"a 49.97% of sale, b 50.02% of margin, c rest",
		"a 30.5% of sale, b 30% of margin, d 19.7% of sale, e 20% of margin, c 1 per unit, f rest",
		"a whole ladder(0: 50.1%, 9000: 50%, 20000: 49.9%) of sale, b 50% of margin min 40 max 9000, c rest",
		"a ladder(0: 50.2%, 9000: 50%, 20000: 49.9%) of margin, b 49.9% of sale min 4000, c rest",
	};
	ktt_split	split;
	ktt_failures failures;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		for (int round = 0; round < 40 && Parse(rules[i], &split); round++)
		{
			int64_t		lowest = (int64_t) Random(10000);
			ktt_sale	sale = {.cost = (int64_t) Random(100), .units = (int64_t) Random(9),
				.volume = (int64_t) Random(20000)};

			CheckRange(rules[i], &split.rule, &sale, lowest,
					   lowest + (int64_t) Random(50000), &failures);
		}
}

static void
CheckSearch(const char *text, int64_t cost, int64_t units, int64_t volume,
			int64_t lowest, int64_t highest, ktt_failures expected)
{
	ktt_split	split;
	ktt_sale	sale = {0, cost, units, volume};
	ktt_failures found;

	if (!Parse(text, &split))
		return;
	ktt_split_search(&split.rule, &sale, lowest, highest, Pause, &found);
	if (!CHECK(SameFailures(&found, &expected), text))
		printf("found %d %lld %lld\n", found.any, (long long) found.lowest,
			   (long long) found.highest);
}

#define NONE ((ktt_failures) {0})
#define FAILS(from, to) ((ktt_failures) {true, (from), (to)})

static void
TestKnownBounds(void)
{
	const int64_t top = INT64_MAX;

	CheckSearch("a rest", 0, 1, 0, 0, top, NONE);
	CheckSearch("a rest", 0, 1, 0, INT64_MIN, top, FAILS(INT64_MIN, -1));
	CheckSearch("a rest", -1, 1, 0, 0, 9, FAILS(0, 9));
	CheckSearch("a rest", 0, -1, 0, 0, 9, FAILS(0, 9));
	CheckSearch("a rest", 0, 1, -1, 0, 9, FAILS(0, 9));
	CheckSearch("a rest", 10, 1, 0, 0, 9, FAILS(0, 9));
	CheckSearch("a rest", 10, 1, 0, 0, 10, FAILS(0, 9));
	CheckSearch("a cost, b 100% of margin", 7, 1, 0, 7, top, NONE);
	CheckSearch("a 7 per unit, b rest", 0, 3, 0, 0, top, FAILS(0, 20));
	CheckSearch("a 9223372036854775807 per unit, b rest", 0, 3, 0, 0, top, FAILS(0, top));
	CheckSearch("a 9223372036854775807 per order, b rest", 0, 3, 0, 0, top, FAILS(0, top - 1));
	CheckSearch("a cost, b 10% of sale, c rest", 900, 1, 0, 0, top, FAILS(0, 999));
	CheckSearch("a 1% of sale min 20, b rest", 0, 1, 0, 0, top, FAILS(0, 19));
	CheckSearch("a 100% of sale min 20 max 20, b rest", 0, 1, 0, 0, top, FAILS(0, 19));
	CheckSearch("a 100% of sale, b 100% of margin max 5, c rest", 10, 1, 0, 10, top,
				FAILS(11, top));
	CheckSearch("a 1 per order, b 99.9999% of sale, c rest", 0, 1, 0, 0, top, FAILS(0, 500000));
	CheckSearch("a 99.9999% of sale, b 0.0002% of margin, c rest", top / 2, 1, 0, 0, top,
				FAILS(0, top / 2 - 1));
	CheckSearch("a ladder(0: 10%, 1000: 90%) of sale, b 50% of cost, c rest", 1000, 1, 0, 0, top,
				FAILS(0, 999));
	CheckSearch("a ladder(0: 10%) of sale, b rest", 0, 1, 100, 0, top, FAILS(top - 99, top));
	CheckSearch("a ladder(0: 10%) of margin, b rest", 90, 1, 100, 90, top, FAILS(top - 9, top));
	CheckSearch("a ladder(0: 10%) of margin, b rest", 100, 1, 100, 100, top, NONE);
	CheckSearch("a ladder(0: 10%) of margin, b rest", 101, 1, 100, 101, top, NONE);
	CheckSearch("a ladder(0: 10%) of cost, b rest", 100, 1, top - 100, 100, top, NONE);
	CheckSearch("a ladder(0: 10%) of cost, b rest", 101, 1, top - 100, 0, top, FAILS(0, top));
	CheckSearch("a whole ladder(0: 0%, 1000: 60%, 2000: 0%) of sale, b 40% of sale max 800, c rest",
				0, 1, 0, 0, top, NONE);
	/* Half of the sale and half of the margin, rounded: every residue of a million. */
	CheckSearch("a 50.0001% of sale, b 49.9999% of margin, c rest", 0, 1, 0, 0, top,
				FAILS(500000, top - 275807));
	CHECK(pauses > 1000, "a long search pauses");
}

/* Reasons say how each clause came to its part. */
static void
TestReasons(void)
{
	static char text[RULE_MAX];
	static ktt_split split;
	unsigned long bounds = 0;

	for (int round = 0; round < ROUNDS; round++)
	{
		ktt_sale	sale = {0, RandomAmount(), (int64_t) Random(5), (int64_t) Random(3000)};
		ktt_reason	reasons[KTT_SPLIT_CLAUSES];
		int64_t		parts[KTT_SPLIT_CLAUSES];
		ktt_fault	fault;
		ktt_status	status;

		WriteRule(text);
		if (!Parse(text, &split))
			return;
		sale.sale = sale.cost + RandomAmount();
		status = ktt_split_evaluate(&split.rule, &sale, parts, &fault);
		CHECK(ktt_split_explain(&split.rule, &sale, reasons, &fault) == status, text);
		for (size_t i = 0; status == KTT_OK && i < split.rule.count; i++)
		{
			const ktt_term *term = &split.rule.terms[i];
			const ktt_reason *reason = &reasons[i];
			ktt_uint128 exact = (ktt_uint128) reason->whole * KTT_RATE_ONE + reason->millionths;
			ktt_uint128 rounded = (ktt_uint128) reason->rounded * KTT_RATE_ONE;
			int64_t		part = reason->rounded;

			CHECK(reason->part == parts[i], "the part");
			CHECK(rounded + KTT_RATE_ONE > exact &&
				  exact + KTT_RATE_ONE > rounded, "rounded by less than a unit");
			if (reason->bound != 0)
			{
				part = reason->bound == KTT_TERM_MIN ? term->min : term->max;
				bounds++;
				CHECK(reason->bound == KTT_TERM_MIN ? part > reason->rounded
					  : part < reason->rounded, "a bound counts only where it must");
			}
			CHECK(reason->part == part, "rounded and within bounds is the part");
			CHECK(reason->is_rate == ktt_term_is_rate(term), "a rate has a base");
			if (reason->is_rate)
				CHECK(reason->base == (term->kind == KTT_TERM_OF_SALE ? sale.sale :
									   term->kind == KTT_TERM_OF_COST ? sale.cost :
									   sale.sale - sale.cost), "the base");
			else
				CHECK(rounded == exact, "amounts need no rounding");
			if (reason->is_rate && term->scale == KTT_SCALE_NONE)
				CHECK(exact == (ktt_uint128) reason->base * term->rate, "the exact share");
		}
	}
	CHECK(bounds > ROUNDS / 20, "bounds counted");
}

int
main(void)
{
	TestBounds();
	TestNarrowBounds();
	TestKnownBounds();
	TestReasons();
	return unit_report();
}
