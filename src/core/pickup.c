#include "pickup_tree.h"

#include "pause.h"
#include "sort.h"

#include <math.h>
#include <string.h>

/* Sites in a leaf: more are cheaper to look at than to divide. */
#define LEAF_SITES 8

static int
compare_ids(const void *a, const void *b)
{
	int64_t		one = *(const int64_t *) a;
	int64_t		other = *(const int64_t *) b;

	return (one > other) - (one < other);
}

static int
compare_places(const void *a, const void *b)
{
	const ktt_point *one = a;
	const ktt_point *other = b;

	if (one->place.longitude != other->place.longitude)
		return one->place.longitude < other->place.longitude ? -1 : 1;
	if (one->place.latitude != other->place.latitude)
		return one->place.latitude < other->place.latitude ? -1 : 1;
	return compare_ids(&one->id, &other->id);
}

static ktt_status
no_memory(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the points.");
}

static ktt_status
check_ids(const ktt_point *points, size_t count, const ktt_memory *memory,
		  ktt_fault *fault)
{
	bool		rising = true;
	int64_t    *ids;
	ktt_status	status = KTT_OK;

	for (size_t i = 0; i < count; i++)
	{
		ktt_pause_at(i);
		if (points[i].id < 1)
			return ktt_fail(fault, KTT_VALUE, 0, "The id of a point is %lld.",
							(long long) points[i].id);
		rising = rising && (i == 0 || points[i - 1].id < points[i].id);
	}
	if (rising)
		return KTT_OK;

	ids = ktt_allocate(memory, 2 * count * sizeof(*ids));
	if (ids == NULL)
		return no_memory(fault);
	for (size_t i = 0; i < count; i++)
		ids[i] = points[i].id;
	ktt_sort(ids, count, sizeof(*ids), ids + count, compare_ids);
	for (size_t i = 1; i < count && status == KTT_OK; i++)
		if (ids[i - 1] == ids[i])
			status = ktt_fail(fault, KTT_VALUE, 0, "Point %lld is given twice.",
							  (long long) ids[i]);
	ktt_release(memory, ids);
	return status;
}

static double
reach(const ktt_point *point)
{
	return point->radius == KTT_NO_RADIUS ? INFINITY : point->radius;
}

/* Points in the order of their places, those at one place by id: sites. */
static void
make_sites(ktt_pickups *pickups)
{
	size_t		sites = 0;

	for (size_t i = 0; i < pickups->count; i++)
	{
		const ktt_point *point = &pickups->points[i];
		ktt_site   *site;

		ktt_pause_at(i);
		if (i == 0 ||
			point[-1].place.longitude != point->place.longitude ||
			point[-1].place.latitude != point->place.latitude)
			pickups->sites[sites++] = (ktt_site)
			{
				ktt_ecef_of(point->place), (uint32_t) i, 0, 0
			};
		site = &pickups->sites[sites - 1];
		site->count++;
		site->radius = fmax(site->radius, reach(point));
	}
	pickups->site_count = sites;
}

static inline double
coordinate(const ktt_site *site, int axis)
{
	return axis == 0 ? site->at.x : axis == 1 ? site->at.y : site->at.z;
}

static ktt_pickup_box
bounds_of(const ktt_site *sites, size_t count)
{
	ktt_pickup_box bounds = {
		{INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}
	};

	for (size_t i = 0; i < count; i++)
	{
		ktt_pause_at(i);
		for (int axis = 0; axis < 3; axis++)
		{
			double		value = coordinate(&sites[i], axis);

			bounds.low[axis] = fmin(bounds.low[axis], value);
			bounds.high[axis] = fmax(bounds.high[axis], value);
		}
	}
	return bounds;
}

static int
longest_axis(const ktt_pickup_box *bounds)
{
	int			longest = 0;

	for (int axis = 1; axis < 3; axis++)
		if (bounds->high[axis] - bounds->low[axis] >
			bounds->high[longest] - bounds->low[longest])
			longest = axis;
	return longest;
}

/* Put the sites that are lower along an axis before the one in the middle. */
static void
divide(ktt_site *sites, size_t count, int axis)
{
	size_t		low = 0;
	size_t		high = count - 1;
	size_t		middle = count / 2;
	uint64_t	chance = 1;
	size_t		step = 0;

	while (low < high)
	{
		size_t		left = low;
		size_t		right = high;
		double		pivot;

		/* By chance, so that no order of the input is a bad one. */
		chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		pivot = coordinate(&sites[low + (chance >> 33) % (high - low + 1)], axis);
		while (left <= right)
		{
			while (coordinate(&sites[left], axis) < pivot)
			{
				ktt_pause_at(step++);
				left++;
			}
			while (coordinate(&sites[right], axis) > pivot)
			{
				ktt_pause_at(step++);
				right--;
			}
			if (left <= right)
			{
				ktt_site	swap = sites[left];

				sites[left++] = sites[right];
				sites[right] = swap;
				ktt_pause_at(step++);
				if (right == 0)
					break;
				right--;
			}
		}
		if (middle <= right)
			high = right;
		else if (middle >= left)
			low = left;
		else
			return;
	}
}

