/*
 * What lies within a distance of a place.
 */
#include "pickup_tree.h"

#include "pause.h"

/* Whether a site is within so many metres; only the band of doubt is measured. */
static bool
site_within(const ktt_pickups *pickups, const ktt_site *site, ktt_place place,
			ktt_ecef at, double metres)
{
	double		chord_squared = ktt_chord_squared(site->at, at);

	if (chord_squared > KTT_QUICK_MAX * KTT_QUICK_MAX)
	{
		double		chord = sqrt(chord_squared);

		if (chord > metres + KTT_PICKUP_CLOSE)
			return false;
		if (ktt_geodesic_most(chord) < metres)
			return true;
	}
	else
	{
		double		quick = ktt_quick_distance(site->at, at, chord_squared);

		if (fabs(quick - metres) > KTT_PICKUP_CLOSE)
			return quick < metres;
	}
	ktt_pause();
	return ktt_within(pickups->points[site->first].place, place, metres);
}

void
ktt_pickup_range_begin(ktt_pickup_range *range, const ktt_pickups *pickups,
					   const int64_t *worth, ktt_place place, double metres)
{
	*range = (ktt_pickup_range) {
		.pickups = pickups, .worth = worth, .place = place, .metres = metres,
		.at = ktt_ecef_of(place)
	};
	if (pickups->count > 0)
		range->stack[range->height++] = 0;
}

/* The next site within of the leaf that is looked at. */
static bool
next_site(ktt_pickup_range *range, uint32_t *site)
{
	while (range->site < range->end)
	{
		*site = range->site++;
		if (site_within(range->pickups, &range->pickups->sites[*site],
						range->place, range->at, range->metres))
			return true;
	}
	return false;
}

bool
ktt_pickup_range_next(ktt_pickup_range *range, uint32_t *node, uint32_t *site)
{
	double		bound = range->metres + KTT_PICKUP_CLOSE;

	*node = KTT_NO_NODE;
	if (next_site(range, site))
		return true;
	while (range->height > 0)
	{
		uint32_t	number = range->stack[--range->height];
		const ktt_pickup_node *looked_at = &range->pickups->nodes[number];

		ktt_pause_at(range->step++);
		if ((range->worth != NULL && range->worth[number] == 0) ||
			ktt_box_nearest_squared(&looked_at->bounds, range->at) > bound * bound)
			continue;
		if (ktt_geodesic_most(sqrt(ktt_box_farthest_squared(&looked_at->bounds, range->at))) < range->metres)
		{
			*node = number;
			return true;
		}
		if (looked_at->right != 0)
		{
			range->stack[range->height++] = looked_at->right;
			range->stack[range->height++] = number + 1;
			continue;
		}
		range->site = looked_at->first;
		range->end = looked_at->first + looked_at->count;
		if (next_site(range, site))
			return true;
	}
	return false;
}

static size_t
points_of(const ktt_pickups *pickups, const ktt_pickup_node *node)
{
	const ktt_site *last = &pickups->sites[node->first + node->count - 1];

	return last->first + last->count - pickups->sites[node->first].first;
}

size_t
ktt_pickups_within(const ktt_pickups *pickups, ktt_place place, double metres,
				   size_t most)
{
	ktt_pickup_range range;
	uint32_t	node;
	uint32_t	site;
	size_t		count = 0;

	ktt_pickup_range_begin(&range, pickups, NULL, place, metres);
	while (count < most && ktt_pickup_range_next(&range, &node, &site))
		count += node == KTT_NO_NODE ? pickups->sites[site].count
			: points_of(pickups, &pickups->nodes[node]);
	return count < most ? count : most;
}
