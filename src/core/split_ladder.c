#include "split_ladder.h"

const ktt_step *
ktt_ladder_step(const ktt_rule *rule, const ktt_term *term, int64_t volume)
{
	const ktt_step *step = rule->steps + term->first_step + term->step_count - 1;

	while (step->from > volume)
		step--;
	return step;
}

/* The base lies on the scale from volume on; each slice has its step's rate. */
static ktt_uint128
MarginalShare(const ktt_step *step, int64_t base, int64_t volume)
{
	int64_t		top = volume + base;
	ktt_uint128 share = 0;

	for (; top > volume; step--)
	{
		int64_t		low = step->from > volume ? step->from : volume;

		share += (ktt_uint128) (top - low) * step->rate;
		top = low;
	}
	return share;
}

ktt_uint128
ktt_term_share(const ktt_rule *rule, const ktt_term *term, int64_t base,
			   int64_t volume)
{
	const ktt_step *step;

	if (term->scale == KTT_SCALE_NONE)
		return (ktt_uint128) base * term->rate;
	step = ktt_ladder_step(rule, term, volume + base);
	if (term->scale == KTT_SCALE_WHOLE)
		return (ktt_uint128) base * step->rate;
	return MarginalShare(step, base, volume);
}
