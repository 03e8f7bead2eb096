/*
 * Ladders: rates that depend on the volume, and the shares of a base they give.
 */
#ifndef KTT_CORE_SPLIT_LADDER_H
#define KTT_CORE_SPLIT_LADDER_H

#include "apportion.h"
#include "split.h"

/*
 * The exact share of a ladder in millionths of a minor unit: base * 1,000,000
 * at most. volume + base is at most 2^63-1.
 */
extern ktt_uint128 ktt_ladder_share(const ktt_rule *rule, const ktt_term *term,
									int64_t base, int64_t volume);

#endif
