/*
 * The inside of a tree of pickup points, for those who build and search it.
 */
#ifndef KTT_CORE_PICKUP_TREE_H
#define KTT_CORE_PICKUP_TREE_H

#include "pickup.h"

#include <math.h>

/* The tree is balanced over less than 2^32 sites, so no path in it is longer. */
#define KTT_PICKUP_DEPTH_MAX 32

/* Two distances that differ by more are in that order, measured or not. */
#define KTT_PICKUP_CLOSE (2 * KTT_QUICK_ERROR)

typedef struct ktt_pickup_box
{
	double		low[3];
	double		high[3];
} ktt_pickup_box;

/* Nodes stand in preorder: the left child, if any, follows its parent. */
struct ktt_pickup_node
{
	ktt_pickup_box bounds;
	double		radius;			/* the largest of its points */
	uint32_t	first;			/* sites */
	uint32_t	count;
	uint32_t	right;			/* the right child; 0 in a leaf */
};

static inline double
ktt_outside(double value, double low, double high)
{
	double		below = low - value;
	double		above = value - high;
	double		most = below > above ? below : above;

	return most > 0 ? most : 0;
}

static inline double
ktt_box_nearest_squared(const ktt_pickup_box *box, ktt_ecef at)
{
	double		x = ktt_outside(at.x, box->low[0], box->high[0]);
	double		y = ktt_outside(at.y, box->low[1], box->high[1]);
	double		z = ktt_outside(at.z, box->low[2], box->high[2]);

	return x * x + y * y + z * z;
}

static inline double
ktt_box_farthest_squared(const ktt_pickup_box *box, ktt_ecef at)
{
	double		x = fmax(at.x - box->low[0], box->high[0] - at.x);
	double		y = fmax(at.y - box->low[1], box->high[1] - at.y);
	double		z = fmax(at.z - box->low[2], box->high[2] - at.z);

	return x * x + y * y + z * z;
}

/* Whether the radius of a point reaches so far, which may be quick; only the band of doubt is measured. */
static inline bool
ktt_point_reaches(const ktt_point *point, ktt_place place, double metres)
{
	if (point->radius == KTT_NO_RADIUS)
		return true;
	if (fabs(metres - point->radius) > KTT_PICKUP_CLOSE)
		return metres < point->radius;
	return ktt_within(point->place, place, point->radius);
}

/*
 * All sites at most so many metres (unrounded) from a place, one after the other
 * or, where all of a node are, together.
 */
typedef struct ktt_pickup_range
{
	const ktt_pickups *pickups;
	const int64_t *worth;		/* by node: those worth 0 are passed over; NULL: none is */
	ktt_place	place;
	double		metres;
	ktt_ecef	at;
	uint32_t	stack[KTT_PICKUP_DEPTH_MAX + 1];
	int			height;
	uint32_t	site;			/* of a leaf that is partly within */
	uint32_t	end;
	size_t		step;
} ktt_pickup_range;

#define KTT_NO_NODE UINT32_MAX

extern void ktt_pickup_range_begin(ktt_pickup_range *range,
								   const ktt_pickups *pickups,
								   const int64_t *worth, ktt_place place,
								   double metres);

/* The next node that is wholly within, or KTT_NO_NODE and a site; false when there is no more. */
extern bool ktt_pickup_range_next(ktt_pickup_range *range, uint32_t *node,
								  uint32_t *site);

#endif
