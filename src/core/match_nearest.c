/*
 * Every place to its nearest point. Points without room are left out of the tree
 * beforehand, so that many of them at one spot are not passed again and again.
 */
#include "match.h"

#include "outlet.h"
#include "pause.h"

static bool
any_closed(const ktt_pickups *pickups)
{
	for (size_t i = 0; i < pickups->count; i++)
	{
		ktt_pause_at(i);
		if (pickups->points[i].capacity == 0)
			return true;
	}
	return false;
}

ktt_status
ktt_match_nearest(const ktt_pickups *pickups, const ktt_demand *demands,
				  size_t count, ktt_match *matches, ktt_fault *fault)
{
	bool		closed = any_closed(pickups);
	ktt_outlets outlets = {.tree = *pickups};

	if (closed)
	{
		ktt_status	status = ktt_outlets_build(&outlets, pickups, &pickups->memory, fault);

		if (status != KTT_OK)
			return status;
	}
	for (size_t i = 0; i < count; i++)
	{
		ktt_place	place = demands[i].place;
		ktt_near	near;

		ktt_pause_at(i * 64 + 63);
		matches[i] = (ktt_match) {.outcome = KTT_NO_POINT};
		if (ktt_pickups_nearest(&outlets.tree, place, NULL, NULL, NULL, &near, 1) > 0)
		{
			ktt_near_measure(&outlets.tree, place, &near);
			matches[i].outcome = KTT_MATCHED;
			matches[i].point = closed ? (uint32_t) outlets.tree.points[near.point].capacity : near.point;
			matches[i].metres = near.metres;
		}
		else if (closed && ktt_outlets_serve(&outlets, place))
			matches[i].outcome = KTT_FULL;
	}
	if (closed)
		ktt_outlets_end(&outlets);
	return KTT_OK;
}
