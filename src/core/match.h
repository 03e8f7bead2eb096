/*
 * All places of a wave at once: which pickup point serves each.
 */
#ifndef KTT_CORE_MATCH_H
#define KTT_CORE_MATCH_H

#include "pickup.h"

#define KTT_MATCH_PLACES_MAX 16777216	/* 2^24 */

typedef enum ktt_match_outcome
{
	KTT_MATCHED = 0,
	KTT_NO_POINT,				/* no point serves the place */
	KTT_FULL					/* those that do are full */
} ktt_match_outcome;

/* A place that wants a point. */
typedef struct ktt_demand
{
	int64_t		id;				/* ties go to the smaller one */
	ktt_place	place;
} ktt_demand;

typedef struct ktt_match
{
	ktt_match_outcome outcome;
	uint32_t	point;			/* index into pickups->points when matched */
	double		metres;			/* exact */
	double		price;			/* ktt_match_total() only, see there */
} ktt_match;

/*
 * The nearest point that serves each place; capacities count only in so far as a
 * point with capacity 0 takes nobody.
 */
extern ktt_status ktt_match_nearest(const ktt_pickups *pickups,
									const ktt_demand *demands, size_t count,
									ktt_match *matches, ktt_fault *fault);

/*
 * Stable under capacities: nobody prefers another point that has room or would
 * prefer him to one it has taken. Both sides order by the distance rounded to
 * 10 nm, then places by the id of the point and points by the id of the demand, so
 * there is exactly one such matching. KTT_VALUE for ids that are not distinct.
 */
extern ktt_status ktt_match_stable(const ktt_pickups *pickups,
								   const ktt_demand *demands, size_t count,
								   const ktt_memory *memory,
								   ktt_match *matches, ktt_fault *fault);

/*
 * As many as possible are matched, and then the sum of distances, each in whole
 * micrometres, is as small as can be under the capacities.
 *
 * The certificate: every point has a price, 0 unless it is full. A match has the
 * price of its point; a place that is left out although points serve it
 * (KTT_FULL) has the price of being left out, the same for all. For every place,
 * metres + price of its match is the least that any point serving it offers, and
 * not more than being left out costs. Whatever else assigns the places costs at
 * least the sum of these minima less price times capacity of every point, which
 * is what this one costs.
 */
extern ktt_status ktt_match_total(const ktt_pickups *pickups,
								  const ktt_demand *demands, size_t count,
								  const ktt_memory *memory,
								  ktt_match *matches, ktt_fault *fault);

#endif
