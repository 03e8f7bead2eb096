#include "run_board.h"

#include <string.h>

/* Make a run of these stops, in this order. */
void
ktt_run_set(ktt_run_board *board, uint32_t run, const uint32_t *sequence, uint32_t count)
{
	ktt_run_node *nodes = board->now.nodes;
	ktt_run_line *line = &board->now.runs[run];
	ktt_run_node sums = {.run = run};

	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	stop = sequence[i];

		sums.drive += ktt_run_leg(board, sums.before, stop);
		if (i > 0)
			sums.back += ktt_run_leg(board, stop, sums.before);
		sums.service += board->service[stop];
		sums.load += board->parcels[stop];
		sums.place = i;
		sums.next = i + 1 < count ? sequence[i + 1] : 0;
		nodes[stop] = sums;
		sums.before = stop;
	}
	line->first = count > 0 ? sequence[0] : 0;
	line->last = sums.before;
	line->count = count;
}

/* The stops of a run in order; gives their number. */
uint32_t
ktt_run_list(const ktt_run_board *board, uint32_t run, uint32_t *sequence)
{
	uint32_t	count = 0;

	for (uint32_t stop = board->now.runs[run].first; stop != 0;
		 stop = board->now.nodes[stop].next)
		sequence[count++] = stop;
	return count;
}

/* Put a better place for the stop in this run, if there is one, into best. */
void
ktt_run_gap_in(ktt_run_board *board, uint32_t run, uint32_t stop, ktt_run_gap *best)
{
	const ktt_run_line *line = &board->now.runs[run];
	const ktt_run_node *nodes = board->now.nodes;
	int64_t		spare;			/* driving that may be added */
	uint32_t	after = 0;
	uint32_t	next = line->first;

	ktt_run_work(board, line->count / 4 + 1);
	if (line->count == 0 ||
		nodes[line->last].load + board->parcels[stop] > board->capacity)
		return;
	spare = board->within - nodes[line->last].drive - nodes[line->last].service -
		board->service[stop];
	if (spare < 0)
		return;
	for (;;)
	{
		int64_t		there = ktt_run_leg(board, after, stop);
		int64_t		cost = there + ktt_run_leg(board, stop, next) -
			ktt_run_leg(board, after, next);

		/* Behind the last stop the way back does not count against the time. */
		if (cost < best->cost && (next == 0 ? there : cost) <= spare)
			*best = (ktt_run_gap) {run, after, cost};
		if (next == 0)
			return;
		after = next;
		next = nodes[next].next;
	}
}

ktt_run_gap
ktt_run_best_gap(ktt_run_board *board, uint32_t stop)
{
	ktt_run_gap best = {KTT_RUN_NONE, 0, INT64_MAX};

	for (uint32_t run = 0; run < board->now.run_count; run++)
		ktt_run_gap_in(board, run, stop, &best);
	return best;
}

void
ktt_run_insert(ktt_run_board *board, uint32_t stop, ktt_run_gap gap)
{
	uint32_t   *sequence = board->sequences;
	uint32_t	count = ktt_run_list(board, gap.run, sequence);
	uint32_t	at = gap.after == 0 ? 0 : board->now.nodes[gap.after].place + 1;

	memmove(sequence + at + 1, sequence + at, (count - at) * sizeof(*sequence));
	sequence[at] = stop;
	ktt_run_set(board, gap.run, sequence, count + 1);
}

/* Take a run apart: its stops go into the pool. */
void
ktt_run_drop(ktt_run_board *board, uint32_t run)
{
	ktt_run_state *now = &board->now;

	for (uint32_t stop = now->runs[run].first; stop != 0; stop = now->nodes[stop].next)
	{
		now->nodes[stop].run = KTT_RUN_NONE;
		now->pool[now->pool_count++] = stop;
	}
	now->runs[run] = (ktt_run_line) {0, 0, 0};
}

/* Forget the empty runs; the others keep their order. */
void
ktt_run_close_gaps(ktt_run_board *board)
{
	ktt_run_state *now = &board->now;
	uint32_t	kept = 0;

	for (uint32_t run = 0; run < now->run_count; run++)
	{
		if (now->runs[run].count == 0)
			continue;
		for (uint32_t stop = now->runs[run].first; stop != 0; stop = now->nodes[stop].next)
			now->nodes[stop].run = kept;
		now->runs[kept++] = now->runs[run];
	}
	now->run_count = kept;
}

void
ktt_run_keep(ktt_run_state *to, const ktt_run_state *from, uint32_t count)
{
	memcpy(to->nodes, from->nodes, (count + 1) * sizeof(*to->nodes));
	memcpy(to->runs, from->runs, from->run_count * sizeof(*to->runs));
	memcpy(to->pool, from->pool, from->pool_count * sizeof(*to->pool));
	to->run_count = from->run_count;
	to->pool_count = from->pool_count;
}

ktt_status
ktt_run_state_begin(ktt_run_state *state, uint32_t count, const ktt_memory *memory,
					ktt_fault *fault)
{
	*state = (ktt_run_state) {0};
	state->nodes = ktt_allocate(memory, (count + 1) * sizeof(*state->nodes));
	state->runs = ktt_allocate(memory, (count + 1) * sizeof(*state->runs));
	state->pool = ktt_allocate(memory, (count + 1) * sizeof(*state->pool));
	if (state->nodes == NULL || state->runs == NULL || state->pool == NULL)
		return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for runs of %u stops.", count);
	for (uint32_t stop = 0; stop <= count; stop++)
		state->nodes[stop].run = KTT_RUN_NONE;
	return KTT_OK;
}

void
ktt_run_state_end(ktt_run_state *state, const ktt_memory *memory)
{
	ktt_release(memory, state->nodes);
	ktt_release(memory, state->runs);
	ktt_release(memory, state->pool);
}
