/* Rules that must be accepted, written by their documented formats alone. */
#include "targets.h"

#include <inttypes.h>

#define CLAUSES_MAX 64
#define STEPS_MAX 64
#define ONE 1000000				/* 100 % */

/* The kinds of packed terms. */
enum kind
{
	COST = 1, OF_SALE, OF_COST, OF_MARGIN, PER_UNIT, PER_ORDER, REST
};

enum ladder
{
	PLAIN, MARGINAL, WHOLE
};

typedef struct clause
{
	char		party[64];
	enum kind	kind;
	enum ladder ladder;
	int64_t		rate;			/* of a ladder, that of its highest step */
	int64_t		amount;
	int64_t		min;			/* -1 for none */
	int64_t		max;
	size_t		steps;
	int64_t		from[STEPS_MAX + 1];
	int64_t		rates[STEPS_MAX + 1];
} clause;

typedef struct rule
{
	size_t		count;
	size_t		steps;
	clause		clauses[CLAUSES_MAX + 1];
} rule;

static clause *
add_clause(rule *rule, enum kind kind)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz_";
	static const char later[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	clause	   *added = &rule->clauses[rule->count];
	size_t		length = 1 + (size_t) chance_below(one_in(40) ? 60 : 4);

	*added = (clause) {.kind = kind, .min = -1, .max = -1};
	added->party[0] = first[chance_below(sizeof(first) - 1)];
	for (size_t i = 1; i < length; i++)
		added->party[i] = later[chance_below(sizeof(later) - 1)];

	/* The closing two digits make it the only one of its name. */
	snprintf(added->party + length, 3, "%02zu", rule->count);
	rule->count++;
	return added;
}

static int64_t
any_rate(int64_t most)
{
	static const int64_t usual[] = {0, 1, 333333, 999999, 1000000, 20000, 150000, 500};
	int64_t		rate = one_in(3) ? usual[chance_below(8)] : chance_between(0, most);

	return rate <= most ? rate : most;
}

static void
add_ladder(rule *rule, clause *rated)
{
	int64_t		from = 0;
	size_t		wanted = 1 + (size_t) chance_below(one_in(10) ? STEPS_MAX : 4);
	int64_t		most = rated->rate;

	rated->ladder = one_in(2) ? MARGINAL : WHOLE;
	rated->rate = 0;
	while (rated->steps < wanted && rule->steps < STEPS_MAX)
	{
		int64_t		rate = chance_between(0, most);

		rated->from[rated->steps] = from;
		rated->rates[rated->steps++] = rate;
		rule->steps++;
		if (rate > rated->rate)
			rated->rate = rate;
		if (from == INT64_MAX)
			break;
		from += chance_between(1, one_in(8) ? INT64_MAX - from : (INT64_MAX - from < 1000000 ? INT64_MAX - from : 1000000));
	}
}

/* Clauses of one base whose rates come to 100 % together, or to less. */
static void
add_rates(rule *rule, enum kind kind, size_t count, bool all)
{
	int64_t		left = ONE;

	for (size_t i = 0; i < count && rule->count < CLAUSES_MAX - 1; i++)
	{
		clause	   *rated = add_clause(rule, kind);
		bool		last = i + 1 == count || rule->count == CLAUSES_MAX - 1;

		rated->rate = all && last ? left : any_rate(left);
		if (!all && rule->steps < STEPS_MAX && one_in(4))
			add_ladder(rule, rated);
		left -= rated->rate;
		if (!all && one_in(3))
			rated->min = chance_between(0, one_in(4) ? INT64_MAX : 1000);
		if (!all && one_in(3))
			rated->max = chance_between(rated->min < 0 ? 0 : rated->min, INT64_MAX);
	}
}

static void
make_rule(rule *rule)
{
	size_t		few = one_in(60) ? CLAUSES_MAX : 3;

	rule->count = rule->steps = 0;
	if (one_in(4))
	{
		/* All of the sale, or all of cost and margin, and no rest. */
		if (one_in(2))
			add_rates(rule, OF_SALE, 1 + (size_t) chance_below(few), true);
		else
		{
			if (one_in(2))
				add_clause(rule, COST);
			else
				add_rates(rule, OF_COST, 1 + (size_t) chance_below(few / 2), true);
			add_rates(rule, OF_MARGIN, 1 + (size_t) chance_below(few / 2), true);
		}
		return;
	}
	if (one_in(2))
		add_clause(rule, COST);
	for (enum kind kind = OF_SALE; kind <= OF_MARGIN; kind++)
		add_rates(rule, kind, (size_t) chance_below(few), false);
	for (size_t i = (size_t) chance_below(few); i > 0 && rule->count < CLAUSES_MAX - 1; i--)
		add_clause(rule, one_in(2) ? PER_UNIT : PER_ORDER)->amount =
			chance_between(0, one_in(4) ? INT64_MAX : 100);
	add_clause(rule, REST);
	if (one_in(2))
	{
		size_t		other = (size_t) chance_below(rule->count);
		clause		moved = rule->clauses[other];

		rule->clauses[other] = rule->clauses[rule->count - 1];
		rule->clauses[rule->count - 1] = moved;
	}
}

