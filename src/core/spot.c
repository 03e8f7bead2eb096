/*
 * Places with the same coordinates are one. A tree over them has in every node
 * how many households nothing reaches yet, so that what a place would gain is a
 * sum over the border of its circle. What is reached only grows, so a gain worked
 * out before is an upper bound: only the best by bounds is worked out anew.
 */
#include "spot.h"

#include "crowd.h"
#include "pause.h"
#include "pickup_tree.h"

#include <math.h>

typedef struct candidate
{
	int64_t		gain;
	uint32_t	crowd;
	uint32_t	chosen;			/* spots that were chosen when it was worked out */
} candidate;

typedef struct covering
{
	const ktt_demand *places;
	double		metres;
	ktt_crowds	crowds;
	ktt_pickups tree;			/* of the crowds: their number and 1 as id */
	int64_t    *all;			/* households, by node of the tree */
	int64_t    *missing;		/* those that nothing reaches; below a node without any it is not kept up */
	int64_t    *here;			/* households by point of the tree */
	int64_t    *missing_here;	/* the same until they are reached */
	candidate  *heap;
	size_t		heap_count;
	size_t		step;
} covering;

/* What is to be summed or reached, and from where. */
typedef struct circle
{
	covering   *covering;
	ktt_place	place;
	ktt_ecef	at;
} circle;

typedef enum side
{
	OUTSIDE, ACROSS, INSIDE
} side;

static ktt_status
no_memory(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the white spots.");
}

static circle
circle_around(covering *covering, ktt_place place)
{
	return (circle) {covering, place, ktt_ecef_of(place)};
}

static side
side_of(const circle *circle, const ktt_pickup_node *node)
{
	double		metres = circle->covering->metres;
	double		nearest = metres + KTT_PICKUP_CLOSE;

	if (ktt_box_nearest_squared(&node->bounds, circle->at) > nearest * nearest)
		return OUTSIDE;
	if (ktt_geodesic_most(sqrt(ktt_box_farthest_squared(&node->bounds, circle->at))) < metres)
		return INSIDE;
	return ACROSS;
}

static bool
reaches(const circle *circle, const ktt_site *site)
{
	return ktt_site_within(&circle->covering->tree, site, circle->place, circle->at,
						   circle->covering->metres);
}

/* Sums over a circle: of all households, or of those that nothing reaches. */
static int64_t
sum(const circle *circle, bool missing)
{
	covering   *covering = circle->covering;
	const ktt_pickups *tree = &covering->tree;
	const int64_t *sums = missing ? covering->missing : covering->all;
	uint32_t	stack[KTT_PICKUP_DEPTH_MAX + 1];
	int			height = 0;
	int64_t		total = 0;

	stack[height++] = 0;
	while (height > 0)
	{
		uint32_t	number = stack[--height];
		const ktt_pickup_node *node = &tree->nodes[number];
		side		side;

		ktt_pause_at(covering->step++ * 16 + 15);
		if (sums[number] == 0)
			continue;
		side = side_of(circle, node);
		if (side == INSIDE)
			total += sums[number];
		else if (side == ACROSS && node->right != 0)
		{
			stack[height++] = node->right;
			stack[height++] = number + 1;
		}
		else if (side == ACROSS)
			for (uint32_t i = 0; i < node->count; i++)
			{
				const ktt_site *site = &tree->sites[node->first + i];

				if (!reaches(circle, site))
					continue;
				for (uint32_t point = site->first; point < site->first + site->count; point++)
					total += missing ? covering->missing_here[point] : covering->here[point];
			}
	}
	return total;
}

