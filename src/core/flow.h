/*
 * The inside of ktt_match_total(): least total distance as a flow on the graph
 * of the points.
 *
 * Every node, an outlet that had room when the wave began, has a price that only
 * rises. A crowd stands at nodes where distance + price, its outlay, is the least
 * of all that serve it; the last node is being left out, at a fixed distance and
 * free of charge. While a node holds more than its capacity, the shortest path from it to a
 * node with room is looked for, where going from one node to another costs as
 * much as moving the holding there that loses least; along the path holdings are
 * moved, and the nodes that are nearer than its end become dearer by the
 * difference. So nobody ever has a cheaper place to go to, no node with room has
 * a price, and at the end nothing is left to be gained.
 *
 * Which moves there are is found out little by little: a holding knows a few of
 * its best alternatives, and that all others are dearer than a bound. Prices
 * only rise, so the bound stays true; a search that comes as far as a bound asks
 * the tree for more.
 */
#ifndef KTT_CORE_FLOW_H
#define KTT_CORE_FLOW_H

#include "arena.h"
#include "crowd.h"
#include "match.h"
#include "outlet.h"

#define KTT_FLOW_NONE UINT32_MAX

/* A part of a crowd that stands at one node. */
typedef struct ktt_flow_holding
{
	int64_t		cost;			/* its distance, in micrometres like all that follows */
	int64_t		bound;			/* unknown alternatives cost so much or more, price included */
	uint32_t	crowd;
	uint32_t	node;
	uint32_t	count;			/* members */
	uint32_t	next;			/* holding of the same crowd */
	uint32_t	asked;			/* alternatives asked for so far */
} ktt_flow_holding;

/* A holding among those that may leave, by what that costs; void when the version is not the holding's. */
typedef struct ktt_flow_entry
{
	int64_t		key;
	uint32_t	holding;
	uint32_t	version;
} ktt_flow_entry;

/* A heap of them: all that may go from one node to another. */
typedef struct ktt_flow_arc
{
	int64_t		key;			/* the first of the heap, be it void or not */
	ktt_flow_entry *heap;
	uint32_t	count;
	uint32_t	to;
	unsigned	bits;			/* size of the heap's memory */
} ktt_flow_arc;

typedef struct ktt_flow_node
{
	int64_t		price;
	int64_t		load;
	int64_t		capacity;
	ktt_flow_arc *arcs;			/* by node where they lead */
	uint32_t	arc_count;
	unsigned	arc_bits;		/* size of their memory; 0 before there are any */
	ktt_flow_arc beyond;		/* to whatever is not known, by bound */
} ktt_flow_node;

/* A place to go to: what the tree knows. */
typedef struct ktt_flow_offer
{
	int64_t		outlay;			/* cost and price */
	int64_t		cost;
	uint32_t	node;
} ktt_flow_offer;

/* How far something is in the search for a path, and how it was reached. */
typedef struct ktt_flow_step
{
	int64_t		distance;
	uint32_t	search;			/* the one that this belongs to */
	uint32_t	place;			/* in the queue */
	uint32_t	from;			/* node */
	uint32_t	holding;		/* that moves */
} ktt_flow_step;

typedef struct ktt_flow
{
	const ktt_demand *demands;
	ktt_crowds	crowds;
	ktt_outlets outlets;
	ktt_arena	arena;

	ktt_flow_node *nodes;		/* as the points of the outlets' tree, then being left out */
	uint32_t	left_out;		/* that node */
	int64_t		left_out_cost;
	int64_t    *least;			/* by node of the tree: no price in it is lower */
	uint32_t	tree_nodes;
	size_t		stale;			/* prices raised since least was worked out */

	ktt_flow_holding *holdings;
	uint32_t   *versions;		/* of the holdings */
	uint32_t	holding_count;
	uint32_t	unused;			/* the first holding that was given up */
	uint32_t	version;		/* the last one given */
	uint32_t   *first;			/* holding of each crowd */

	ktt_flow_offer *offers;		/* the best of a search in the tree, in order */
	size_t		offer_count;

	ktt_flow_step *steps;		/* by node, then by node for what lies beyond it */
	uint32_t   *queue;			/* heap of steps */
	uint32_t	queue_count;
	uint32_t   *settled;		/* nodes */
	uint32_t	settled_count;
	uint32_t	search;
	uint32_t	patience;		/* holdings that learn in a search before a lift is tried */

	ktt_fault  *fault;
	ktt_status	status;
} ktt_flow;

extern ktt_status ktt_flow_begin(ktt_flow *flow, const ktt_pickups *pickups,
								 const ktt_demand *demands, size_t count,
								 const ktt_memory *memory, ktt_fault *fault);
extern void ktt_flow_end(ktt_flow *flow);

/* Fill offers with the best that a crowd can have, at most room of them, in order. */
extern void ktt_flow_ask(ktt_flow *flow, uint32_t crowd, size_t room);

/* Metres from a site of the tree, quick or measured. */
extern double ktt_flow_metres(const ktt_flow *flow, const ktt_site *site,
							  ktt_place place, ktt_ecef at);

/* What a crowd has to walk to a node. */
extern int64_t ktt_flow_cost(const ktt_flow *flow, uint32_t crowd,
							 uint32_t node);

/* Work out anew what the nodes of the tree ask at least. */
extern void ktt_flow_refresh(ktt_flow *flow);

/* Put a whole crowd where it is best off; false when nothing serves it. */
extern bool ktt_flow_place(ktt_flow *flow, uint32_t crowd);

/* Learn about more alternatives of a holding: those up to its new bound. */
extern void ktt_flow_learn(ktt_flow *flow, uint32_t holding);

/* Move members of a holding to another node. */
extern void ktt_flow_move(ktt_flow *flow, uint32_t holding, uint32_t count,
						  uint32_t to);

/* Drop void entries from the head of an arc; false when nothing is left. */
extern bool ktt_flow_tidy(ktt_flow *flow, ktt_flow_arc *arc);
extern void ktt_flow_drop_first(ktt_flow_arc *arc);

/* Note the bound of a holding's unknown alternatives. */
extern void ktt_flow_bound(ktt_flow *flow, uint32_t holding, int64_t bound);

/*
 * When no node with room can be reached from a node, make those that can be
 * dearer; false when nothing came of it.
 */
extern bool ktt_flow_lift(ktt_flow *flow, uint32_t source);

/* Note that there is no memory. */
extern void ktt_flow_fail(ktt_flow *flow);

/* Move as much as goes along one path from a node that holds too much. */
extern void ktt_flow_relieve(ktt_flow *flow, uint32_t node);

static inline ktt_place
ktt_flow_place_of(const ktt_flow *flow, uint32_t crowd)
{
	return flow->demands[flow->crowds.members[flow->crowds.crowds[crowd].first]].place;
}

#endif