/* A rule that each clause alone could be part of, but not together. */
static void
make_wrong_rule(rule *rule)
{
	clause	   *added;

	rule->count = rule->steps = 0;
	switch (chance_below(9))
	{
		case 0:
			add_clause(rule, REST);
			break;
		case 1:
			add_clause(rule, COST);
			add_clause(rule, COST);
			break;
		case 2:
			add_clause(rule, COST);
			memcpy(rule->clauses[0].party, "twice", 6);
			added = add_clause(rule, PER_UNIT);
			memcpy(added->party, "twice", 6);
			break;
		case 3:
			add_clause(rule, OF_MARGIN)->rate = any_rate(ONE);
			add_clause(rule, OF_MARGIN)->rate = ONE + 1 - rule->clauses[0].rate;
			break;
		case 4:
			add_clause(rule, OF_SALE)->rate = ONE + 1;
			break;
		case 5:
			added = add_clause(rule, OF_COST);
			added->min = chance_between(1, INT64_MAX);
			added->max = added->min - 1;
			break;
		case 6:
			while (rule->count < CLAUSES_MAX)
				add_clause(rule, PER_ORDER);
			break;
		case 7:
			/* Steps that do not climb, or too many of them. */
			added = add_clause(rule, OF_SALE);
			added->ladder = one_in(2) ? MARGINAL : WHOLE;
			added->steps = one_in(2) ? 2 : STEPS_MAX + 1;
			for (size_t i = 1; added->steps > 2 && i < added->steps; i++)
				added->from[i] = (int64_t) i;
			break;
		default:
			/* No rest, and something is left. */
			add_clause(rule, COST);
			added = add_clause(rule, OF_MARGIN);
			added->rate = one_in(2) ? ONE : ONE - 1;
			if (added->rate == ONE)
				added->max = INT64_MAX;
			return;
	}
	add_clause(rule, REST);
}

static void
put_space(input *in, bool needed)
{
	if (needed || one_in(10))
		put(in, "%c", one_in(6) ? "\t\n\v\f\r"[chance_below(5)] : ' ');
}

static void
put_word(input *in, const char *word)
{
	bool		shout = one_in(20);

	for (; *word != '\0'; word++)
		put(in, "%c", shout && *word >= 'a' && *word <= 'z' ? *word - 'a' + 'A' : *word);
}

static void
put_rate(input *in, int64_t rate)
{
	put(in, "%" PRId64, rate / (ONE / 100));
	if (rate % (ONE / 100) != 0 || one_in(10))
		put(in, ".%04" PRId64, rate % (ONE / 100));
	put_space(in, false);
	put(in, "%%");
	put_space(in, false);
}

static void
put_base(input *in, const clause *rated)
{
	static const char *const bases[] = {[OF_SALE] = "sale",[OF_COST] = "cost",[OF_MARGIN] = "margin"};

	if (rated->ladder != PLAIN)
	{
		put_word(in, rated->ladder == WHOLE ? "whole ladder" : "ladder");
		put_space(in, false);
		put(in, "(");
		for (size_t i = 0; i < rated->steps; i++)
		{
			put(in, "%s%" PRId64, i > 0 ? "," : "", rated->from[i]);
			put_space(in, false);
			put(in, ":");
			put_space(in, false);
			put_rate(in, rated->rates[i]);
		}
		put(in, ")");
	}
	else
		put_rate(in, rated->rate);
	put_word(in, "of");
	put_space(in, true);
	put_word(in, bases[rated->kind]);
	if (rated->min >= 0)
		put(in, " min %" PRId64, rated->min);
	if (rated->max >= 0)
		put(in, " max %" PRId64, rated->max);
}

static void
put_clause(input *in, const clause *clause)
{
	put_space(in, false);
	put_word(in, clause->party);
	put_space(in, true);
	switch (clause->kind)
	{
		case COST:
			put_word(in, "cost");
			break;
		case REST:
			put_word(in, "rest");
			break;
		case PER_UNIT:
			put(in, "%" PRId64 " per unit", clause->amount);
			break;
		case PER_ORDER:
			put(in, "%" PRId64 " per order", clause->amount);
			break;
		default:
			put_base(in, clause);
			break;
	}
	put_space(in, false);
}

void
make_split_text(input *in, bool wrong)
{
	static rule rule;

	if (wrong)
		make_wrong_rule(&rule);
	else
		make_rule(&rule);
	for (size_t i = 0; i < rule.count; i++)
	{
		if (i > 0)
			put(in, ",");
		put_clause(in, &rule.clauses[i]);
	}
}

static void
put_term(input *in, const clause *clause)
{
	unsigned	kind = (unsigned) clause->kind;

	if (clause->ladder != PLAIN)
		kind = REST + 1 + (kind - OF_SALE) + (clause->ladder == WHOLE ? 3 : 0);
	put(in, "%c", (char) (kind + (clause->min >= 0 ? 0x10 : 0) + (clause->max >= 0 ? 0x20 : 0)));
	if (clause->ladder != PLAIN)
	{
		put_varint(in, clause->steps);
		for (size_t i = 0; i < clause->steps; i++)
		{
			if (i > 0)
				put_varint(in, (uint64_t) (clause->from[i] - clause->from[i - 1]));
			put_varint(in, (uint64_t) clause->rates[i]);
		}
	}
	else if (clause->kind >= OF_SALE && clause->kind <= OF_MARGIN)
		put_varint(in, (uint64_t) clause->rate);
	if (clause->kind == PER_UNIT || clause->kind == PER_ORDER)
		put_varint(in, (uint64_t) clause->amount);
	if (clause->min >= 0)
		put_varint(in, (uint64_t) clause->min);
	if (clause->max >= 0)
		put_varint(in, (uint64_t) clause->max);
}

void
make_split_packed(input *in, bool wrong)
{
	static rule rule;

	if (wrong)
		make_wrong_rule(&rule);
	else
		make_rule(&rule);
	put(in, "%c%c", 1, (char) rule.count);
	for (size_t i = 0; i < rule.count; i++)
		put_term(in, &rule.clauses[i]);
	for (size_t i = 0; i < rule.count; i++)
		put(in, "%c%s", (char) strlen(rule.clauses[i].party), rule.clauses[i].party);
}
