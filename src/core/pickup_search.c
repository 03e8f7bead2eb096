/*
 * Searching the tree of pickup points.
 */
#include "pickup_tree.h"

#include "pause.h"

#include <math.h>

typedef struct search
{
	const ktt_pickups *pickups;
	ktt_place	place;
	ktt_ecef	at;
	const ktt_near *after;
	ktt_pickup_filter filter;
	void	   *context;
	ktt_near   *found;			/* in order */
	size_t		count;
	size_t		room;
	double		bound_squared;	/* no longer chord can still be among them */
} search;

/* A node that waits to be looked into, and the chord to its nearest corner. */
typedef struct waiting
{
	uint32_t	node;
	double		chord_squared;
} waiting;

/* An area may have thousands of edges. */
static bool
area_covers(const ktt_point *point, ktt_place place)
{
	if (point->area == NULL)
		return true;
	ktt_pause();
	return ktt_area_covers(point->area, place);
}

/*
 * The first point of a site that is behind the one to start after; the points of
 * a site are as far and stand by rising id. May be the end of the site.
 */
static uint32_t
first_behind(const search *search, const ktt_site *site, ktt_near *near)
{
	uint32_t	low = site->first;
	uint32_t	high = site->first + site->count;
	ktt_near	after;

	if (search->after == NULL)
		return low;
	after = *search->after;
	while (low < high)
	{
		near->point = low + (high - low) / 2;
		if (ktt_near_before(search->pickups, search->place, &after, near))
			high = near->point;
		else
			low = near->point + 1;
	}
	return low;
}

/* Take in a point that is among the nearest so far. */
static void
insert(search *search, ktt_near near)
{
	size_t		at = search->count;

	while (at > 0 && ktt_near_before(search->pickups, search->place, &near,
									 &search->found[at - 1]))
		at--;
	if (search->count < search->room)
		search->count++;
	for (size_t i = search->count - 1; i > at; i--)
		search->found[i] = search->found[i - 1];
	search->found[at] = near;
	if (search->count == search->room)
	{
		double		bound = search->found[search->room - 1].metres + KTT_PICKUP_CLOSE;

		search->bound_squared = bound * bound;
	}
}

static void
look_at_site(search *search, const ktt_site *site)
{
	const ktt_pickups *pickups = search->pickups;
	double		chord_squared = ktt_chord_squared(site->at, search->at);
	ktt_near	near = {0, site->first, false};

	if (chord_squared > search->bound_squared)
		return;
	if (chord_squared <= KTT_QUICK_MAX * KTT_QUICK_MAX)
		near.metres = ktt_quick_distance(site->at, search->at, chord_squared);
	else
	{
		/* Takes as long as hundreds of chords. */
		ktt_pause();
		ktt_near_measure(pickups, search->place, &near);
	}
	if (near.metres > site->radius + KTT_PICKUP_CLOSE)
		return;
	for (uint32_t i = first_behind(search, site, &near); i < site->first + site->count; i++)
	{
		const ktt_point *point = &pickups->points[i];

		ktt_pause_at(i);
		near.point = i;
		/* Those that follow at the site are as far and have higher ids. */
		if (search->count == search->room &&
			!ktt_near_before(pickups, search->place, &near,
							 &search->found[search->room - 1]))
			return;
		if ((search->filter == NULL || search->filter(search->context, point)) &&
			ktt_point_reaches(point, search->place, near.metres) &&
			area_covers(point, search->place))
			insert(search, near);
	}
}

/* Whether a node, so far away at least, can still hold something to be found. */
static inline bool
worth_it(const search *search, const ktt_pickup_node *node, double chord_squared)
{
	double		reach = node->radius + KTT_PICKUP_CLOSE;

	if (chord_squared > search->bound_squared || chord_squared > reach * reach)
		return false;
	return search->after == NULL ||
		ktt_geodesic_most(sqrt(ktt_box_farthest_squared(&node->bounds, search->at)))
		+ KTT_PICKUP_CLOSE >= search->after->metres;
}

size_t
ktt_pickups_nearest(const ktt_pickups *pickups, ktt_place place,
					const ktt_near *after, ktt_pickup_filter filter,
					void *context, ktt_near *found, size_t room)
{
	search		search = {
		.pickups = pickups, .place = place, .at = ktt_ecef_of(place), .after = after,
		.filter = filter, .context = context, .found = found, .room = room,
		.bound_squared = INFINITY
	};
	waiting		stack[KTT_PICKUP_DEPTH_MAX + 1];
	int			height = 0;
	size_t		step = 0;

	if (room == 0 || pickups->count == 0)
		return 0;
	stack[height++] = (waiting) {0, ktt_box_nearest_squared(&pickups->nodes[0].bounds, search.at)};
	while (height > 0)
	{
		waiting		now = stack[--height];
		const ktt_pickup_node *node = &pickups->nodes[now.node];

		ktt_pause_at(step++);
		/* Down to a leaf by the nearer children, while the others wait. */
		while (worth_it(&search, node, now.chord_squared))
		{
			waiting		left = {now.node + 1, 0};
			waiting		right = {node->right, 0};
			bool		left_first;

			if (node->right == 0)
			{
				for (uint32_t i = 0; i < node->count; i++)
					look_at_site(&search, &pickups->sites[node->first + i]);
				break;
			}
			left.chord_squared = ktt_box_nearest_squared(&node[1].bounds, search.at);
			right.chord_squared = ktt_box_nearest_squared(&pickups->nodes[node->right].bounds, search.at);
			left_first = left.chord_squared <= right.chord_squared;
			if ((left_first ? right : left).chord_squared <= search.bound_squared)
				stack[height++] = left_first ? right : left;
			now = left_first ? left : right;
			node = &pickups->nodes[now.node];
		}
	}
	return search.count;
}
