/*
 * For which sales of a range a rule holds, however wide the range is.
 *
 * The range is cut into stretches within which every rate is a straight line
 * of the sale, or a constant where its min or its max counts. How far the
 * parts are above the sale is then a line too, but for the rounding, which is
 * less than a unit a clause. Where the line is farther than that from zero it
 * decides alone. What remains is looked at sale by sale, at most for one
 * period of the rounding: the remainders repeat when the sale grows by
 * 1,000,000 over what it has in common with the rates, and the excess grows by
 * the same whole number from one period to the next.
 */
#include "split_answer.h"
#include "split_ladder.h"

__extension__ typedef __int128 int128;

#define PAUSE_AFTER 1024		/* sales looked at between two calls of pause */

typedef struct Search
{
	const ktt_rule *rule;
	ktt_sale	at;				/* at the start of the stretch */
	int64_t		end;			/* of the stretch */
	int128		fixed;			/* parts that do not depend on the sale */
	void		(*pause) (void);
	unsigned	looked;
	ktt_failures *failures;
} Search;

/* How far the parts come above the sale, in millionths: a line of the sale. */
typedef struct Excess
{
	int128		start;			/* at the start of the stretch */
	int64_t		slope;			/* from -1,000,000 to 1,000,000 */
	int64_t		slack;			/* rounding changes it by less than this */
	uint32_t	period;			/* of the rounding, in sales */
} Excess;

static void
AddFailures(ktt_failures *failures, int64_t lowest, int64_t highest)
{
	if (!failures->any)
		failures->lowest = lowest;
	failures->any = true;
	failures->highest = highest;
}

static int64_t
Least(int64_t left, int64_t right)
{
	return left < right ? left : right;
}

/* Let the stretch end before a share that grows by slope reaches an amount. */
static void
EndBefore(Search *search, ktt_uint128 share, uint32_t slope, int64_t amount)
{
	ktt_uint128 goal = (ktt_uint128) amount * KTT_RATE_ONE;
	ktt_uint128 sales;

	if (slope == 0 || share >= goal)
		return;
	sales = (goal - share + slope - 1) / slope;
	if (sales <= (ktt_uint128) (search->end - search->at.sale))
		search->end = search->at.sale + (int64_t) sales - 1;
}

/*
 * Add a rate of the sale or of the margin to the excess; returns whether
 * neither its min nor its max counts. A share below min is rounded to min at
 * most, one from max on to max at least: which of them counts does not depend
 * on the rounding.
 */
static bool
AddRate(Search *search, const ktt_term *term, Excess *excess, uint32_t *slope)
{
	const ktt_sale *sale = &search->at;
	int64_t		base = ktt_term_base(term, sale);
	ktt_uint128 share = ktt_term_share(search->rule, term, base, sale->volume);

	*slope = term->rate;
	if (term->scale != KTT_SCALE_NONE)
	{
		int64_t		reached = sale->volume + base;
		const ktt_step *step = ktt_ladder_step(search->rule, term, reached);
		const ktt_step *behind = search->rule->steps + term->first_step + term->step_count;

		*slope = step->rate;
		if (++step < behind && step->from - reached <= search->end - sale->sale)
			search->end = sale->sale + (step->from - reached) - 1;
	}
	if (term->bounds & KTT_TERM_MIN)
	{
		EndBefore(search, share, *slope, term->min);
		if (share < (ktt_uint128) term->min * KTT_RATE_ONE)
		{
			excess->start += (int128) term->min * KTT_RATE_ONE;
			return false;
		}
	}
	if (term->bounds & KTT_TERM_MAX)
	{
		EndBefore(search, share, *slope, term->max);
		if (share >= (ktt_uint128) term->max * KTT_RATE_ONE)
		{
			excess->start += (int128) term->max * KTT_RATE_ONE;
			return false;
		}
	}
	excess->start += (int128) share;
	excess->slope += *slope;
	return true;
}

static uint32_t
CommonDivisor(uint32_t left, uint32_t right)
{
	while (right > 0)
	{
		uint32_t	rest = left % right;

		left = right;
		right = rest;
	}
	return left;
}

/* The excess from the start of the stretch, whose end it moves. */
static Excess
MeasureExcess(Search *search)
{
	const ktt_rule *rule = search->rule;
	Excess		excess = {
		.start = (search->fixed - search->at.sale) * KTT_RATE_ONE,
		.slope = -KTT_RATE_ONE
	};
	uint32_t	common = KTT_RATE_ONE;

	for (unsigned kind = KTT_TERM_OF_SALE; kind <= KTT_TERM_OF_MARGIN; kind++)
	{
		int64_t		lines = 0;
		int64_t		constants = 0;

		if (kind == KTT_TERM_OF_COST)
			continue;
		for (size_t i = 0; i < rule->count; i++)
		{
			uint32_t	slope;

			if (rule->terms[i].kind != kind)
				continue;
			if (AddRate(search, &rule->terms[i], &excess, &slope))
				lines++;
			else
				constants++;
			common = CommonDivisor(common, slope);
		}

		/* All shares of a base and what nobody takes of it are rounded by 0 in
		 * sum, so the lines are rounded by as much as the others. */
		excess.slack += Least(lines, constants + 1) * KTT_RATE_ONE;
	}
	excess.period = KTT_RATE_ONE / common;
	return excess;
}

/* How many of the first sales of a stretch have an excess at one side of a goal. */
static int128
CountBelow(const Excess *excess, int128 goal)
{
	return excess->start >= goal ? 0
		: (goal - excess->start + excess->slope - 1) / excess->slope;
}

static int128
CountFrom(const Excess *excess, int128 goal)
{
	return excess->start < goal ? 0 : (excess->start - goal) / -excess->slope + 1;
}

