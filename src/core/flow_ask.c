/*
 * The best places for a crowd by distance and price, out of the tree.
 */
#include "flow.h"

#include "pause.h"
#include "pickup_tree.h"

#include <math.h>

#define MICRO 1e6

/* What rounding and the quick distance can take off a chord, in micrometres. */
#define CHORD_SLACK 2

typedef struct asking
{
	ktt_flow   *flow;
	ktt_place	place;
	ktt_ecef	at;
	size_t		room;
	int64_t		bound;			/* what has this outlay or more is not among the best */
} asking;

typedef struct waiting
{
	uint32_t	node;
	int64_t		outlay;			/* at least */
} waiting;

static inline int64_t
cost_at_least(double chord_squared)
{
	return (int64_t) (sqrt(chord_squared) * MICRO) - CHORD_SLACK;
}

static inline int64_t
cost_of(double metres)
{
	return (int64_t) (metres * MICRO + 0.5);
}

double
ktt_flow_metres(const ktt_flow *flow, const ktt_site *site, ktt_place place,
				ktt_ecef at)
{
	double		chord_squared = ktt_chord_squared(site->at, at);

	if (chord_squared <= KTT_QUICK_MAX * KTT_QUICK_MAX)
		return ktt_quick_distance(site->at, at, chord_squared);
	return ktt_distance(flow->outlets.tree.points[site->first].place, place);
}

static void
insert(asking *asking, ktt_flow_offer offer)
{
	ktt_flow   *flow = asking->flow;
	size_t		at;

	if (offer.outlay >= asking->bound)
		return;
	if (flow->offer_count < asking->room)
		flow->offer_count++;
	for (at = flow->offer_count - 1; at > 0 && flow->offers[at - 1].outlay > offer.outlay; at--)
		flow->offers[at] = flow->offers[at - 1];
	flow->offers[at] = offer;
	if (flow->offer_count == asking->room)
		asking->bound = flow->offers[asking->room - 1].outlay;
}

static void
look_at_site(asking *asking, const ktt_site *site)
{
	ktt_flow   *flow = asking->flow;
	int64_t		least = cost_at_least(ktt_chord_squared(site->at, asking->at));
	double		metres = -1;

	for (uint32_t node = site->first; node < site->first + site->count; node++)
	{
		const ktt_point *point = &flow->outlets.tree.points[node];
		int64_t		price = flow->nodes[node].price;
		int64_t		cost;

		ktt_pause_at(node - site->first);
		if (least + price >= asking->bound)
			continue;
		if (metres < 0)
			metres = ktt_flow_metres(flow, site, asking->place, asking->at);
		if (!ktt_point_reaches(point, asking->place, metres) ||
			(point->area != NULL && !ktt_area_covers(point->area, asking->place)))
			continue;
		cost = cost_of(metres);
		insert(asking, (ktt_flow_offer) {cost + price, cost, node});
	}
}

/* The least that a node of the tree can offer; INT64_MAX when no point in it reaches so far. */
static int64_t
promise(const asking *asking, uint32_t number)
{
	const ktt_pickup_node *node = &asking->flow->outlets.tree.nodes[number];
	double		chord_squared = ktt_box_nearest_squared(&node->bounds, asking->at);
	double		most = node->radius + KTT_PICKUP_CLOSE;

	if (chord_squared > most * most)
		return INT64_MAX;
	return cost_at_least(chord_squared) + asking->flow->least[number];
}

void
ktt_flow_ask(ktt_flow *flow, uint32_t crowd, size_t room)
{
	const ktt_pickups *tree = &flow->outlets.tree;
	asking		asking = {.flow = flow, .place = ktt_flow_place_of(flow, crowd),
						  .room = room, .bound = INT64_MAX};
	waiting		stack[KTT_PICKUP_DEPTH_MAX + 1];
	int			height = 0;
	size_t		step = 0;

	asking.at = ktt_ecef_of(asking.place);
	flow->offer_count = 0;
	insert(&asking, (ktt_flow_offer) {flow->left_out_cost, flow->left_out_cost, flow->left_out});
	if (tree->count > 0)
		stack[height++] = (waiting) {0, promise(&asking, 0)};
	while (height > 0)
	{
		waiting		now = stack[--height];
		const ktt_pickup_node *node = &tree->nodes[now.node];

		ktt_pause_at(step++ * 16 + 15);
		if (now.outlay >= asking.bound)
			continue;
		if (node->right == 0)
			for (uint32_t i = 0; i < node->count; i++)
				look_at_site(&asking, &tree->sites[node->first + i]);
		else
		{
			waiting		left = {now.node + 1, promise(&asking, now.node + 1)};
			waiting		right = {node->right, promise(&asking, node->right)};
			bool		left_first = left.outlay <= right.outlay;

			stack[height++] = left_first ? right : left;
			stack[height++] = left_first ? left : right;
		}
	}
}

int64_t
ktt_flow_cost(const ktt_flow *flow, uint32_t crowd, uint32_t node)
{
	ktt_place	place = ktt_flow_place_of(flow, crowd);
	ktt_ecef	at = ktt_ecef_of(place);
	ktt_site	site = {.first = node};

	if (node == flow->left_out)
		return flow->left_out_cost;
	site.at = ktt_ecef_of(flow->outlets.tree.points[node].place);
	return cost_of(ktt_flow_metres(flow, &site, place, at));
}

void
ktt_flow_refresh(ktt_flow *flow)
{
	const ktt_pickups *tree = &flow->outlets.tree;
	size_t		step = 0;

	flow->stale = 0;
	for (uint32_t number = flow->tree_nodes; number-- > 0;)
	{
		const ktt_pickup_node *node = &tree->nodes[number];
		int64_t		least = INT64_MAX;

		if (node->right != 0)
			least = flow->least[number + 1] < flow->least[node->right] ?
				flow->least[number + 1] : flow->least[node->right];
		else
		{
			const ktt_site *last = &tree->sites[node->first + node->count - 1];

			for (uint32_t i = tree->sites[node->first].first; i < last->first + last->count; i++)
			{
				ktt_pause_at(step++);
				if (flow->nodes[i].price < least)
					least = flow->nodes[i].price;
			}
		}
		flow->least[number] = least;
	}
}
