/*
 * Exact shares of a base: plain rates, and ladders whose rate depends on the
 * volume.
 */
#ifndef KTT_CORE_SPLIT_LADDER_H
#define KTT_CORE_SPLIT_LADDER_H

#include "apportion.h"
#include "split.h"

/*
 * The exact share of a rate in millionths of a minor unit, base * 1,000,000 at
 * most. For a ladder volume + base is at most 2^63-1.
 */
extern ktt_uint128 ktt_term_share(const ktt_rule *rule, const ktt_term *term,
								  int64_t base, int64_t volume);

/* What a rate is of. */
extern int64_t ktt_term_base(const ktt_term *term, const ktt_sale *sale);

/* The step of a ladder that a volume reaches. */
extern const ktt_step *ktt_ladder_step(const ktt_rule *rule, const ktt_term *term,
									   int64_t volume);

#endif
