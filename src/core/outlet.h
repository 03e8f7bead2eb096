/*
 * Pickup points that have room, for matching: points at one site that serve the
 * same places are one outlet whose room adds up, so a million points at one spot
 * are asked once. They fill by rising id.
 */
#ifndef KTT_CORE_OUTLET_H
#define KTT_CORE_OUTLET_H

#include "pickup.h"

typedef struct ktt_outlet
{
	uint32_t	point;			/* the one that is being filled, index into points */
	uint32_t	leaf;			/* index into the points of the tree */
	int32_t		taken;			/* places of the one that is being filled */
	int64_t		room;			/* what is left in all of them, or KTT_BOUNDLESS */
} ktt_outlet;

#define KTT_BOUNDLESS INT64_MAX

typedef struct ktt_outlets
{
	const ktt_pickups *pickups;
	ktt_outlet *outlets;
	size_t		count;
	uint32_t   *outlet_of;		/* by point that has capacity */
	bool		closed;			/* some points have none */
	ktt_pickups tree;			/* of the points being filled; in place of a capacity
								 * they have their index into points */
	ktt_memory	memory;
} ktt_outlets;

extern ktt_status ktt_outlets_build(ktt_outlets *outlets,
									const ktt_pickups *pickups,
									const ktt_memory *memory, ktt_fault *fault);
extern void ktt_outlets_end(ktt_outlets *outlets);

/* Build the tree anew, without those that are full. */
extern ktt_status ktt_outlets_thin(ktt_outlets *outlets, ktt_fault *fault);

/* The outlet of a point found in the tree. */
static inline uint32_t
ktt_outlet_at(const ktt_outlets *outlets, uint32_t leaf)
{
	return outlets->outlet_of[outlets->tree.points[leaf].capacity];
}

/* Fill a place of an outlet that has room and say at which point. */
extern uint32_t ktt_outlet_take(ktt_outlets *outlets, uint32_t outlet);

/* Whether any point serves a place, be it full or closed. */
extern bool ktt_outlets_serve(const ktt_outlets *outlets, ktt_place place);

#endif
