#include "spot.h"

#include "pause.h"
#include "pickup_tree.h"
#include "sort.h"

/* A place for a point: what it gained when it was last looked at, which can only become less. */
typedef struct candidate
{
	int64_t		gain;
	int64_t		id;
	uint32_t	site;
} candidate;

typedef struct search
{
	ktt_pickups tree;			/* of the dwellings */
	int64_t    *open;			/* households by site that no point covers */
	int64_t    *all;			/* households by site */
	int64_t    *open_sums;		/* by node */
	int64_t    *all_sums;
	candidate  *heap;
	size_t		heap_count;
	double		metres;
} search;

typedef struct weight
{
	int64_t		id;
	int64_t		households;
} weight;

static int
compare_weights(const void *a, const void *b)
{
	int64_t		one = ((const weight *) a)->id;
	int64_t		other = ((const weight *) b)->id;

	return (one > other) - (one < other);
}

static int64_t
households_of(const weight *weights, size_t count, int64_t id)
{
	size_t		low = 0;
	size_t		high = count;

	while (low < high)
	{
		size_t		middle = (low + high) / 2;

		if (weights[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return weights[low].households;
}

static void
sum_up(const search *search, const int64_t *sites, int64_t *sums)
{
	for (uint32_t number = search->tree.node_count; number-- > 0;)
	{
		const ktt_pickup_node *node = &search->tree.nodes[number];

		ktt_pause_at(number);
		if (node->right != 0)
			sums[number] = sums[number + 1] + sums[node->right];
		else
		{
			sums[number] = 0;
			for (uint32_t i = 0; i < node->count; i++)
				sums[number] += sites[node->first + i];
		}
	}
}

static int64_t
within(const search *search, uint32_t site, const int64_t *sites,
	   const int64_t *sums)
{
	const ktt_pickups *tree = &search->tree;
	ktt_pickup_range range;
	uint32_t	node;
	uint32_t	other;
	int64_t		households = 0;

	ktt_pickup_range_begin(&range, tree, sums, tree->points[tree->sites[site].first].place,
						   search->metres);
	while (ktt_pickup_range_next(&range, &node, &other))
		households += node == KTT_NO_NODE ? sites[other] : sums[node];
	return households;
}

/* Nothing within the distance of a site is open any longer. */
static void
cover(search *search, uint32_t site)
{
	const ktt_pickups *tree = &search->tree;
	ktt_pickup_range range;
	uint32_t	node;
	uint32_t	other;

	ktt_pickup_range_begin(&range, tree, search->open_sums,
						   tree->points[tree->sites[site].first].place, search->metres);
	while (ktt_pickup_range_next(&range, &node, &other))
	{
		uint32_t	first = node == KTT_NO_NODE ? other : tree->nodes[node].first;
		uint32_t	count = node == KTT_NO_NODE ? 1 : tree->nodes[node].count;

		for (uint32_t i = 0; i < count; i++)
		{
			ktt_pause_at(i);
			search->open[first + i] = 0;
		}
	}
	sum_up(search, search->open, search->open_sums);
}

static bool
before(const candidate *one, const candidate *other)
{
	return one->gain != other->gain ? one->gain > other->gain : one->id < other->id;
}

static void
sink(search *search, size_t at)
{
	candidate  *heap = search->heap;
	candidate	moved = heap[at];

	while (2 * at + 1 < search->heap_count)
	{
		size_t		child = 2 * at + 1;

		if (child + 1 < search->heap_count && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

static ktt_status
no_memory(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the dwellings.");
}

static ktt_status
build_tree(search *search, const ktt_dwelling *dwellings, size_t count,
		   const ktt_memory *memory, ktt_fault *fault)
{
	ktt_point  *points;
	ktt_status	status;

	for (size_t i = 0; i < count; i++)
	{
		ktt_pause_at(i);
		if (dwellings[i].households < 0 || dwellings[i].households > KTT_HOUSEHOLDS_MAX)
			return ktt_fail(fault, KTT_VALUE, 0, "Location %lld has %lld households, there must be 0 to %d.",
							(long long) dwellings[i].id, (long long) dwellings[i].households,
							KTT_HOUSEHOLDS_MAX);
	}
	points = ktt_allocate(memory, count * sizeof(*points));
	if (points == NULL)
		return no_memory(fault);
	for (size_t i = 0; i < count; i++)
	{
		ktt_pause_at(i);
		points[i] = (ktt_point)
		{
			.id = dwellings[i].id, .place = dwellings[i].place, .capacity = KTT_NO_CAPACITY
		};
	}
	status = ktt_pickups_build(&search->tree, points, count, *memory, fault);
	if (status != KTT_OK)
		ktt_release(memory, points);
	return status;
}

static ktt_status
weigh_sites(search *search, const ktt_pickups *pickups,
			const ktt_dwelling *dwellings, size_t count,
			const ktt_memory *memory, ktt_fault *fault)
{
	const ktt_pickups *tree = &search->tree;
	weight	   *weights = ktt_allocate(memory, 2 * count * sizeof(*weights));

	if (weights == NULL)
		return no_memory(fault);
	for (size_t i = 0; i < count; i++)
		weights[i] = (weight) {dwellings[i].id, dwellings[i].households};
	ktt_sort(weights, count, sizeof(*weights), weights + count, compare_weights);
	for (size_t i = 0; i < tree->site_count; i++)
	{
		const ktt_site *site = &tree->sites[i];

		ktt_pause_at(i);
		for (uint32_t j = 0; j < site->count; j++)
			search->all[i] += households_of(weights, count, tree->points[site->first + j].id);
		if (search->all[i] > 0 &&
			ktt_pickups_within(pickups, tree->points[site->first].place, search->metres, 1) == 0)
			search->open[i] = search->all[i];
	}
	ktt_release(memory, weights);
	sum_up(search, search->all, search->all_sums);
	sum_up(search, search->open, search->open_sums);
	return KTT_OK;
}

static void
rank_sites(search *search)
{
	for (uint32_t i = 0; i < search->tree.site_count; i++)
	{
		ktt_pause_at(i);
		search->heap[i] = (candidate)
		{
			within(search, i, search->open, search->open_sums),
				search->tree.points[search->tree.sites[i].first].id, i
		};
	}
	search->heap_count = search->tree.site_count;
	for (size_t i = search->heap_count / 2; i-- > 0;)
		sink(search, i);
}

/*
 * Gains only fall, so a candidate that is still the first when its gain has been
 * worked out again is the best.
 */
static size_t
choose(search *search, ktt_spot *spots, size_t room)
{
	size_t		found = 0;
	size_t		step = 0;

	while (found < room && search->heap_count > 0)
	{
		candidate  *first = &search->heap[0];
		uint32_t	site = first->site;
		int64_t		known = first->gain;

		ktt_pause_at(step++);
		first->gain = within(search, site, search->open, search->open_sums);
		if (first->gain < known)
		{
			sink(search, 0);
			continue;
		}
		if (first->gain == 0)
			break;
		spots[found++] = (ktt_spot)
		{
			first->id, within(search, site, search->all, search->all_sums), first->gain
		};
		cover(search, site);
		search->heap[0] = search->heap[--search->heap_count];
		if (search->heap_count > 0)
			sink(search, 0);
	}
	return found;
}

ktt_status
ktt_spots(const ktt_pickups *pickups, const ktt_dwelling *dwellings,
		  size_t count, double metres, const ktt_memory *memory,
		  ktt_spot *spots, size_t room, size_t *found, ktt_fault *fault)
{
	search		search = {.metres = metres};
	ktt_status	status;

	*found = 0;
	if (count == 0)
		return KTT_OK;
	status = build_tree(&search, dwellings, count, memory, fault);
	if (status != KTT_OK)
		return status;
	search.open = ktt_allocate(memory, search.tree.site_count * sizeof(int64_t));
	search.all = ktt_allocate(memory, search.tree.site_count * sizeof(int64_t));
	search.open_sums = ktt_allocate(memory, search.tree.node_count * sizeof(int64_t));
	search.all_sums = ktt_allocate(memory, search.tree.node_count * sizeof(int64_t));
	search.heap = ktt_allocate(memory, search.tree.site_count * sizeof(candidate));
	if (search.open == NULL || search.all == NULL || search.open_sums == NULL ||
		search.all_sums == NULL || search.heap == NULL)
		status = no_memory(fault);
	else
		status = weigh_sites(&search, pickups, dwellings, count, memory, fault);
	if (status == KTT_OK)
	{
		rank_sites(&search);
		*found = choose(&search, spots, room);
	}
	ktt_release(memory, search.heap);
	ktt_release(memory, search.all_sums);
	ktt_release(memory, search.open_sums);
	ktt_release(memory, search.all);
	ktt_release(memory, search.open);
	ktt_release(memory, search.tree.points);
	ktt_pickups_end(&search.tree);
	return status;
}
