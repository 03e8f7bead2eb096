#include "flow.h"

#include "pause.h"
#include "pickup_tree.h"

#include <math.h>
#include <string.h>

/* Alternatives that a holding asks for the first time. */
#define FIRST_ASKED 4

/* Holdings that learn in one search before it is worth looking whether there is any room. */
#define FIRST_PATIENCE 256

/* Costs up to here can be added up a few times. */
#define COST_MAX ((int64_t) 1 << 60)

void
ktt_flow_fail(ktt_flow *flow)
{
	flow->status = ktt_fail(flow->fault, KTT_LIMIT, 0, "There is no memory for the matching.");
}

/*
 * More than any chain of moves can cost that ends where there is room: it visits
 * no point twice, each move costs no more than the reach of the point it leads
 * to, and from its last point that serves everybody one could have gone there at
 * once.
 */
static int64_t
cost_of_being_left_out(const ktt_outlets *outlets)
{
	double		metres = 1;
	bool		everywhere = false;

	for (size_t i = 0; i < outlets->tree.count; i++)
	{
		const ktt_point *point = &outlets->tree.points[i];

		ktt_pause_at(i);
		if (point->radius != KTT_NO_RADIUS && point->radius < KTT_DISTANCE_MAX)
			metres += point->radius + 1;
		else if (point->area != NULL)
			metres += KTT_DISTANCE_MAX;
		else
			everywhere = true;
	}
	if (everywhere)
		metres += KTT_DISTANCE_MAX;
	return metres * 1e6 < (double) COST_MAX ? (int64_t) (metres * 1e6) : COST_MAX;
}

static bool
take_memory(ktt_flow *flow, size_t count, const ktt_memory *memory)
{
	size_t		nodes = (size_t) flow->left_out + 1;

	flow->nodes = ktt_allocate(memory, nodes * sizeof(*flow->nodes));
	flow->least = ktt_allocate(memory, flow->tree_nodes * sizeof(*flow->least));
	flow->holdings = ktt_allocate(memory, count * sizeof(*flow->holdings));
	flow->versions = ktt_allocate(memory, count * sizeof(*flow->versions));
	flow->first = ktt_allocate(memory, flow->crowds.count * sizeof(*flow->first));
	flow->offers = ktt_allocate(memory, (nodes + 1) * sizeof(*flow->offers));
	flow->steps = ktt_allocate(memory, 2 * nodes * sizeof(*flow->steps));
	flow->queue = ktt_allocate(memory, 2 * nodes * sizeof(*flow->queue));
	flow->settled = ktt_allocate(memory, nodes * sizeof(*flow->settled));
	return flow->nodes != NULL && flow->least != NULL && flow->holdings != NULL &&
		flow->versions != NULL && flow->first != NULL && flow->offers != NULL &&
		flow->steps != NULL && flow->queue != NULL && flow->settled != NULL;
}

ktt_status
ktt_flow_begin(ktt_flow *flow, const ktt_pickups *pickups,
			   const ktt_demand *demands, size_t count,
			   const ktt_memory *memory, ktt_fault *fault)
{
	*flow = (ktt_flow) {.demands = demands, .fault = fault, .unused = KTT_FLOW_NONE,
						.patience = FIRST_PATIENCE};
	ktt_arena_begin(&flow->arena, memory);
	flow->status = ktt_crowds_build(&flow->crowds, demands, count, memory, fault);
	if (flow->status != KTT_OK)
		return flow->status;
	flow->status = ktt_outlets_build(&flow->outlets, pickups, memory, fault);
	if (flow->status != KTT_OK)
	{
		ktt_crowds_end(&flow->crowds);
		return flow->status;
	}
	flow->left_out = (uint32_t) flow->outlets.tree.count;
	flow->left_out_cost = cost_of_being_left_out(&flow->outlets);
	flow->tree_nodes = flow->outlets.tree.node_count;
	if (!take_memory(flow, count, memory))
	{
		ktt_flow_fail(flow);
		ktt_flow_end(flow);
		return flow->status;
	}
	for (uint32_t i = 0; i < flow->left_out; i++)
		flow->nodes[i].capacity = flow->outlets.outlets[ktt_outlet_at(&flow->outlets, i)].room;
	flow->nodes[flow->left_out].capacity = INT64_MAX;
	return KTT_OK;
}

