/* How many rows are below a chain, or above it, by the column's statistics. */
#include "chain_estimate.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include <math.h>

/* Values of the other side that a join is judged by. */
#define SAMPLES 50

/* What is known of a column of chains. Fractions are of all its rows. */
typedef struct Statistics
{
	AttStatsSlot common;		/* most common values, with their fractions */
	AttStatsSlot histogram;		/* of the others */
	double		common_sum;
	double		others;			/* rows that are neither common nor null */
	double		distinct;		/* different values */
	double		depth;			/* of the values on average */
} Statistics;

static void
AddDepth(Datum value, double weight, double *depths, double *weights)
{
	KttChainBytes chain = KttChainBytesOf(value);

	*depths += weight * ktt_chain_depth(chain.bytes, chain.size);
	*weights += weight;
}

/* Drop what is not of chains: statistics of another type, or of none. */
static void
KeepChains(AttStatsSlot *slot, Oid chain)
{
	if (slot->nvalues > 0 && getBaseType(slot->valuetype) != chain)
	{
		free_attstatsslot(slot);
		memset(slot, 0, sizeof(*slot));
	}
}

/* Returns false when nothing is known, or nothing may be known. */
static bool
Read(VariableStatData *column, KttChainQuestion question, Statistics *s)
{
	double		depths = 0;
	double		weights = 0;
	bool		guessed;

	memset(s, 0, sizeof(*s));
	if (!HeapTupleIsValid(column->statsTuple) ||
		!statistic_proc_security_check(column, question.function))
		return false;
	(void) get_attstatsslot(&s->common, column->statsTuple, STATISTIC_KIND_MCV, InvalidOid,
							ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
	(void) get_attstatsslot(&s->histogram, column->statsTuple, STATISTIC_KIND_HISTOGRAM,
							InvalidOid, ATTSTATSSLOT_VALUES);
	KeepChains(&s->common, question.chain);
	KeepChains(&s->histogram, question.chain);
	s->others = 1 - ((Form_pg_statistic) GETSTRUCT(column->statsTuple))->stanullfrac;
	for (int i = 0; i < s->common.nvalues; i++)
	{
		s->common_sum += s->common.numbers[i];
		AddDepth(s->common.values[i], s->common.numbers[i], &depths, &weights);
	}
	s->others = Max(s->others - s->common_sum, 0);
	for (int i = 0; i < s->histogram.nvalues; i++)
		AddDepth(s->histogram.values[i], s->others / s->histogram.nvalues, &depths, &weights);
	s->distinct = Max(get_variable_numdistinct(column, &guessed), 1);
	s->depth = weights > 0 ? Max(depths / weights, 1) : 1;
	return weights > 0;
}

static void
Forget(Statistics *s)
{
	free_attstatsslot(&s->common);
	free_attstatsslot(&s->histogram);
}

/*
 * What a chain of this depth leads when every member recruits as many: all
 * at depth 0, one value at the depth of the average chain.
 */
static double
TypicalBelow(const Statistics *s, double depth)
{
	return s->others * pow(s->distinct, -Min(depth / s->depth, 1));
}

/*
 * The histogram tells how much lies below a chain that leads more than one of
 * its steps. Below that it says only "less than a step".
 */
static double
Below(const Statistics *s, KttChainBytes top)
{
	double		typical = TypicalBelow(s, ktt_chain_depth(top.bytes, top.size));
	double		common = 0;
	double		steps = Max(s->histogram.nvalues - 1, 1);
	int			inside = 0;

	for (int i = 0; i < s->common.nvalues; i++)
	{
		KttChainBytes value = KttChainBytesOf(s->common.values[i]);

		if (ktt_chain_leads(top.bytes, top.size, value.bytes, value.size))
			common += s->common.numbers[i];
	}
	/* That the chain itself bounds a step tells nothing of what it leads. */
	for (int i = 0; i < s->histogram.nvalues; i++)
	{
		KttChainBytes value = KttChainBytesOf(s->histogram.values[i]);

		if (value.size > top.size &&
			ktt_chain_leads(top.bytes, top.size, value.bytes, value.size))
			inside++;
	}
	if (inside > 0)
		return common + s->others * Min(inside / steps, 1);
	return common + Min(typical, s->others / steps / 2);
}

/* Above a chain stands one value for each of its members. */
static double
Above(const Statistics *s, KttChainBytes bottom)
{
	double		common = 0;
	int			others = ktt_chain_depth(bottom.bytes, bottom.size);

	for (int i = 0; i < s->common.nvalues; i++)
	{
		KttChainBytes value = KttChainBytesOf(s->common.values[i]);

		if (ktt_chain_leads(value.bytes, value.size, bottom.bytes, bottom.size))
		{
			common += s->common.numbers[i];
			others--;
		}
	}
	return common + others * s->others / Max(s->distinct - s->common.nvalues, Max(others, 1));
}

Selectivity
KttChainRestriction(PlannerInfo *root, List *args, int relation,
					KttChainQuestion question)
{
	VariableStatData column;
	Node	   *other;
	bool		column_is_left;
	bool		is_below;
	Statistics	s;
	double		fraction = DEFAULT_RANGE_INEQ_SEL;

	if (!get_restriction_variable(root, args, relation, &column, &other, &column_is_left))
		return fraction;
	is_below = column_is_left == (question.lower == KTT_LOWER_IS_LEFT);
	if (IsA(other, Const) && ((Const *) other)->constisnull)
		fraction = 0;
	else if (getBaseType(exprType(other)) == question.chain && Read(&column, question, &s))
	{
		/* Of a chain that is not known yet: it stands half way up. */
		if (!IsA(other, Const))
			fraction = is_below ? s.common_sum / 2 + TypicalBelow(&s, s.depth / 2)
				: s.depth / s.distinct;
		else if (is_below)
			fraction = Below(&s, KttChainBytesOf(((Const *) other)->constvalue));
		else
			fraction = Above(&s, KttChainBytesOf(((Const *) other)->constvalue));
		Forget(&s);
	}
	ReleaseVariableStats(column);
	CLAMP_PROBABILITY(fraction);
	return fraction;
}

/* The part of all pairs where the lower chain is below the upper one. */
static double
Pairs(const Statistics *lower, const Statistics *upper)
{
	double		common = 0;
	double		others = 0;
	double		most;
	int			samples = Min(upper->histogram.nvalues, SAMPLES);

	for (int i = 0; i < Min(upper->common.nvalues, SAMPLES); i++)
		common += upper->common.numbers[i] *
			Below(lower, KttChainBytesOf(upper->common.values[i]));
	for (int i = 0; i < samples; i++)
	{
		int			place = (int) ((int64) i * upper->histogram.nvalues / samples);

		others += upper->others / samples *
			Below(lower, KttChainBytesOf(upper->histogram.values[place]));
	}
	/* Few heavy leaders among the samples distort: no chain has more above it than members. */
	most = (lower->common_sum + lower->others) * lower->depth *
		upper->others / Max(upper->distinct - upper->common.nvalues, 1);
	return common + Min(others, most);
}

Selectivity
KttChainJoin(PlannerInfo *root, List *args, JoinType type, SpecialJoinInfo *join,
			 KttChainQuestion question)
{
	VariableStatData left;
	VariableStatData right;
	Statistics	l;
	Statistics	r;
	bool		reversed;
	bool		known_left;
	bool		known_right;
	double		fraction = DEFAULT_RANGE_INEQ_SEL;

	get_join_variables(root, args, join, &left, &right, &reversed);
	known_left = Read(&left, question, &l);
	known_right = Read(&right, question, &r);
	if (known_left && known_right)
		fraction = question.lower == KTT_LOWER_IS_LEFT ? Pairs(&l, &r) : Pairs(&r, &l);
	else if (question.lower == KTT_LOWER_IS_LEFT ? known_left : known_right)
	{
		const Statistics *s = question.lower == KTT_LOWER_IS_LEFT ? &l : &r;

		fraction = s->common_sum / 2 + TypicalBelow(s, s->depth / 2);
	}
	else if (known_left || known_right)
		fraction = known_left ? l.depth / l.distinct : r.depth / r.distinct;

	/* A semijoin asks what part of its left side finds a partner at all. */
	if (type == JOIN_SEMI || type == JOIN_ANTI)
	{
		const RelOptInfo *inner = reversed ? left.rel : right.rel;

		if (inner != NULL)
			fraction *= Max(inner->rows, 1);
	}
	Forget(&l);
	Forget(&r);
	ReleaseVariableStats(left);
	ReleaseVariableStats(right);
	CLAMP_PROBABILITY(fraction);
	return fraction;
}
