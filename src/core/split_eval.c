#include "split_ladder.h"

#include <stdbool.h>

/* Bases are numbered from 0 in the order of the terms that name them. */
#define BASES (KTT_TERM_OF_MARGIN - KTT_TERM_OF_SALE + 1)

/*
 * Serve the units that rounding down left over in one base: one each to the
 * largest remainders, ties to the earlier clause. What no clause names takes
 * part as the last party, and its remainder is what fills the sum up to units.
 */
static void
ServeBase(const ktt_term *terms, size_t count, unsigned kind,
		  uint32_t *remainders, uint32_t remainder_sum, int64_t *parts)
{
	uint32_t	left = (remainder_sum + KTT_RATE_ONE - 1) / KTT_RATE_ONE;
	uint32_t	unnamed = left * KTT_RATE_ONE - remainder_sum;

	while (left-- > 0)
	{
		uint32_t	best = 0;
		size_t		at = 0;

		for (size_t i = 0; i < count; i++)
			if (terms[i].kind == kind && remainders[i] > best)
			{
				best = remainders[i];
				at = i;
			}
		if (unnamed > best)
			unnamed = 0;
		else
		{
			parts[at]++;
			remainders[at] = 0;
		}
	}
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

static ktt_status
Beyond(int64_t volume, uint64_t base, ktt_fault *fault)
{
	return ktt_fail(fault, KTT_RANGE, 0,
					"The volume of %lld and the base of %llu come to more than %lld.",
					(long long) volume, (unsigned long long) base,
					(long long) INT64_MAX);
}

/* What no rule can be applied to. */
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

ktt_status
ktt_split_evaluate(const ktt_rule *rule, const ktt_sale *sale, int64_t *parts,
				   ktt_fault *fault)
{
	const ktt_term *terms = rule->terms;
	size_t		count = rule->count;
	uint32_t	remainders[KTT_SPLIT_CLAUSES];
	uint32_t	remainder_sums[BASES] = {0};
	uint64_t	bases[BASES];
	size_t		rest = count;
	bool		beyond = false;
	ktt_uint128 sum = 0;

	if (CheckSale(sale, fault) != KTT_OK)
		return fault->status;

	bases[KTT_TERM_OF_SALE - KTT_TERM_OF_SALE] = (uint64_t) sale->sale;
	bases[KTT_TERM_OF_COST - KTT_TERM_OF_SALE] = (uint64_t) sale->cost;
	bases[KTT_TERM_OF_MARGIN - KTT_TERM_OF_SALE] = (uint64_t) (sale->sale - sale->cost);

	for (size_t i = 0; i < count; i++)
	{
		const ktt_term *term = &terms[i];
		unsigned	base;

		switch (term->kind)
		{
			case KTT_TERM_COST:
				parts[i] = sale->cost;
				break;
			case KTT_TERM_PER_UNIT:
				if (__builtin_mul_overflow(term->amount, sale->units, &parts[i]))
				{
					parts[i] = INT64_MAX;
					beyond = true;
				}
				break;
			case KTT_TERM_PER_ORDER:
				parts[i] = term->amount;
				break;
			case KTT_TERM_REST:
				parts[i] = 0;
				rest = i;
				break;
			default:
				base = term->kind - KTT_TERM_OF_SALE;
				if (term->scale == KTT_SCALE_NONE &&
					bases[base] <= UINT64_MAX / KTT_RATE_ONE)
				{
					uint64_t	share = bases[base] * term->rate;

					parts[i] = (int64_t) (share / KTT_RATE_ONE);
					remainders[i] = (uint32_t) (share % KTT_RATE_ONE);
				}
				else
				{
					ktt_uint128 share = (ktt_uint128) bases[base] * term->rate;

					if (term->scale != KTT_SCALE_NONE)
					{
						if (sale->volume > INT64_MAX - (int64_t) bases[base])
							return Beyond(sale->volume, bases[base], fault);
						share = ktt_ladder_share(rule, term, (int64_t) bases[base],
												 sale->volume);
					}
					parts[i] = (int64_t) (share / KTT_RATE_ONE);
					remainders[i] = (uint32_t) (share % KTT_RATE_ONE);
				}
				remainder_sums[base] += remainders[i];
		}
	}

	for (unsigned base = 0; base < BASES; base++)
		if (remainder_sums[base] > 0)
			ServeBase(terms, count, base + KTT_TERM_OF_SALE, remainders,
					  remainder_sums[base], parts);

	for (size_t i = 0; i < count; i++)
	{
		const ktt_term *term = &terms[i];

		if ((term->bounds & KTT_TERM_MIN) && parts[i] < term->min)
			parts[i] = term->min;
		if ((term->bounds & KTT_TERM_MAX) && parts[i] > term->max)
			parts[i] = term->max;
		sum += (uint64_t) parts[i];
	}
	if (beyond || sum > (uint64_t) sale->sale ||
		(rest == count && sum < (uint64_t) sale->sale))
		return Uncovered(beyond, sum, sale->sale, fault);
	if (rest < count)
		parts[rest] = sale->sale - (int64_t) sum;
	return KTT_OK;
}