/* Reach what is in a circle below a node; says how many households that are. */
static int64_t
reach(const circle *circle, uint32_t number)
{
	covering   *covering = circle->covering;
	const ktt_pickup_node *node = &covering->tree.nodes[number];
	int64_t		reached = 0;
	side		side;

	ktt_pause_at(covering->step++ * 16 + 15);
	if (covering->missing[number] == 0)
		return 0;
	side = side_of(circle, node);
	if (side == OUTSIDE)
		return 0;
	if (side == INSIDE)
		reached = covering->missing[number];
	else if (node->right != 0)
		reached = reach(circle, number + 1) + reach(circle, node->right);
	else
		for (uint32_t i = 0; i < node->count; i++)
		{
			const ktt_site *site = &covering->tree.sites[node->first + i];

			if (!reaches(circle, site))
				continue;
			for (uint32_t point = site->first; point < site->first + site->count; point++)
			{
				reached += covering->missing_here[point];
				covering->missing_here[point] = 0;
			}
		}
	covering->missing[number] -= reached;
	return reached;
}

static int64_t
id_of(const covering *covering, const candidate *candidate)
{
	return covering->places[covering->crowds.members[covering->crowds.crowds[candidate->crowd].first]].id;
}

static bool
better(const covering *covering, const candidate *one, const candidate *other)
{
	if (one->gain != other->gain)
		return one->gain > other->gain;
	return id_of(covering, one) < id_of(covering, other);
}

