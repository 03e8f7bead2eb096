/*
 * White spots: where new pickup points would win most households.
 *
 * Greedy: each point goes where it covers the most of what no point before it
 * covers, existing points included; so the first n cover at least 1 - 1/e of what
 * any n could.
 */
#ifndef KTT_CORE_SPOT_H
#define KTT_CORE_SPOT_H

#include "pickup.h"

#define KTT_HOUSEHOLDS_MAX 1000000000

/* Where households live, which is also where a point could be. */
typedef struct ktt_dwelling
{
	int64_t		id;
	ktt_place	place;
	int64_t		households;		/* 0 to KTT_HOUSEHOLDS_MAX */
} ktt_dwelling;

typedef struct ktt_spot
{
	int64_t		id;				/* of the dwelling, the lowest there */
	int64_t		households;		/* within the distance */
	int64_t		gained;			/* of them not covered before */
} ktt_spot;

/*
 * At most room spots, best first, ties to the lower id; count says how many.
 * There are no more when nothing more is gained. metres are unrounded, as
 * ktt_within() compares them. KTT_VALUE for ids that are below 1 or given twice
 * and for households out of bounds.
 */
extern ktt_status ktt_spots(const ktt_pickups *pickups,
							const ktt_dwelling *dwellings, size_t count,
							double metres, const ktt_memory *memory,
							ktt_spot *spots, size_t room, size_t *found,
							ktt_fault *fault);

#endif
