#include "split_ladder.h"

/* One rate for the whole base: that of the last step it reaches. */
static ktt_uint128
WholeShare(const ktt_step *steps, size_t count, int64_t base, int64_t volume)
{
	while (steps[count - 1].from > volume + base)
		count--;
	return (ktt_uint128) base * steps[count - 1].rate;
}

/* The base lies on the scale from volume on; each slice has its step's rate. */
static ktt_uint128
MarginalShare(const ktt_step *steps, size_t count, int64_t base, int64_t volume)
{
	int64_t		top = volume + base;
	ktt_uint128 share = 0;

	while (top > volume)
	{
		const ktt_step *step = &steps[--count];
		int64_t		low = step->from > volume ? step->from : volume;

		if (low < top)
		{
			share += (ktt_uint128) (top - low) * step->rate;
			top = low;
		}
	}
	return share;
}

ktt_uint128
ktt_ladder_share(const ktt_rule *rule, const ktt_term *term, int64_t base,
				 int64_t volume)
{
	const ktt_step *steps = rule->steps + term->first_step;

	return term->scale == KTT_SCALE_WHOLE
		? WholeShare(steps, term->step_count, base, volume)
		: MarginalShare(steps, term->step_count, base, volume);
}
