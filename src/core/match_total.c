#include "flow.h"
#include "pause.h"

/* Everybody to his nearest point, then away from those that hold too many. */
static void
run(ktt_flow *flow)
{
	size_t		step = 0;

	for (uint32_t crowd = 0; crowd < flow->crowds.count && flow->status == KTT_OK; crowd++)
	{
		ktt_pause_at(crowd * (size_t) 64 + 63);
		ktt_flow_place(flow, crowd);
	}
	for (uint32_t node = 0; node < flow->left_out; node++)
		while (flow->nodes[node].load > flow->nodes[node].capacity && flow->status == KTT_OK)
		{
			ktt_pause_at(step++ * 1024 + 1023);
			ktt_flow_relieve(flow, node);
		}
}

/* The members of a holding, from the first that is still without an answer. */
static uint32_t
answer(ktt_flow *flow, const ktt_flow_holding *held, uint32_t member,
	   ktt_match *matches)
{
	const uint32_t *members = flow->crowds.members + member;
	ktt_match	match = {KTT_FULL, 0, 0, (double) flow->left_out_cost / 1e6};
	uint32_t	outlet = 0;

	if (held->node != flow->left_out)
	{
		outlet = ktt_outlet_at(&flow->outlets, held->node);
		match.outcome = KTT_MATCHED;
		match.metres = ktt_distance(flow->outlets.tree.points[held->node].place,
									ktt_flow_place_of(flow, held->crowd));
		match.price = (double) flow->nodes[held->node].price / 1e6;
	}
	for (uint32_t i = 0; i < held->count; i++)
	{
		if (match.outcome == KTT_MATCHED)
			match.point = ktt_outlet_take(&flow->outlets, outlet);
		matches[members[i]] = match;
	}
	return member + held->count;
}

/* Members of a crowd by rising id: first those that have a point. */
static void
answer_crowd(ktt_flow *flow, uint32_t crowd, ktt_match *matches)
{
	uint32_t	member = flow->crowds.crowds[crowd].first;
	uint32_t	end = member + flow->crowds.crowds[crowd].count;

	for (int left_out = 0; left_out <= 1; left_out++)
		for (uint32_t holding = flow->first[crowd]; holding != KTT_FLOW_NONE;
			 holding = flow->holdings[holding].next)
			if ((flow->holdings[holding].node == flow->left_out) == left_out)
				member = answer(flow, &flow->holdings[holding], member, matches);
	if (member < end)
	{
		bool		served = flow->outlets.closed &&
			ktt_outlets_serve(&flow->outlets, ktt_flow_place_of(flow, crowd));

		for (; member < end; member++)
			matches[flow->crowds.members[member]] = (ktt_match)
		{
			.outcome = served ? KTT_FULL : KTT_NO_POINT,
				.price = served ? (double) flow->left_out_cost / 1e6 : 0
		};
	}
}

ktt_status
ktt_match_total(const ktt_pickups *pickups, const ktt_demand *demands,
				size_t count, const ktt_memory *memory, ktt_match *matches,
				ktt_fault *fault)
{
	ktt_flow	flow;
	ktt_status	status = ktt_flow_begin(&flow, pickups, demands, count, memory, fault);

	if (status != KTT_OK)
		return status;
	run(&flow);
	if (flow.status == KTT_OK)
		for (uint32_t crowd = 0; crowd < flow.crowds.count; crowd++)
		{
			ktt_pause_at(crowd * (size_t) 64 + 63);
			answer_crowd(&flow, crowd, matches);
		}
	ktt_flow_end(&flow);
	return flow.status;
}