static void
sink(covering *covering, size_t at)
{
	candidate  *heap = covering->heap;
	candidate	sinking = heap[at];

	for (;;)
	{
		size_t		child = 2 * at + 1;

		if (child >= covering->heap_count)
			break;
		if (child + 1 < covering->heap_count && better(covering, &heap[child + 1], &heap[child]))
			child++;
		if (!better(covering, &heap[child], &sinking))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = sinking;
}

static void
drop_first(covering *covering)
{
	covering->heap[0] = covering->heap[--covering->heap_count];
	if (covering->heap_count > 0)
		sink(covering, 0);
}

static ktt_place
place_of(const covering *covering, uint32_t crowd)
{
	return covering->places[covering->crowds.members[covering->crowds.crowds[crowd].first]].place;
}

static void
fill_tree(covering *covering, const int64_t *households)
{
	const ktt_pickups *tree = &covering->tree;

	for (size_t i = 0; i < tree->count; i++)
	{
		const ktt_crowd *crowd = &covering->crowds.crowds[tree->points[i].id - 1];

		ktt_pause_at(i);
		for (uint32_t member = crowd->first; member < crowd->first + crowd->count; member++)
			covering->here[i] += households[covering->crowds.members[member]];
		covering->missing_here[i] = covering->here[i];
	}
	/* Children have higher numbers than their parents. */
	for (size_t number = ktt_pickups_nodes(tree); number-- > 0;)
	{
		const ktt_pickup_node *node = &tree->nodes[number];

		ktt_pause_at(number);
		if (node->right != 0)
			covering->all[number] = covering->all[number + 1] + covering->all[node->right];
		else
			for (uint32_t i = 0; i < node->count; i++)
			{
				const ktt_site *site = &tree->sites[node->first + i];

				for (uint32_t point = site->first; point < site->first + site->count; point++)
					covering->all[number] += covering->here[point];
			}
		covering->missing[number] = covering->all[number];
	}
}

static void
reach_from_points(covering *covering, const ktt_pickups *pickups)
{
	for (size_t i = 0; i < pickups->site_count; i++)
	{
		circle		circle = circle_around(covering, pickups->points[pickups->sites[i].first].place);

		ktt_pause_at(i);
		reach(&circle, 0);
	}
}

static size_t
choose(covering *covering, size_t most, ktt_spot *spots)
{
	size_t		chosen = 0;

	for (uint32_t crowd = 0; crowd < covering->crowds.count; crowd++)
	{
		circle		circle = circle_around(covering, place_of(covering, crowd));
		int64_t		gain = sum(&circle, true);

		if (gain > 0)
			covering->heap[covering->heap_count++] = (candidate) {gain, crowd, 0};
	}
	for (size_t i = covering->heap_count / 2; i-- > 0;)
	{
		ktt_pause_at(i);
		sink(covering, i);
	}
	while (chosen < most && covering->heap_count > 0)
	{
		candidate  *best = &covering->heap[0];
		circle		circle = circle_around(covering, place_of(covering, best->crowd));

		ktt_pause_at(covering->step++ * 16 + 15);
		if (best->chosen < chosen)
		{
			best->gain = sum(&circle, true);
			best->chosen = (uint32_t) chosen;
			if (best->gain == 0)
				drop_first(covering);
			else
				sink(covering, 0);
			continue;
		}
		spots[chosen++] = (ktt_spot)
		{
			covering->crowds.members[covering->crowds.crowds[best->crowd].first],
				sum(&circle, false), best->gain
		};
		reach(&circle, 0);
		drop_first(covering);
	}
	return chosen;
}

static bool
build(covering *covering, ktt_status *status, const ktt_memory *memory,
	  ktt_fault *fault)
{
	size_t		count = covering->crowds.count;
	ktt_point  *points = ktt_allocate(memory, count * sizeof(*points));
	size_t		nodes;

	*status = points == NULL ? no_memory(fault) : KTT_OK;
	if (points == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		points[i] = (ktt_point) {.id = (int64_t) i + 1, .place = place_of(covering, (uint32_t) i)};
	covering->tree.points = points;
	*status = ktt_pickups_build(&covering->tree, points, count, *memory, fault);
	if (*status != KTT_OK)
		return false;
	nodes = ktt_pickups_nodes(&covering->tree);
	covering->all = ktt_allocate(memory, nodes * sizeof(int64_t));
	covering->missing = ktt_allocate(memory, nodes * sizeof(int64_t));
	covering->here = ktt_allocate(memory, count * sizeof(int64_t));
	covering->missing_here = ktt_allocate(memory, count * sizeof(int64_t));
	covering->heap = ktt_allocate(memory, count * sizeof(candidate));
	if (covering->all == NULL || covering->missing == NULL || covering->here == NULL ||
		covering->missing_here == NULL || covering->heap == NULL)
		*status = no_memory(fault);
	return *status == KTT_OK;
}

static ktt_status
check(const int64_t *households, size_t count, double metres, ktt_fault *fault)
{
	int64_t		total = 0;

	if (!(metres >= 0) || metres > KTT_DISTANCE_MAX * 2)
		return ktt_fail(fault, KTT_VALUE, 0, "The distance is %g metres.", metres);
	for (size_t i = 0; i < count; i++)
	{
		ktt_pause_at(i);
		if (households[i] < 0)
			return ktt_fail(fault, KTT_VALUE, 0, "A place has %lld households.",
							(long long) households[i]);
		if (__builtin_add_overflow(total, households[i], &total))
			return ktt_fail(fault, KTT_RANGE, 0, "There are more households than a bigint holds.");
	}
	return KTT_OK;
}

ktt_status
ktt_white_spots(const ktt_pickups *pickups, const ktt_demand *places,
				const int64_t *households, size_t count, double metres,
				size_t most, const ktt_memory *memory, ktt_spot *spots,
				size_t *found, ktt_fault *fault)
{
	covering	covering = {.places = places, .metres = metres, .tree = {.memory = *memory}};
	ktt_status	status = check(households, count, metres, fault);

	*found = 0;
	if (status != KTT_OK)
		return status;
	status = ktt_crowds_build(&covering.crowds, places, count, memory, fault);
	if (status != KTT_OK)
		return status;
	if (covering.crowds.count > 0 && build(&covering, &status, memory, fault))
	{
		fill_tree(&covering, households);
		reach_from_points(&covering, pickups);
		*found = choose(&covering, most, spots);
	}
	ktt_release(memory, covering.heap);
	ktt_release(memory, covering.missing_here);
	ktt_release(memory, covering.here);
	ktt_release(memory, covering.missing);
	ktt_release(memory, covering.all);
	ktt_pickups_end(&covering.tree);
	ktt_release(memory, covering.tree.points);
	ktt_crowds_end(&covering.crowds);
	return status;
}
