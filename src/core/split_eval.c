#include "split_answer.h"
#include "split_ladder.h"

#include <string.h>

/* Bases are numbered from 0 in the order of the terms that name them. */
#define BASES (KTT_TERM_OF_MARGIN - KTT_TERM_OF_SALE + 1)

/* What rounding down took from the rates of one base, in clause order. */
typedef struct Remainders
{
	uint32_t	sum;
	uint32_t	count;
	uint32_t	of[KTT_SPLIT_CLAUSES];
	uint8_t		clause[KTT_SPLIT_CLAUSES];
} Remainders;

/*
 * Serve the units that rounding down left over in one base: one each to the
 * largest remainders, ties to the earlier clause. What no clause names takes
 * part as the last party, and its remainder is what fills the sum up to units.
 *
 * Each clause counts who comes before it. That is no slower than finding the
 * largest ones in turn, and has no branches that depend on the remainders.
 */
static inline void
ServeBase(const Remainders *base, int64_t *parts)
{
	uint32_t	left = (base->sum + KTT_RATE_ONE - 1) / KTT_RATE_ONE;
	uint32_t	unnamed = left * KTT_RATE_ONE - base->sum;

	for (uint32_t i = 0; i < base->count; i++)
	{
		uint32_t	mine = base->of[i];
		uint32_t	before = unnamed > mine;

		for (uint32_t j = 0; j < i; j++)
			before += base->of[j] >= mine;
		for (uint32_t j = i + 1; j < base->count; j++)
			before += base->of[j] > mine;
		parts[base->clause[i]] += before < left;
	}
}

/* A sale that no rule can be applied to. */
static ktt_status
CheckSale(const ktt_sale *sale, ktt_fault *fault)
{
	if (sale->sale < 0)
		return ktt_fail(fault, KTT_VALUE, 0, "The sale is %lld, below zero.",
						(long long) sale->sale);
	if (sale->cost < 0 || sale->cost > sale->sale)
		return ktt_fail(fault, KTT_VALUE, 0,
						"The cost is %lld, outside 0 to the sale of %lld.",
						(long long) sale->cost, (long long) sale->sale);
	if (sale->units < 0)
		return ktt_fail(fault, KTT_VALUE, 0, "The units are %lld, below zero.",
						(long long) sale->units);
	if (sale->volume < 0)
		return ktt_fail(fault, KTT_VALUE, 0, "The volume is %lld, below zero.",
						(long long) sale->volume);
	return KTT_OK;
}

int64_t
ktt_term_base(const ktt_term *term, const ktt_sale *sale)
{
	return term->kind == KTT_TERM_OF_SALE ? sale->sale :
		term->kind == KTT_TERM_OF_COST ? sale->cost : sale->sale - sale->cost;
}

/* A volume beyond all numbers: refused, whatever the parts would be. */
static ktt_status
CheckVolume(const ktt_rule *rule, const ktt_sale *sale, ktt_fault *fault)
{
	for (size_t i = 0; i < rule->count; i++)
	{
		const ktt_term *term = &rule->terms[i];
		int64_t		base = ktt_term_base(term, sale);

		if (term->scale != KTT_SCALE_NONE && sale->volume > INT64_MAX - base)
			return ktt_fail(fault, KTT_RANGE, 0,
							"The volume of %lld and the base of %lld come to more than %lld.",
							(long long) sale->volume, (long long) base,
							(long long) INT64_MAX);
	}
	return KTT_OK;
}

/*
 * Every clause before min, max and the rest, which is 0 here: exact shares
 * rounded so that those of a base sum to it, what nobody takes included. An
 * amount per unit that fits no number is the largest there is, and told as
 * beyond. The sale has been checked.
 */
static inline void
Round(const ktt_rule *rule, const ktt_sale *sale, int64_t *parts, bool *beyond)
{
	Remainders	remainders[BASES];
	const uint64_t amounts[BASES] = {
		[KTT_TERM_OF_SALE - KTT_TERM_OF_SALE] = (uint64_t) sale->sale,
		[KTT_TERM_OF_COST - KTT_TERM_OF_SALE] = (uint64_t) sale->cost,
		[KTT_TERM_OF_MARGIN - KTT_TERM_OF_SALE] = (uint64_t) (sale->sale - sale->cost)
	};

	for (unsigned base = 0; base < BASES; base++)
		remainders[base].sum = remainders[base].count = 0;
	*beyond = false;
	for (size_t i = 0; i < rule->count; i++)
	{
		const ktt_term *term = &rule->terms[i];
		Remainders *base;
		uint64_t	amount;
		uint32_t	remainder;

		switch (term->kind)
		{
			case KTT_TERM_COST:
				parts[i] = sale->cost;
				break;
			case KTT_TERM_PER_UNIT:
				if (__builtin_mul_overflow(term->amount, sale->units, &parts[i]))
				{
					parts[i] = INT64_MAX;
					*beyond = true;
				}
				break;
			case KTT_TERM_PER_ORDER:
				parts[i] = term->amount;
				break;
			case KTT_TERM_REST:
				parts[i] = 0;
				break;
			default:
				base = &remainders[term->kind - KTT_TERM_OF_SALE];
				amount = amounts[term->kind - KTT_TERM_OF_SALE];
				if (term->scale == KTT_SCALE_NONE &&
					amount <= UINT64_MAX / KTT_RATE_ONE)
				{
					uint64_t	share = amount * term->rate;

					parts[i] = (int64_t) (share / KTT_RATE_ONE);
					remainder = (uint32_t) (share % KTT_RATE_ONE);
				}
				else
				{
					ktt_uint128 share = ktt_term_share(rule, term, (int64_t) amount,
													   sale->volume);

					parts[i] = (int64_t) (share / KTT_RATE_ONE);
					remainder = (uint32_t) (share % KTT_RATE_ONE);
				}
				base->sum += remainder;
				base->of[base->count] = remainder;
				base->clause[base->count++] = (uint8_t) i;
		}
	}

	for (unsigned base = 0; base < BASES; base++)
		if (remainders[base].sum > 0)
			ServeBase(&remainders[base], parts);
}

