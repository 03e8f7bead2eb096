/*
 * What lies within a distance of a place.
 */
#include "pickup_tree.h"

#include "pause.h"

/* Only the band of doubt is measured. */
static bool
site_within(const ktt_pickup_range *range, const ktt_site *site)
{
	double		chord_squared = ktt_chord_squared(site->at, range->at);

	if (chord_squared < range->inside_squared)
		return true;
	if (chord_squared > range->outside_squared)
		return false;
	if (chord_squared <= KTT_QUICK_MAX * KTT_QUICK_MAX)
	{
		double		quick = ktt_quick_distance(site->at, range->at, chord_squared);

		if (fabs(quick - range->metres) > KTT_PICKUP_CLOSE)
			return quick < range->metres;
	}
	ktt_pause();
	return ktt_within(range->pickups->points[site->first].place, range->place, range->metres);
}

void
ktt_pickup_range_begin(ktt_pickup_range *range, const ktt_pickups *pickups,
					   const int64_t *worth, ktt_place place, double metres)
{
	double		inside = ktt_chord_inside(metres);
	double		outside = metres + KTT_PICKUP_CLOSE;

	*range = (ktt_pickup_range) {
		.pickups = pickups, .worth = worth, .place = place, .metres = metres,
		.inside_squared = inside * inside, .outside_squared = outside * outside,
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
		if (site_within(range, &range->pickups->sites[*site]))
			return true;
	}
	return false;
}

bool
ktt_pickup_range_next(ktt_pickup_range *range, uint32_t *node, uint32_t *site)
{
	*node = KTT_NO_NODE;
	*site = 0;
	if (next_site(range, site))
		return true;
	while (range->height > 0)
	{
		uint32_t	number = range->stack[--range->height];
		const ktt_pickup_node *looked_at = &range->pickups->nodes[number];

		ktt_pause_at(range->step++);
		if ((range->worth != NULL && range->worth[number] == 0) ||
			ktt_box_nearest_squared(&looked_at->bounds, range->at) > range->outside_squared)
			continue;
		if (ktt_box_farthest_squared(&looked_at->bounds, range->at) < range->inside_squared)
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
