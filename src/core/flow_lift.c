/*
 * Being left out is so dear that a search which finds no room on its way has to
 * learn every alternative of everybody before it comes that far. This spares
 * that: when all the nodes that can be reached are full, all of them become
 * dearer at once, up to where the first holding might as well be left out. What
 * moves cost among them stays the same.
 */
#include "flow.h"

#include "pause.h"
#include "pickup_tree.h"

#include <string.h>

typedef struct lift
{
	ktt_flow   *flow;
	uint32_t   *holdings;		/* by node */
	uint32_t   *ends;			/* of those of each node */
	uint32_t   *unreached;		/* nodes, by node of the tree */
	bool	   *reached;		/* by node */
	uint32_t   *queue;			/* nodes that were reached */
	uint32_t	queue_count;
	int64_t		exit;			/* least outlay of whatever is out of reach */
	bool		room;
} lift;

static bool
take_memory(lift *lift)
{
	const ktt_memory *memory = &lift->flow->arena.memory;
	size_t		nodes = (size_t) lift->flow->left_out + 1;

	lift->holdings = ktt_allocate(memory, lift->flow->holding_count * sizeof(*lift->holdings));
	lift->ends = ktt_allocate(memory, (nodes + 1) * sizeof(*lift->ends));
	lift->unreached = ktt_allocate(memory, lift->flow->tree_nodes * sizeof(*lift->unreached));
	lift->reached = ktt_allocate(memory, nodes * sizeof(*lift->reached));
	lift->queue = ktt_allocate(memory, nodes * sizeof(*lift->queue));
	return lift->holdings != NULL && lift->ends != NULL && lift->unreached != NULL &&
		lift->reached != NULL && lift->queue != NULL;
}

static void
release_memory(lift *lift)
{
	const ktt_memory *memory = &lift->flow->arena.memory;

	ktt_release(memory, lift->queue);
	ktt_release(memory, lift->reached);
	ktt_release(memory, lift->unreached);
	ktt_release(memory, lift->ends);
	ktt_release(memory, lift->holdings);
}

/* Holdings that are not in use have no version. */
static void
sort_by_node(lift *lift)
{
	const ktt_flow *flow = lift->flow;
	uint32_t	before = 0;

	for (uint32_t i = 0; i < flow->holding_count; i++)
	{
		ktt_pause_at(i);
		if (flow->versions[i] != 0)
			lift->ends[flow->holdings[i].node]++;
	}
	for (uint32_t node = 0; node <= flow->left_out; node++)
	{
		uint32_t	count = lift->ends[node];

		lift->ends[node] = before;
		before += count;
	}
	for (uint32_t i = 0; i < flow->holding_count; i++)
	{
		ktt_pause_at(i);
		if (flow->versions[i] != 0)
			lift->holdings[lift->ends[flow->holdings[i].node]++] = i;
	}
}

static uint32_t
first_of(const lift *lift, uint32_t node)
{
	return node == 0 ? 0 : lift->ends[node - 1];
}

static uint32_t
first_point(const ktt_pickups *tree, const ktt_pickup_node *node)
{
	return tree->sites[node->first].first;
}

/* Those that have been lifted before are left alone: they are as dear as being left out. */
static bool
is_lifted(const ktt_flow *flow, uint32_t node)
{
	return flow->nodes[node].price > flow->left_out_cost / 2;
}

static void
reach(lift *lift, uint32_t node)
{
	ktt_flow   *flow = lift->flow;
	const ktt_pickups *tree = &flow->outlets.tree;
	uint32_t	number = 0;

	lift->reached[node] = true;
	for (;;)
	{
		uint32_t	right = tree->nodes[number].right;

		lift->unreached[number]--;
		if (right == 0)
			break;
		number = node < first_point(tree, &tree->nodes[right]) ? number + 1 : right;
	}
	if (is_lifted(flow, node))
	{
		if (flow->nodes[node].price < lift->exit)
			lift->exit = flow->nodes[node].price;
		return;
	}
	lift->queue[lift->queue_count++] = node;
	if (flow->nodes[node].load < flow->nodes[node].capacity)
		lift->room = true;
}

static void
reach_site(lift *lift, const ktt_site *site, ktt_place place, ktt_ecef at)
{
	const ktt_pickups *tree = &lift->flow->outlets.tree;
	double		metres = -1;

	for (uint32_t node = site->first; node < site->first + site->count; node++)
	{
		const ktt_point *point = &tree->points[node];

		ktt_pause_at(node - site->first);
		if (lift->reached[node])
			continue;
		if (metres < 0)
			metres = ktt_flow_metres(lift->flow, site, place, at);
		if (ktt_point_reaches(point, place, metres) &&
			(point->area == NULL || ktt_area_covers(point->area, place)))
			reach(lift, node);
	}
}