/* A part of the sites that wants a node; where that is whose right child it is. */
typedef struct part
{
	uint32_t	first;
	uint32_t	count;
	uint32_t	parent;
	bool		right;
} part;

static void
build_tree(ktt_pickups *pickups)
{
	part		parts[KTT_PICKUP_DEPTH_MAX + 1];
	int			waiting = 0;
	uint32_t	nodes = 0;

	parts[waiting++] = (part) {0, (uint32_t) pickups->site_count, 0, false};
	while (waiting > 0)
	{
		part		now = parts[--waiting];
		uint32_t	number = nodes++;
		ktt_pickup_node *node = &pickups->nodes[number];

		*node = (ktt_pickup_node)
		{
			.bounds = bounds_of(pickups->sites + now.first, now.count),
			.first = now.first,
			.count = now.count
		};
		if (now.right)
			pickups->nodes[now.parent].right = number;
		if (now.count > LEAF_SITES)
		{
			uint32_t	half = now.count / 2;

			divide(pickups->sites + now.first, now.count,
				   longest_axis(&node->bounds));
			parts[waiting++] = (part) {now.first + half, now.count - half, number, true};
			parts[waiting++] = (part) {now.first, half, number, false};
		}
	}

	pickups->node_count = nodes;
	/* Children have higher numbers than their parents. */
	for (uint32_t number = nodes; number-- > 0;)
	{
		ktt_pickup_node *node = &pickups->nodes[number];

		if (node->right != 0)
			node->radius = fmax(pickups->nodes[number + 1].radius,
								pickups->nodes[node->right].radius);
		else
			for (uint32_t i = 0; i < node->count; i++)
				node->radius = fmax(node->radius,
									pickups->sites[node->first + i].radius);
	}
}

/* Points follow their sites, so that those of a node stand together. */
static void
follow_sites(ktt_pickups *pickups, ktt_point *scratch)
{
	uint32_t	next = 0;

	memcpy(scratch, pickups->points, pickups->count * sizeof(*scratch));
	for (size_t i = 0; i < pickups->site_count; i++)
	{
		ktt_site   *site = &pickups->sites[i];

		ktt_pause_at(i);
		memcpy(pickups->points + next, scratch + site->first,
			   site->count * sizeof(*scratch));
		site->first = next;
		next += site->count;
	}
}

ktt_status
ktt_pickups_build(ktt_pickups *pickups, ktt_point *points, size_t count,
				  ktt_memory memory, ktt_fault *fault)
{
	ktt_point  *scratch;
	ktt_status	status;

	*pickups = (ktt_pickups) {.points = points, .count = count, .memory = memory};
	if (count > KTT_PICKUP_POINTS_MAX)
		return ktt_fail(fault, KTT_LIMIT, 0, "There are %zu points, at most %d are allowed.",
						count, KTT_PICKUP_POINTS_MAX);
	status = check_ids(points, count, &memory, fault);
	if (status != KTT_OK || count == 0)
		return status;

	scratch = ktt_allocate(&memory, count * sizeof(*scratch));
	if (scratch == NULL)
		return no_memory(fault);
	ktt_sort(points, count, sizeof(*points), scratch, compare_places);
	pickups->sites = ktt_allocate(&memory, count * sizeof(*pickups->sites));
	if (pickups->sites != NULL)
	{
		make_sites(pickups);
		/* Halves of more than a leaf's sites have at least half a leaf's. */
		pickups->nodes = ktt_allocate(&memory,
									  (pickups->site_count / (LEAF_SITES / 2) * 2 + 1)
									  * sizeof(*pickups->nodes));
	}
	if (pickups->sites == NULL || pickups->nodes == NULL)
	{
		ktt_release(&memory, scratch);
		ktt_pickups_end(pickups);
		return no_memory(fault);
	}
	build_tree(pickups);
	follow_sites(pickups, scratch);
	ktt_release(&memory, scratch);
	return KTT_OK;
}

void
ktt_pickups_end(ktt_pickups *pickups)
{
	ktt_release(&pickups->memory, pickups->nodes);
	ktt_release(&pickups->memory, pickups->sites);
	pickups->nodes = NULL;
	pickups->sites = NULL;
	pickups->count = pickups->site_count = 0;
}

bool
ktt_point_serves(const ktt_pickups *pickups, size_t point, ktt_place place)
{
	const ktt_point *asked = &pickups->points[point];

	return (asked->radius == KTT_NO_RADIUS ||
			ktt_within(asked->place, place, asked->radius)) &&
		(asked->area == NULL || ktt_area_covers(asked->area, place));
}

void
ktt_near_measure(const ktt_pickups *pickups, ktt_place place, ktt_near *near)
{
	if (!near->exact)
	{
		near->metres = ktt_distance(pickups->points[near->point].place, place);
		near->exact = true;
	}
}

bool
ktt_near_before(const ktt_pickups *pickups, ktt_place place,
				ktt_near *one, ktt_near *other)
{
	if (fabs(one->metres - other->metres) <= KTT_PICKUP_CLOSE)
	{
		ktt_near_measure(pickups, place, one);
		ktt_near_measure(pickups, place, other);
	}
	if (one->metres != other->metres)
		return one->metres < other->metres;
	return pickups->points[one->point].id < pickups->points[other->point].id;
}
