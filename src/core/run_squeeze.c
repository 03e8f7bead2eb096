/*
 * Room for stops that fit nowhere: one goes in where others go out. Those are
 * the ones that were the least trouble so far (after Nagata and Braeysy), and
 * after each such exchange some stops change places at random, so that the search
 * does not go in a circle. The numbers that look random are always the same.
 */
#include "run_board.h"

#include <string.h>

#define SHAKES 30				/* random moves after each exchange */
#define PAIRS_MAX 64			/* stops of a run that two are thrown out of */

/* What goes out so that a stop fits in. */
typedef struct exchange
{
	uint32_t	run;			/* KTT_RUN_NONE: there is none */
	uint32_t	out[2];			/* the second may be 0 */
	uint32_t	at;				/* place of the newcomer among the others */
	uint64_t	blame;
	int64_t		drive;
} exchange;

/* See whether the stop fits into the run without these two (or without one: 0), and better than best. */
static void
try_exchange(ktt_run_board *board, uint32_t run, uint32_t stop, uint32_t one,
			 uint32_t other, uint64_t blame, exchange *best)
{
	const ktt_run_line *line = &board->now.runs[run];
	const ktt_run_node *nodes = board->now.nodes;
	const ktt_run_node *sums = &nodes[line->last];
	int64_t		service = sums->service + board->service[stop] - board->service[one] -
		board->service[other];
	int64_t		drive = 0;		/* to the last of those who stay */
	int64_t		back;			/* from there to the warehouse */
	uint32_t	previous = 0;
	uint32_t	at = 0;

	if (sums->load + board->parcels[stop] - board->parcels[one] - board->parcels[other] >
		board->capacity)
		return;
	ktt_run_work(board, line->count / 4 + 1);
	for (uint32_t next = line->first; next != 0; next = nodes[next].next)
	{
		if (next == one || next == other)
			continue;
		drive += ktt_run_leg(board, previous, next);
		previous = next;
	}
	back = ktt_run_leg(board, previous, 0);
	previous = 0;
	for (uint32_t next = line->first;; next = nodes[next].next)
	{
		int64_t		finish;		/* at the last stop, service not counted */
		int64_t		cost;

		if (next != 0 && (next == one || next == other))
			continue;
		finish = drive + ktt_run_leg(board, previous, stop);
		cost = finish + ktt_run_leg(board, stop, next);
		if (next != 0)
		{
			finish = cost - ktt_run_leg(board, previous, next);
			cost = finish + back;
		}
		if (finish + service <= board->within &&
			(blame < best->blame || (blame == best->blame && cost < best->drive)))
			*best = (exchange) {run, {one, other}, at, blame, cost};
		if (next == 0)
			return;
		previous = next;
		at++;
	}
}

static exchange
find_exchange(ktt_run_board *board, uint32_t stop, const uint32_t *blame, uint64_t until)
{
	const ktt_run_node *nodes = board->now.nodes;
	exchange	best = {.run = KTT_RUN_NONE, .blame = UINT64_MAX, .drive = INT64_MAX};

	for (uint32_t run = 0; run < board->now.run_count; run++)
	{
		const ktt_run_line *line = &board->now.runs[run];

		for (uint32_t one = line->first; one != 0; one = nodes[one].next)
		{
			if (blame[one] <= best.blame)
				try_exchange(board, run, stop, one, 0, blame[one], &best);
			if (line->count > PAIRS_MAX || board->work > until)
				continue;
			for (uint32_t other = nodes[one].next; other != 0; other = nodes[other].next)
				if ((uint64_t) blame[one] + blame[other] < best.blame)
					try_exchange(board, run, stop, one, other,
								 (uint64_t) blame[one] + blame[other], &best);
		}
	}
	return best;
}