/* How far the parts come above the sale, in whole units. */
static int128
ExcessAt(Search *search, int64_t sale)
{
	ktt_sale	given = search->at;
	int64_t		parts[KTT_SPLIT_CLAUSES];
	ktt_uint128 sum;

	if (++search->looked % PAUSE_AFTER == 0)
		search->pause();
	given.sale = sale;
	(void) ktt_split_claims(search->rule, &given, parts, &sum);
	return (int128) sum - sale;
}

/*
 * Look at the sales from lowest to highest, all within the stretch, and from
 * one period of each conclude on those that follow it in steps of the period.
 */
static void
Look(Search *search, const Excess *excess, int64_t lowest, int64_t highest)
{
	int64_t		last = highest - lowest < excess->period ? highest
		: lowest + excess->period - 1;
	int128		growth = (int128) excess->slope * excess->period / KTT_RATE_ONE;
	ktt_failures found = {0};

	for (int64_t sale = lowest;; sale++)
	{
		int128		above = ExcessAt(search, sale);
		int128		periods = (highest - sale) / excess->period;
		int128		first = 0;
		int128		until = periods;	/* the last that fails */

		if (above <= 0)
			first = growth <= 0 ? periods + 1 : -above / growth + 1;
		else if (growth < 0 && (above - 1) / -growth < periods)
			until = (above - 1) / -growth;
		if (first <= until)
		{
			int64_t		from = sale + (int64_t) first * excess->period;
			int64_t		to = sale + (int64_t) until * excess->period;

			if (!found.any || from < found.lowest)
				found.lowest = from;
			if (!found.any || to > found.highest)
				found.highest = to;
			found.any = true;
		}
		if (sale == last)
			break;
	}
	if (found.any)
		AddFailures(search->failures, found.lowest, found.highest);
}

/* Find the failures of a stretch: first what the line decides, then the rest. */
static void
JudgeStretch(Search *search, const Excess *excess)
{
	int64_t		start = search->at.sale;
	int128		sales = (int128) search->end - start + 1;
	int128		fails = excess->slack > 0 ? excess->slack : 1;	/* from this on */
	int128		holds = -excess->slack; /* up to this */
	int128		first;			/* sales before those that nothing decides */
	int128		open;			/* sales before those behind them */

	if (excess->slope > 0)
	{
		first = CountBelow(excess, holds + 1);
		open = CountBelow(excess, fails);
	}
	else if (excess->slope < 0)
	{
		first = CountFrom(excess, fails);
		open = CountFrom(excess, holds + 1);
	}
	else
	{
		first = excess->start > holds && excess->start < fails ? 0 : sales;
		open = sales;
	}
	if (first > sales)
		first = sales;
	if (open > sales)
		open = sales;

	if (first > 0 && excess->slope <= 0 && excess->start >= fails)
		AddFailures(search->failures, start, start + (int64_t) (first - 1));
	if (first < open)
		Look(search, excess, start + (int64_t) first, start + (int64_t) (open - 1));
	if (open < sales && excess->slope > 0)
		AddFailures(search->failures, start + (int64_t) open, search->end);
}

/* The highest sale that no ladder refuses; below the cost when there is none. */
static int64_t
HighestVolume(const ktt_rule *rule, const ktt_sale *given)
{
	int64_t		highest = INT64_MAX;

	for (size_t i = 0; i < rule->count; i++)
	{
		const ktt_term *term = &rule->terms[i];
		int64_t		room = INT64_MAX - given->volume;

		if (term->scale == KTT_SCALE_NONE)
			continue;
		if (term->kind == KTT_TERM_OF_MARGIN &&
			__builtin_add_overflow(room, given->cost, &room))
			room = INT64_MAX;
		if (term->kind == KTT_TERM_OF_COST)
			room = given->cost > room ? given->cost - 1 : INT64_MAX;
		highest = Least(highest, room);
	}
	return highest;
}

/* Sum the parts that do not depend on the sale; false when one fits no number. */
static bool
SumFixed(Search *search)
{
	int64_t		parts[KTT_SPLIT_CLAUSES];
	ktt_uint128 sum;

	if (!ktt_split_claims(search->rule, &search->at, parts, &sum))
		return false;
	for (size_t i = 0; i < search->rule->count; i++)
		if (search->rule->terms[i].kind != KTT_TERM_OF_SALE &&
			search->rule->terms[i].kind != KTT_TERM_OF_MARGIN)
			search->fixed += parts[i];
	return true;
}

void
ktt_split_search(const ktt_rule *rule, const ktt_sale *given, int64_t lowest,
				 int64_t highest, void (*pause) (void), ktt_failures *failures)
{
	Search		search = {.rule = rule, .at = *given, .pause = pause,
		.failures = failures};
	int64_t		top;

	failures->any = false;
	if (given->cost < 0 || given->units < 0 || given->volume < 0 ||
		highest < given->cost)
	{
		AddFailures(failures, lowest, highest);
		return;
	}
	if (lowest < given->cost)
	{
		AddFailures(failures, lowest, given->cost - 1);
		lowest = given->cost;
	}
	/* Without a rest a rule holds at every sale, or it would not be a rule. */
	if (rule->rest == 0)
		return;
	top = HighestVolume(rule, given);
	search.at.sale = lowest;
	if (top < lowest || !SumFixed(&search))
	{
		AddFailures(failures, lowest, highest);
		return;
	}
	for (;;)
	{
		Excess		excess;

		search.end = Least(highest, top);
		excess = MeasureExcess(&search);
		JudgeStretch(&search, &excess);
		pause();
		if (search.end >= Least(highest, top))
			break;
		search.at.sale = search.end + 1;
	}
	if (top < highest)
		AddFailures(failures, top + 1, highest);
}
