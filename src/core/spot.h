/*
 * White spots: where the next pickup points would reach most households.
 */
#ifndef KTT_CORE_SPOT_H
#define KTT_CORE_SPOT_H

#include "match.h"

typedef struct ktt_spot
{
	uint32_t	place;			/* index into places */
	int64_t		households;		/* within reach of it, reached before or not */
	int64_t		gained;			/* of them those that nothing reached before */
} ktt_spot;

/*
 * Choose places one after the other, each time the one that gains most, ties to
 * the smaller id, until there are most of them or nothing is gained any more.
 * households are those that live at each place. What is at most metres from a
 * point, whatever its capacity or area, or from a place chosen before is reached.
 * The places chosen are never worse than 63 % of the best choice.
 *
 * KTT_VALUE for ids that are not distinct, households below zero or metres that
 * are no distance; KTT_RANGE for households whose sum does not fit; KTT_LIMIT for too many
 * places or no memory.
 */
extern ktt_status ktt_white_spots(const ktt_pickups *pickups,
								  const ktt_demand *places,
								  const int64_t *households, size_t count,
								  double metres, size_t most,
								  const ktt_memory *memory, ktt_spot *spots,
								  size_t *found, ktt_fault *fault);

#endif
