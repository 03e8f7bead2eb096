/*
 * The shortest path from a node that holds too much to one with room.
 *
 * Two kinds of steps wait in the queue: to a node, and beyond what is known of
 * the moves from a node. The latter is as near as the nearest bound allows; when
 * its turn comes, more is asked.
 */
#include "flow.h"

#include "pause.h"

typedef struct search
{
	ktt_flow   *flow;
	uint32_t	target;			/* the nearest node with room so far */
	int64_t		distance;		/* to it */
} search;

static bool
has_room(const ktt_flow *flow, uint32_t node)
{
	return flow->nodes[node].load < flow->nodes[node].capacity;
}

static bool
nearer(const ktt_flow *flow, uint32_t one, uint32_t other)
{
	if (flow->steps[one].distance != flow->steps[other].distance)
		return flow->steps[one].distance < flow->steps[other].distance;
	return one < other;
}

static void
put(ktt_flow *flow, uint32_t place, uint32_t step)
{
	flow->queue[place] = step;
	flow->steps[step].place = place;
}

static void
rise(ktt_flow *flow, uint32_t step)
{
	uint32_t	place = flow->steps[step].place;

	while (place > 0 && nearer(flow, step, flow->queue[(place - 1) / 2]))
	{
		put(flow, place, flow->queue[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(flow, place, step);
}

static uint32_t
take_nearest(ktt_flow *flow)
{
	uint32_t	nearest = flow->queue[0];
	uint32_t	last = flow->queue[--flow->queue_count];
	uint32_t	place = 0;

	while (2 * place + 1 < flow->queue_count)
	{
		uint32_t	child = 2 * place + 1;

		if (child + 1 < flow->queue_count &&
			nearer(flow, flow->queue[child + 1], flow->queue[child]))
			child++;
		if (!nearer(flow, flow->queue[child], last))
			break;
		put(flow, place, flow->queue[child]);
		place = child;
	}
	put(flow, place, last);
	return nearest;
}

/* How near a step must be to be worth noting. */
static int64_t
limit(const search *search, uint32_t step)
{
	const ktt_flow_step *known = &search->flow->steps[step];

	if (known->search == search->flow->search && known->distance < search->distance)
		return known->distance;
	return search->distance;
}

static void
note(search *search, uint32_t step, int64_t distance, uint32_t from,
	 uint32_t holding)
{
	ktt_flow   *flow = search->flow;
	bool		target = step <= flow->left_out && has_room(flow, step);
	bool		waits = flow->steps[step].search == flow->search;

	if (distance >= limit(search, step))
		return;
	flow->steps[step].search = flow->search;
	flow->steps[step].distance = distance;
	flow->steps[step].from = from;
	flow->steps[step].holding = holding;
	if (target)
	{
		search->target = step;
		search->distance = distance;
		return;
	}
	if (!waits)
		put(flow, flow->queue_count++, step);
	rise(flow, step);
}

static void
note_beyond(search *search, uint32_t node)
{
	ktt_flow   *flow = search->flow;
	ktt_flow_node *from = &flow->nodes[node];
	uint32_t	step = flow->left_out + 1 + node;

	if (!ktt_flow_tidy(flow, &from->beyond))
		return;
	/* It may have been here before, and nearer. */
	flow->steps[step].search = flow->search - 1;
	note(search, step, flow->steps[node].distance + from->beyond.key - from->price,
		 node, KTT_FLOW_NONE);
}

static void
settle(search *search, uint32_t node)
{
	ktt_flow   *flow = search->flow;
	ktt_flow_node *from = &flow->nodes[node];
	int64_t		base = flow->steps[node].distance - from->price;

	flow->settled[flow->settled_count++] = node;
	for (uint32_t i = 0; i < from->arc_count; i++)
	{
		ktt_flow_arc *arc = &from->arcs[i];
		int64_t		there = base + flow->nodes[arc->to].price;

		ktt_pause_at(i);
		if (arc->count > 0 && there + arc->key < limit(search, arc->to) &&
			ktt_flow_tidy(flow, arc))
			note(search, arc->to, there + arc->key, node, arc->heap[0].holding);
	}
	note_beyond(search, node);
}

static void
go_beyond(search *search, uint32_t node)
{
	ktt_flow   *flow = search->flow;
	uint32_t	holding = flow->nodes[node].beyond.heap[0].holding;
	int64_t		base = flow->steps[node].distance - flow->nodes[node].price -
		flow->holdings[holding].cost;

	ktt_flow_drop_first(&flow->nodes[node].beyond);
	ktt_flow_learn(flow, holding);
	for (size_t i = 0; i < flow->offer_count; i++)
		if (flow->offers[i].node != node)
			note(search, flow->offers[i].node, base + flow->offers[i].outlay, node, holding);
	note_beyond(search, node);
}

static uint32_t
least_on_path(const ktt_flow *flow, uint32_t source, uint32_t target)
{
	int64_t		count = flow->nodes[source].load - flow->nodes[source].capacity;
	int64_t		room = flow->nodes[target].capacity - flow->nodes[target].load;

	if (room < count)
		count = room;
	for (uint32_t node = target; node != source; node = flow->steps[node].from)
		if (flow->holdings[flow->steps[node].holding].count < count)
			count = flow->holdings[flow->steps[node].holding].count;
	return (uint32_t) count;
}

/* Find the nearest node with room; false when there had better be a new search. */
static bool
find(search *search, uint32_t source)
{
	ktt_flow   *flow = search->flow;
	uint32_t	learned = 0;
	size_t		step = 0;

	flow->search += 2;
	flow->queue_count = flow->settled_count = 0;
	note(search, source, 0, KTT_FLOW_NONE, KTT_FLOW_NONE);
	while (flow->queue_count > 0 && flow->status == KTT_OK &&
		   flow->steps[flow->queue[0]].distance < search->distance)
	{
		uint32_t	nearest = take_nearest(flow);

		ktt_pause_at(step++ * 64 + 63);
		if (nearest <= flow->left_out)
		{
			settle(search, nearest);
			continue;
		}
		go_beyond(search, nearest - flow->left_out - 1);
		if (++learned == flow->patience)
		{
			if (ktt_flow_lift(flow, source))
				return false;
			flow->patience *= 2;
		}
	}
	return flow->status == KTT_OK;
}

void
ktt_flow_relieve(ktt_flow *flow, uint32_t source)
{
	search		search = {flow, KTT_FLOW_NONE, INT64_MAX};
	uint32_t	count;

	if (!find(&search, source))
		return;

	for (uint32_t i = 0; i < flow->settled_count; i++)
		flow->nodes[flow->settled[i]].price += search.distance - flow->steps[flow->settled[i]].distance;
	flow->stale += flow->settled_count;
	if (flow->stale > flow->left_out)
		ktt_flow_refresh(flow);

	count = least_on_path(flow, source, search.target);
	for (uint32_t node = search.target; node != source;)
	{
		uint32_t	from = flow->steps[node].from;

		ktt_flow_move(flow, flow->steps[node].holding, count, node);
		node = from;
	}
}