void
ktt_flow_end(ktt_flow *flow)
{
	const ktt_memory *memory = &flow->arena.memory;

	ktt_arena_end(&flow->arena);
	ktt_release(memory, flow->settled);
	ktt_release(memory, flow->queue);
	ktt_release(memory, flow->steps);
	ktt_release(memory, flow->offers);
	ktt_release(memory, flow->first);
	ktt_release(memory, flow->versions);
	ktt_release(memory, flow->holdings);
	ktt_release(memory, flow->least);
	ktt_release(memory, flow->nodes);
	ktt_outlets_end(&flow->outlets);
	ktt_crowds_end(&flow->crowds);
}

static bool
is_void(const ktt_flow *flow, const ktt_flow_entry *entry)
{
	return flow->versions[entry->holding] != entry->version;
}

static void
sink(ktt_flow_arc *arc, uint32_t at)
{
	ktt_flow_entry *heap = arc->heap;
	ktt_flow_entry entry = heap[at];

	for (;;)
	{
		uint32_t	child = 2 * at + 1;

		if (child >= arc->count)
			break;
		if (child + 1 < arc->count && heap[child + 1].key < heap[child].key)
			child++;
		if (heap[child].key >= entry.key)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = entry;
}

void
ktt_flow_drop_first(ktt_flow_arc *arc)
{
	arc->heap[0] = arc->heap[--arc->count];
	if (arc->count > 0)
	{
		sink(arc, 0);
		arc->key = arc->heap[0].key;
	}
}

bool
ktt_flow_tidy(ktt_flow *flow, ktt_flow_arc *arc)
{
	while (arc->count > 0 && is_void(flow, &arc->heap[0]))
		ktt_flow_drop_first(arc);
	return arc->count > 0;
}

/* Throw void entries out of a full heap; give it twice the memory when that is not enough. */
static bool
make_room(ktt_flow *flow, ktt_flow_arc *arc)
{
	uint32_t	room = arc->heap == NULL ? 0 : (uint32_t) ((1u << arc->bits) / sizeof(ktt_flow_entry));
	uint32_t	kept = 0;
	ktt_flow_entry *larger;

	if (arc->count < room)
		return true;
	for (uint32_t i = 0; i < arc->count; i++)
		if (!is_void(flow, &arc->heap[i]))
			arc->heap[kept++] = arc->heap[i];
	if (kept < arc->count)
	{
		arc->count = kept;
		for (uint32_t i = kept / 2; i-- > 0;)
			sink(arc, i);
		if (kept > 0)
			arc->key = arc->heap[0].key;
	}
	if (room > 0 && kept <= room / 4 * 3)
		return true;

	larger = ktt_arena_take(&flow->arena, room == 0 ? KTT_ARENA_BITS_MIN : arc->bits + 1);
	if (larger == NULL)
	{
		ktt_flow_fail(flow);
		return false;
	}
	if (room == 0)
		arc->bits = KTT_ARENA_BITS_MIN;
	else
	{
		memcpy(larger, arc->heap, kept * sizeof(*larger));
		ktt_arena_give_back(&flow->arena, arc->heap, arc->bits++);
	}
	arc->heap = larger;
	return true;
}

static void
push(ktt_flow *flow, ktt_flow_arc *arc, int64_t key, uint32_t holding)
{
	uint32_t	at;

	if (!make_room(flow, arc))
		return;
	at = arc->count++;
	while (at > 0 && arc->heap[(at - 1) / 2].key > key)
	{
		arc->heap[at] = arc->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	arc->heap[at] = (ktt_flow_entry) {key, holding, flow->versions[holding]};
	arc->key = arc->heap[0].key;
}

/* The arc from one node to another, made if need be; NULL when there is no memory. */
static ktt_flow_arc *
arc_to(ktt_flow *flow, ktt_flow_node *from, uint32_t to)
{
	uint32_t	low = 0;
	uint32_t	high = from->arc_count;

	while (low < high)
	{
		uint32_t	middle = (low + high) / 2;

		if (from->arcs[middle].to < to)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < from->arc_count && from->arcs[low].to == to)
		return &from->arcs[low];

	if (from->arcs == NULL || from->arc_count == ((size_t) 1 << from->arc_bits) / sizeof(*from->arcs))
	{
		unsigned	bits = from->arcs == NULL ? 8 : from->arc_bits + 1;
		ktt_flow_arc *larger = ktt_arena_take(&flow->arena, bits);

		if (larger == NULL)
		{
			ktt_flow_fail(flow);
			return NULL;
		}
		if (from->arcs != NULL)
		{
			memcpy(larger, from->arcs, from->arc_count * sizeof(*larger));
			ktt_arena_give_back(&flow->arena, from->arcs, from->arc_bits);
		}
		from->arcs = larger;
		from->arc_bits = bits;
	}
	memmove(&from->arcs[low + 1], &from->arcs[low],
			(from->arc_count - low) * sizeof(*from->arcs));
	from->arc_count++;
	from->arcs[low] = (ktt_flow_arc) {.to = to};
	return &from->arcs[low];
}

void
ktt_flow_bound(ktt_flow *flow, uint32_t holding, int64_t bound)
{
	ktt_flow_holding *held = &flow->holdings[holding];

	held->bound = bound;
	if (bound < INT64_MAX)
		push(flow, &flow->nodes[held->node].beyond, bound - held->cost, holding);
}

static uint32_t
new_holding(ktt_flow *flow, uint32_t crowd)
{
	uint32_t	holding = flow->unused;

	if (holding == KTT_FLOW_NONE)
		holding = flow->holding_count++;
	else
		flow->unused = flow->holdings[holding].next;
	flow->holdings[holding].crowd = crowd;
	flow->holdings[holding].next = flow->first[crowd];
	flow->first[crowd] = holding;
	return holding;
}

static void
give_up_holding(ktt_flow *flow, uint32_t holding)
{
	ktt_flow_holding *held = &flow->holdings[holding];
	uint32_t   *link = &flow->first[held->crowd];

	while (*link != holding)
		link = &flow->holdings[*link].next;
	*link = held->next;
	held->next = flow->unused;
	flow->unused = holding;
	flow->versions[holding] = 0;
}

/* Let a holding stand at a node, of whose alternatives nothing is known but a bound. */
static void
stand(ktt_flow *flow, uint32_t holding, uint32_t node, int64_t cost,
	  int64_t bound, uint32_t count)
{
	ktt_flow_holding *held = &flow->holdings[holding];

	held->node = node;
	held->cost = cost;
	held->count = count;
	held->asked = 0;
	flow->versions[holding] = ++flow->version;
	if (node != flow->left_out)
		ktt_flow_bound(flow, holding, bound);
}

bool
ktt_flow_place(ktt_flow *flow, uint32_t crowd)
{
	uint32_t	count = flow->crowds.crowds[crowd].count;

	flow->first[crowd] = KTT_FLOW_NONE;
	ktt_flow_ask(flow, crowd, 2);
	if (flow->offer_count == 1)
		return false;
	stand(flow, new_holding(flow, crowd), flow->offers[0].node, flow->offers[0].cost,
		  flow->offers[1].outlay, count);
	flow->nodes[flow->offers[0].node].load += count;
	return true;
}

void
ktt_flow_learn(ktt_flow *flow, uint32_t holding)
{
	ktt_flow_holding *held = &flow->holdings[holding];
	ktt_flow_node *node = &flow->nodes[held->node];
	int64_t		known = held->asked == 0 ? INT64_MIN : held->bound;
	uint32_t	wanted = held->asked == 0 ? FIRST_ASKED : 2 * held->asked;
	uint32_t	seen = 0;

	if (wanted > flow->left_out)
		wanted = flow->left_out;
	held->asked = wanted;
	held->bound = INT64_MAX;
	/* Those that are wanted, where it stands itself, and the bound. */
	ktt_flow_ask(flow, held->crowd, (size_t) wanted + 2);
	for (size_t i = 0; i < flow->offer_count; i++)
	{
		const ktt_flow_offer *offer = &flow->offers[i];
		ktt_flow_arc *arc;

		if (offer->node == held->node)
			continue;
		if (seen++ == wanted)
		{
			ktt_flow_bound(flow, holding, offer->outlay);
			break;
		}
		if (offer->outlay < known)
			continue;
		arc = arc_to(flow, node, offer->node);
		if (arc == NULL)
			return;
		push(flow, arc, offer->cost - held->cost, holding);
	}
}

void
ktt_flow_move(ktt_flow *flow, uint32_t holding, uint32_t count, uint32_t to)
{
	ktt_flow_holding *held = &flow->holdings[holding];
	uint32_t	there = flow->first[held->crowd];
	int64_t		cost = ktt_flow_cost(flow, held->crowd, to);
	int64_t		bound = cost + flow->nodes[to].price;

	flow->nodes[held->node].load -= count;
	flow->nodes[to].load += count;
	while (there != KTT_FLOW_NONE && flow->holdings[there].node != to)
		there = flow->holdings[there].next;
	if (there != KTT_FLOW_NONE)
	{
		flow->holdings[there].count += count;
		held->count -= count;
		if (held->count == 0)
			give_up_holding(flow, holding);
	}
	else if (held->count == count)
		stand(flow, holding, to, cost, bound, count);
	else
	{
		held->count -= count;
		stand(flow, new_holding(flow, held->crowd), to, cost, bound, count);
	}
}