static void
make_exchange(ktt_run_board *board, uint32_t stop, const exchange *chosen)
{
	ktt_run_state *now = &board->now;
	uint32_t   *sequence = board->sequences;
	uint32_t	count = ktt_run_list(board, chosen->run, sequence);
	uint32_t	kept = 0;

	for (uint32_t i = 0; i < count; i++)
	{
		if (sequence[i] == chosen->out[0] || sequence[i] == chosen->out[1])
		{
			now->nodes[sequence[i]].run = KTT_RUN_NONE;
			now->pool[now->pool_count++] = sequence[i];
		}
		else
			sequence[kept++] = sequence[i];
	}
	memmove(sequence + chosen->at + 1, sequence + chosen->at,
			(kept - chosen->at) * sizeof(*sequence));
	sequence[chosen->at] = stop;
	ktt_run_set(board, chosen->run, sequence, kept + 1);
}

/* Put the stop into the place of another; whether the run holds. */
static bool
fits_for(const ktt_run_board *board, uint32_t stop, uint32_t other)
{
	const ktt_run_node *node = &board->now.nodes[other];
	const ktt_run_line *line = &board->now.runs[node->run];
	ktt_run_trial trial = {0};

	ktt_run_append(board, &trial, (ktt_run_piece) {node->before == 0 ? 0 : line->first, node->before});
	trial.drive += ktt_run_leg(board, trial.at, stop);
	trial.service += board->service[stop];
	trial.load += board->parcels[stop];
	trial.at = stop;
	ktt_run_append(board, &trial, (ktt_run_piece) {node->next, node->next == 0 ? 0 : line->last});
	return ktt_run_holds(board, &trial);
}

/* Let random stops change places with near ones of other runs, if both runs hold. */
static void
shake(ktt_run_board *board, uint64_t *random)
{
	const ktt_run_node *nodes = board->now.nodes;

	ktt_run_work(board, SHAKES * 4);
	if (board->near_count == 0)
		return;
	for (int i = 0; i < SHAKES; i++)
	{
		uint32_t	one = 1 + ktt_run_draw(random, board->count);
		uint32_t	other = board->near[(size_t) (one - 1) * board->near_count +
										ktt_run_draw(random, board->near_count)];
		uint32_t	here = nodes[one].run;
		uint32_t	there = nodes[other].run;
		uint32_t   *sequence = board->sequences;
		uint32_t	count;
		uint32_t	there_count;

		if (here == KTT_RUN_NONE || there == KTT_RUN_NONE || here == there ||
			!fits_for(board, one, other) || !fits_for(board, other, one))
			continue;
		count = ktt_run_list(board, here, sequence);
		there_count = ktt_run_list(board, there, sequence + count);
		sequence[nodes[one].place] = other;
		sequence[count + nodes[other].place] = one;
		ktt_run_set(board, here, sequence, count);
		ktt_run_set(board, there, sequence + count, there_count);
	}
}

bool
ktt_run_squeeze(ktt_run_board *board, ktt_run_state *best, uint64_t work)
{
	uint32_t   *blame = board->scratch;
	ktt_run_state *now = &board->now;
	uint64_t	until = board->work + work;
	uint64_t	random = UINT64_C(88172645463325252);

	memset(blame, 0, (board->count + 1) * sizeof(*blame));
	ktt_run_keep(best, now, board->count);
	while (now->pool_count > 0)
	{
		uint32_t	stop = now->pool[--now->pool_count];
		ktt_run_gap gap = ktt_run_best_gap(board, stop);

		if (gap.run != KTT_RUN_NONE)
			ktt_run_insert(board, stop, gap);
		else
		{
			exchange	chosen;

			blame[stop]++;
			chosen = find_exchange(board, stop, blame, until);
			if (chosen.run != KTT_RUN_NONE)
				make_exchange(board, stop, &chosen);
			else
			{
				/* Nothing makes room for it: let the others have their turn. */
				memmove(now->pool + 1, now->pool, now->pool_count * sizeof(*now->pool));
				now->pool[0] = stop;
				now->pool_count++;
			}
			shake(board, &random);
		}
		if (now->pool_count < best->pool_count)
			ktt_run_keep(best, now, board->count);
		if (board->work > until && now->pool_count > 0)
		{
			ktt_run_keep(now, best, board->count);
			return false;
		}
	}
	return true;
}
