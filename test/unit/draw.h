/*
 * Chance that is the same in every run.
 */
#ifndef KTT_TEST_DRAW_H
#define KTT_TEST_DRAW_H

#include <stdint.h>

static uint64_t draw_seed = 20261127;

static inline uint64_t
draw(uint64_t below)
{
	draw_seed = draw_seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (draw_seed >> 33) % below;
}

/* In [0, 1). */
static inline double
chance(void)
{
	return (double) draw(UINT64_C(1) << 31) / (double) (UINT64_C(1) << 31);
}

#endif