/* Reach whatever a crowd can go to. */
static void
reach_from(lift *lift, uint32_t crowd)
{
	const ktt_pickups *tree = &lift->flow->outlets.tree;
	ktt_place	place = ktt_flow_place_of(lift->flow, crowd);
	ktt_ecef	at = ktt_ecef_of(place);
	uint32_t	stack[KTT_PICKUP_DEPTH_MAX + 1];
	int			height = 0;
	size_t		step = 0;

	stack[height++] = 0;
	while (height > 0)
	{
		uint32_t	number = stack[--height];
		const ktt_pickup_node *node = &tree->nodes[number];
		double		most = node->radius + KTT_PICKUP_CLOSE;

		ktt_pause_at(step++ * 16 + 15);
		if (lift->unreached[number] == 0 ||
			ktt_box_nearest_squared(&node->bounds, at) > most * most)
			continue;
		if (node->right == 0)
			for (uint32_t i = 0; i < node->count; i++)
				reach_site(lift, &tree->sites[node->first + i], place, at);
		else
		{
			stack[height++] = node->right;
			stack[height++] = number + 1;
		}
	}
}

static void
count_unreached(lift *lift)
{
	const ktt_pickups *tree = &lift->flow->outlets.tree;

	for (uint32_t number = lift->flow->tree_nodes; number-- > 0;)
	{
		const ktt_pickup_node *node = &tree->nodes[number];
		const ktt_site *last = &tree->sites[node->first + node->count - 1];

		lift->unreached[number] = last->first + last->count - first_point(tree, node);
	}
}

static void
reach_all(lift *lift, uint32_t source)
{
	size_t		step = 0;

	count_unreached(lift);
	reach(lift, source);
	for (uint32_t at = 0; at < lift->queue_count && !lift->room; at++)
	{
		uint32_t	node = lift->queue[at];

		for (uint32_t i = first_of(lift, node); i < lift->ends[node] && !lift->room; i++)
		{
			ktt_pause_at(step++ * 32 + 31);
			if (lift->unreached[0] > 0)
				reach_from(lift, lift->flow->holdings[lift->holdings[i]].crowd);
		}
	}
}

/* How much dearer the nodes that were reached can become. */
static int64_t
possible_lift(const lift *lift)
{
	const ktt_flow *flow = lift->flow;
	int64_t		most = 0;

	for (uint32_t at = 0; at < lift->queue_count; at++)
	{
		uint32_t	node = lift->queue[at];

		for (uint32_t i = first_of(lift, node); i < lift->ends[node]; i++)
		{
			int64_t		outlay = flow->holdings[lift->holdings[i]].cost + flow->nodes[node].price;

			ktt_pause_at(i);
			if (outlay > most)
				most = outlay;
		}
	}
	return lift->exit - most;
}

static void
make_dearer(lift *lift, int64_t by)
{
	ktt_flow   *flow = lift->flow;

	for (uint32_t at = 0; at < lift->queue_count; at++)
	{
		uint32_t	number = lift->queue[at];
		ktt_flow_node *node = &flow->nodes[number];

		node->price += by;
		node->beyond.count = 0;
		for (uint32_t i = first_of(lift, number); i < lift->ends[number] && flow->status == KTT_OK; i++)
		{
			uint32_t	holding = lift->holdings[i];
			int64_t		bound = flow->holdings[holding].bound;

			ktt_pause_at(i);
			/* All that is not known became as much dearer, but not what is out of reach. */
			if (bound < lift->exit)
				bound = lift->exit - bound < by ? lift->exit : bound + by;
			ktt_flow_bound(flow, holding, bound);
		}
	}
	ktt_flow_refresh(flow);
}

bool
ktt_flow_lift(ktt_flow *flow, uint32_t source)
{
	lift		lift = {.flow = flow, .exit = flow->left_out_cost};
	int64_t		by = 0;

	if (!take_memory(&lift))
		ktt_flow_fail(flow);
	else
	{
		sort_by_node(&lift);
		reach_all(&lift, source);
		if (!lift.room)
			by = possible_lift(&lift);
		if (by > 0)
			make_dearer(&lift, by);
	}
	release_memory(&lift);
	return by > 0;
}
