/*
 * Better runs than local search finds: pieces of runs that lie near each other
 * are taken out, and their stops put back one by one where each adds least
 * driving (after Christiaens and Vanden Berghe). What is a little worse is gone on
 * from for a while, the less the longer it goes. The numbers that look random are
 * always the same.
 */
#include "run_board.h"

#define PIECES_MAX 4			/* taken out at a time, each from another run */
#define PIECE_MAX 10			/* stops of a piece */

/* How good the runs are: stops left out, then runs, then driving. */
typedef struct worth
{
	uint32_t	left_out;
	uint32_t	runs;
	int64_t		drive;
} worth;

static worth
worth_of(const ktt_run_board *board)
{
	worth		result = {board->now.pool_count, 0, 0};

	for (uint32_t run = 0; run < board->now.run_count; run++)
	{
		const ktt_run_node *last = &board->now.nodes[board->now.runs[run].last];

		result.runs += board->now.runs[run].count > 0;
		result.drive += ktt_run_drive(board, run);
		/* Where detours are shorter, a run may take longer when a stop is taken out. */
		if (last->drive + last->service > board->within)
			result.left_out = UINT32_MAX;
	}
	return result;
}

/* Whether one is better than other, by more than this much driving. */
static bool
is_better(worth one, worth other, int64_t by)
{
	if (one.left_out != other.left_out)
		return one.left_out < other.left_out;
	if (one.runs != other.runs)
		return one.runs < other.runs;
	return one.drive < other.drive - by;
}

/* Take some stops out of a run, one of them this one, into the pool. */
static void
take_piece(ktt_run_board *board, uint32_t stop, uint64_t *random)
{
	ktt_run_state *now = &board->now;
	uint32_t	run = now->nodes[stop].run;
	uint32_t   *sequence = board->sequences;
	uint32_t	count = ktt_run_list(board, run, sequence);
	uint32_t	length = 1 + ktt_run_draw(random, count < PIECE_MAX ? count : PIECE_MAX);
	uint32_t	place = now->nodes[stop].place;
	uint32_t	least = place + 1 > length ? place + 1 - length : 0;
	uint32_t	most = place < count - length ? place : count - length;
	uint32_t	first = least + ktt_run_draw(random, most - least + 1);

	for (uint32_t i = first; i < count; i++)
	{
		if (i < first + length)
		{
			now->nodes[sequence[i]].run = KTT_RUN_NONE;
			now->pool[now->pool_count++] = sequence[i];
		}
		else
			sequence[i - length] = sequence[i];
	}
	ktt_run_set(board, run, sequence, count - length);
}

/* Take pieces out of the run of a stop and of runs near it. */
static void
take_pieces(ktt_run_board *board, uint64_t *random)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	stop = 1 + ktt_run_draw(random, board->count);
	uint32_t	wanted = 1 + ktt_run_draw(random, PIECES_MAX);
	uint32_t	opened[PIECES_MAX] = {0};
	uint32_t	count = 0;

	for (uint32_t i = 0; i <= board->near_count && count < wanted; i++)
	{
		uint32_t	near = i == 0 ? stop : board->near[(size_t) (stop - 1) * board->near_count + i - 1];
		uint32_t	run = nodes[near].run;
		bool		fresh = run != KTT_RUN_NONE;

		for (uint32_t j = 0; j < count; j++)
			fresh = fresh && opened[j] != run;
		if (fresh)
		{
			opened[count++] = run;
			take_piece(board, near, random);
		}
	}
}

/* How early a stop is put back: by chance, or the larger, the farther, the nearer ones first. */
static int64_t
key_of(const ktt_run_board *board, uint32_t stop, uint32_t how, uint64_t *random)
{
	switch (how)
	{
		case 0:
			return -board->parcels[stop];
		case 1:
			return -ktt_run_leg(board, 0, stop);
		case 2:
			return ktt_run_leg(board, 0, stop);
		default:
			return ktt_run_draw(random, UINT32_MAX);
	}
}

static void
sort_pool(ktt_run_board *board, uint64_t *random)
{
	uint32_t   *pool = board->now.pool;
	uint32_t	how = ktt_run_draw(random, 6);
	int64_t		keys[PIECES_MAX * PIECE_MAX];
	uint32_t	count = board->now.pool_count;

	/* Whoever was left out before stays behind. */
	if (count > PIECES_MAX * PIECE_MAX)
		count = PIECES_MAX * PIECE_MAX;
	pool += board->now.pool_count - count;
	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	stop = pool[i];
		int64_t		key = key_of(board, stop, how, random);
		uint32_t	at = i;

		for (; at > 0 && keys[at - 1] < key; at--)
		{
			keys[at] = keys[at - 1];
			pool[at] = pool[at - 1];
		}
		keys[at] = key;
		pool[at] = stop;
	}
}

/* Put the pool back, from its end; an empty run is as good as a gap. */
static void
put_back(ktt_run_board *board)
{
	ktt_run_state *now = &board->now;
	uint32_t	left_out = 0;
	uint32_t	count = now->pool_count;

	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	stop = now->pool[count - 1 - i];
		ktt_run_gap gap = ktt_run_best_gap(board, stop);

		for (uint32_t run = 0; run < now->run_count; run++)
		{
			int64_t		there = ktt_run_leg(board, 0, stop);

			if (now->runs[run].count == 0 && there + ktt_run_leg(board, stop, 0) < gap.cost &&
				there + board->service[stop] <= board->within)
				gap = (ktt_run_gap) {run, 0, there + ktt_run_leg(board, stop, 0)};
		}
		if (gap.run != KTT_RUN_NONE)
			ktt_run_insert(board, stop, gap);
		else
			board->scratch[left_out++] = stop;
	}
	for (uint32_t i = 0; i < left_out; i++)
		now->pool[i] = board->scratch[left_out - 1 - i];
	now->pool_count = left_out;
}

void
ktt_run_polish(ktt_run_board *board, ktt_run_state *best, ktt_run_state *from, uint32_t rounds)
{
	uint64_t	random = UINT64_C(88172645463325252);
	worth		from_worth = worth_of(board);
	worth		best_worth = from_worth;
	/* At first half a leg. */
	int64_t		heat = from_worth.drive / (2 * ((int64_t) board->count + 1));

	if (from_worth.runs == 0)
		return;
	ktt_run_keep(best, &board->now, board->count);
	ktt_run_keep(from, &board->now, board->count);
	for (uint32_t round = 0; round < rounds; round++)
	{
		int64_t		allowed = heat * (rounds - round) / rounds * ktt_run_draw(&random, 1024) / 1024;
		worth		found;

		ktt_run_work(board, board->count / 4 + 16);
		take_pieces(board, &random);
		sort_pool(board, &random);
		put_back(board);
		found = worth_of(board);
		if (!is_better(found, from_worth, -allowed))
		{
			ktt_run_keep(&board->now, from, board->count);
			continue;
		}
		from_worth = found;
		ktt_run_keep(from, &board->now, board->count);
		if (is_better(found, best_worth, 0))
		{
			best_worth = found;
			ktt_run_keep(best, &board->now, board->count);
		}
	}
	ktt_run_keep(&board->now, best, board->count);
	ktt_run_close_gaps(board);
}