/* Apply min and max; gives the sum of all parts but the rest. */
static inline ktt_uint128
Bound(const ktt_rule *rule, int64_t *parts)
{
	ktt_uint128 sum = 0;

	for (size_t i = 0; rule->is_bounded && i < rule->count; i++)
	{
		const ktt_term *term = &rule->terms[i];

		if ((term->bounds & KTT_TERM_MIN) && parts[i] < term->min)
			parts[i] = term->min;
		if ((term->bounds & KTT_TERM_MAX) && parts[i] > term->max)
			parts[i] = term->max;
	}
	for (size_t i = 0; i < rule->count; i++)
		sum += (uint64_t) parts[i];
	return sum;
}

static ktt_status
Uncovered(bool beyond, ktt_uint128 sum, int64_t sale, ktt_fault *fault)
{
	if (beyond || sum > INT64_MAX)
		return ktt_fail(fault, KTT_UNCOVERED, 0,
						"The parts come to more than %lld, but the sale is %lld.",
						(long long) INT64_MAX, (long long) sale);
	return ktt_fail(fault, KTT_UNCOVERED, 0,
					"The parts come to %lld, but the sale is %lld.",
					(long long) sum, (long long) sale);
}

/* Give the rest what the parts leave of the sale. */
static inline ktt_status
Close(const ktt_rule *rule, bool beyond, ktt_uint128 sum, int64_t sale,
	  int64_t *parts, ktt_fault *fault)
{
	if (beyond || sum > (uint64_t) sale || (rule->rest == 0 && sum < (uint64_t) sale))
		return Uncovered(beyond, sum, sale, fault);
	if (rule->rest > 0)
		parts[rule->rest - 1] = sale - (int64_t) sum;
	return KTT_OK;
}

/* What neither a rule nor its ladders can be applied to. */
static inline ktt_status
CheckGiven(const ktt_rule *rule, const ktt_sale *sale, ktt_fault *fault)
{
	if (CheckSale(sale, fault) != KTT_OK ||
		(rule->step_count > 0 && CheckVolume(rule, sale, fault) != KTT_OK))
		return fault->status;
	return KTT_OK;
}

ktt_status
ktt_split_evaluate(const ktt_rule *rule, const ktt_sale *sale, int64_t *parts,
				   ktt_fault *fault)
{
	bool		beyond;

	if (CheckGiven(rule, sale, fault) != KTT_OK)
		return fault->status;
	Round(rule, sale, parts, &beyond);
	return Close(rule, beyond, Bound(rule, parts), sale->sale, parts, fault);
}

bool
ktt_split_claims(const ktt_rule *rule, const ktt_sale *sale, int64_t *parts,
				 ktt_uint128 *sum)
{
	bool		beyond;

	Round(rule, sale, parts, &beyond);
	*sum = Bound(rule, parts);
	return !beyond;
}

ktt_status
ktt_split_explain(const ktt_rule *rule, const ktt_sale *sale,
				  ktt_reason *reasons, ktt_fault *fault)
{
	int64_t		rounded[KTT_SPLIT_CLAUSES];
	int64_t		parts[KTT_SPLIT_CLAUSES];
	bool		beyond;

	if (CheckGiven(rule, sale, fault) != KTT_OK)
		return fault->status;
	Round(rule, sale, rounded, &beyond);
	memcpy(parts, rounded, rule->count * sizeof(parts[0]));
	if (Close(rule, beyond, Bound(rule, parts), sale->sale, parts, fault) != KTT_OK)
		return fault->status;
	for (size_t i = 0; i < rule->count; i++)
	{
		const ktt_term *term = &rule->terms[i];
		ktt_reason *reason = &reasons[i];

		*reason = (ktt_reason) {.whole = parts[i], .rounded = parts[i], .part = parts[i]};
		if (ktt_term_is_rate(term))
		{
			int64_t		base = ktt_term_base(term, sale);
			ktt_uint128 share = ktt_term_share(rule, term, base, sale->volume);

			reason->is_rate = true;
			reason->base = base;
			reason->whole = (int64_t) (share / KTT_RATE_ONE);
			reason->millionths = (uint32_t) (share % KTT_RATE_ONE);
			reason->rounded = rounded[i];
			if (parts[i] != rounded[i])
				reason->bound = parts[i] > rounded[i] ? KTT_TERM_MIN : KTT_TERM_MAX;
		}
	}
	return KTT_OK;
}
