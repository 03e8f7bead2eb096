/*
 * Pickup points, ready to be asked which of them is near: a k-d tree over
 * earth-centred coordinates. Points at the same coordinates share a site, so a
 * million points at one spot are one leaf.
 *
 * Everywhere the order is that of the distance rounded to 10 nm, then of the id.
 */
#ifndef KTT_CORE_PICKUP_H
#define KTT_CORE_PICKUP_H

#include "area.h"
#include "fault.h"
#include "geodesy.h"
#include "memory.h"

#include <stdbool.h>
#include <stdint.h>

#define KTT_PICKUP_POINTS_MAX 16777216	/* 2^24 */
#define KTT_NO_CAPACITY (-1)	/* as many parcels as come */
#define KTT_NO_RADIUS 0.0		/* serves all the earth */

typedef struct ktt_point
{
	int64_t		id;				/* positive */
	ktt_place	place;
	double		radius;			/* metres, or KTT_NO_RADIUS */
	int32_t		capacity;		/* parcels, or KTT_NO_CAPACITY */
	const ktt_area *area;		/* NULL: the radius alone decides */
} ktt_point;

/* Coordinates that one or more points share. */
typedef struct ktt_site
{
	ktt_ecef	at;
	uint32_t	first;			/* its points are first .. first + count - 1, by rising id */
	uint32_t	count;
	double		radius;			/* the largest of its points */
} ktt_site;

typedef struct ktt_pickup_node ktt_pickup_node;

typedef struct ktt_pickups
{
	ktt_point  *points;			/* by site, then id */
	size_t		count;
	ktt_site   *sites;			/* in the order of the tree's leaves */
	size_t		site_count;
	ktt_pickup_node *nodes;
	uint32_t	node_count;
	ktt_memory	memory;
} ktt_pickups;

/*
 * Take the points over (they are put into another order) and build the tree.
 * KTT_VALUE for an id below 1 or given twice; KTT_LIMIT for too many points or
 * no memory. Areas stay the caller's.
 */
extern ktt_status ktt_pickups_build(ktt_pickups *pickups, ktt_point *points,
									size_t count, ktt_memory memory,
									ktt_fault *fault);
extern void ktt_pickups_end(ktt_pickups *pickups);

/* Whether a point serves a place: radius, unrounded as ST_DWithin compares, and area. */
extern bool ktt_point_serves(const ktt_pickups *pickups, size_t point,
							 ktt_place place);

/* A point and how far it is from the place that was asked about. */
typedef struct ktt_near
{
	double		metres;			/* off by less than KTT_QUICK_ERROR while not exact */
	uint32_t	point;			/* index into points */
	bool		exact;
} ktt_near;

/* Make the distance exact, that is rounded to 10 nm. */
extern void ktt_near_measure(const ktt_pickups *pickups, ktt_place place,
							 ktt_near *near);

/* Whether one comes before other; measures them only where it is close. */
extern bool ktt_near_before(const ktt_pickups *pickups, ktt_place place,
							ktt_near *one, ktt_near *other);

/* A condition of the caller's on a point, asked in no particular order. */
typedef bool (*ktt_pickup_filter) (void *context, const ktt_point *point);

/*
 * The points nearest to a place that serve it and pass the filter (NULL: all
 * do), at most room of them, in order. after, when it is not NULL, is an exact
 * one: only points behind it in the order count. Gives how many there are; less
 * than room means that there are no more.
 */
extern size_t ktt_pickups_nearest(const ktt_pickups *pickups, ktt_place place,
								  const ktt_near *after,
								  ktt_pickup_filter filter, void *context,
								  ktt_near *found, size_t room);

/* How many points are at most so far away (unrounded), whether they serve the place or not; stops counting at most. */
extern size_t ktt_pickups_within(const ktt_pickups *pickups, ktt_place place,
								 double metres, size_t most);

#endif
