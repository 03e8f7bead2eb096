/*
 * Local search: for every stop and each that is near it, all ways to make the two
 * neighbours by moving a piece of up to three stops, by exchanging two stops, by
 * turning a piece of the run round, and by exchanging the ends of two runs. The
 * best of them is taken as long as it saves driving; a run that becomes empty on
 * the way saves a vehicle and counts for more than any driving.
 */
#include "run_board.h"

#define PIECE_MAX 3				/* stops that move together */
#define PIECES 5				/* that a run is put together from, at most */
#define EMPTIED (INT64_C(1) << 56)

/* One or two runs as they would be after the move. */
typedef struct move
{
	int64_t		gain;
	uint32_t	runs[2];		/* the second is KTT_RUN_NONE when one run changes */
	ktt_run_piece pieces[2][PIECES];
} move;

static const ktt_run_piece no_piece = {0, 0};

static inline ktt_run_piece
piece(uint32_t from, uint32_t to)
{
	return (ktt_run_piece) {to == 0 ? 0 : from, to};
}

/* From the start of its run up to and with the stop; nothing for 0. */
static inline ktt_run_piece
head(const ktt_run_board *board, uint32_t run, uint32_t stop)
{
	return piece(board->now.runs[run].first, stop);
}

/* From the stop, and with it, to the end of its run; nothing for 0. */
static inline ktt_run_piece
tail(const ktt_run_board *board, uint32_t run, uint32_t stop)
{
	return piece(stop, stop == 0 ? 0 : board->now.runs[run].last);
}

static inline ktt_run_piece
turned(ktt_run_piece one)
{
	return piece(one.to, one.from);
}

/* What a run would cost, or -1 when it breaks a limit; EMPTIED less when it has no stops. */
static inline int64_t
cost_of(const ktt_run_board *board, const ktt_run_piece *pieces)
{
	ktt_run_trial trial = {0};

	for (int i = 0; i < PIECES; i++)
		ktt_run_append(board, &trial, pieces[i]);
	if (trial.at == 0)
		return -EMPTIED;
	if (!ktt_run_holds(board, &trial))
		return -1;
	return trial.drive + ktt_run_leg(board, trial.at, 0);
}

/* Keep the move if it is the best so far. */
static inline void
consider(ktt_run_board *board, move *best, const move *candidate)
{
	int64_t		cost = cost_of(board, candidate->pieces[0]);
	int64_t		gain = ktt_run_drive(board, candidate->runs[0]) - cost;

	if (cost == -1)
		return;
	if (candidate->runs[1] != KTT_RUN_NONE)
	{
		cost = cost_of(board, candidate->pieces[1]);
		if (cost == -1)
			return;
		gain += ktt_run_drive(board, candidate->runs[1]) - cost;
	}
	if (gain > best->gain)
	{
		*best = *candidate;
		best->gain = gain;
	}
}

/* Move the stops first .. last of a run, turned round or not, to behind "after" (0: to the start) of the run "to". */
static void
try_relocation(ktt_run_board *board, move *best, uint32_t first, uint32_t last,
			   uint32_t to, uint32_t after, bool turn)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	run = nodes[first].run;
	ktt_run_piece moved = turn ? piece(last, first) : piece(first, last);
	uint32_t	before = nodes[first].before;
	uint32_t	behind = nodes[last].next;

	if (run != to)
	{
		uint32_t	next = after == 0 ? board->now.runs[to].first : nodes[after].next;

		consider(board, best, &(move) {
			.runs = {run, to},
			.pieces = {{head(board, run, before), tail(board, run, behind)},
				{head(board, to, after), moved, tail(board, to, next)}}});
		return;
	}
	if (after == before)
	{
		if (turn)
			consider(board, best, &(move) {
				.runs = {run, KTT_RUN_NONE},
				.pieces = {{head(board, run, before), moved, tail(board, run, behind)}}});
	}
	else if (after == 0 || nodes[after].place < nodes[first].place)
		consider(board, best, &(move) {
			.runs = {run, KTT_RUN_NONE},
			.pieces = {{head(board, run, after), moved,
				piece(after == 0 ? board->now.runs[run].first : nodes[after].next, before),
				tail(board, run, behind)}}});
	else if (nodes[after].place > nodes[last].place)
		consider(board, best, &(move) {
			.runs = {run, KTT_RUN_NONE},
			.pieces = {{head(board, run, before), piece(behind, after), moved,
				tail(board, run, nodes[after].next)}}});
}

static void
try_swap(ktt_run_board *board, move *best, uint32_t one, uint32_t other)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	run = nodes[one].run;
	uint32_t	there = nodes[other].run;

	if (run != there)
		consider(board, best, &(move) {
			.runs = {run, there},
			.pieces = {{head(board, run, nodes[one].before), piece(other, other),
				tail(board, run, nodes[one].next)},
				{head(board, there, nodes[other].before), piece(one, one),
					tail(board, there, nodes[other].next)}}});
	else
	{
		uint32_t	early = nodes[one].place < nodes[other].place ? one : other;
		uint32_t	late = early == one ? other : one;

		consider(board, best, &(move) {
			.runs = {run, KTT_RUN_NONE},
			.pieces = {{head(board, run, nodes[early].before), piece(late, late),
				nodes[early].next == late ? no_piece : piece(nodes[early].next, nodes[late].before),
				piece(early, early), tail(board, run, nodes[late].next)}}});
	}
}

/* Turn the stops first .. last of a run round. */
static void
try_turn(ktt_run_board *board, move *best, uint32_t first, uint32_t last)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	run = nodes[first].run;

	if (nodes[first].place < nodes[last].place)
		consider(board, best, &(move) {
			.runs = {run, KTT_RUN_NONE},
			.pieces = {{head(board, run, nodes[first].before), piece(last, first),
				tail(board, run, nodes[last].next)}}});
}

/* All exchanges of ends of two runs that make the two stops neighbours. */
static void
try_ends(ktt_run_board *board, move *best, uint32_t one, uint32_t other)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	a = nodes[one].run;
	uint32_t	b = nodes[other].run;
	ktt_run_piece a_to = head(board, a, one);
	ktt_run_piece a_before = head(board, a, nodes[one].before);
	ktt_run_piece a_from = tail(board, a, one);
	ktt_run_piece a_behind = tail(board, a, nodes[one].next);
	ktt_run_piece b_to = head(board, b, other);
	ktt_run_piece b_before = head(board, b, nodes[other].before);
	ktt_run_piece b_from = tail(board, b, other);
	ktt_run_piece b_behind = tail(board, b, nodes[other].next);

	consider(board, best, &(move) {.runs = {a, b},
			 .pieces = {{a_to, b_from}, {b_before, a_behind}}});
	consider(board, best, &(move) {.runs = {a, b},
			 .pieces = {{a_before, b_behind}, {b_to, a_from}}});
	consider(board, best, &(move) {.runs = {a, b},
			 .pieces = {{a_to, turned(b_to)}, {turned(a_behind), b_behind}}});
	consider(board, best, &(move) {.runs = {a, b},
			 .pieces = {{a_before, turned(b_before)}, {turned(b_from), a_from}}});
}

static void
try_pair(ktt_run_board *board, move *best, uint32_t stop, uint32_t other)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	to = nodes[other].run;
	uint32_t	end = stop;
	uint32_t	start = stop;

	try_relocation(board, best, stop, stop, to, other, false);
	try_relocation(board, best, stop, stop, to, nodes[other].before, false);
	for (int length = 2; length <= PIECE_MAX; length++)
	{
		/* The piece from the stop on, and the one up to it, as far as they go. */
		end = end == 0 || nodes[end].next == other ? 0 : nodes[end].next;
		start = start == 0 || nodes[start].before == other ? 0 : nodes[start].before;
		if (end != 0)
		{
			try_relocation(board, best, stop, end, to, other, false);
			try_relocation(board, best, stop, end, to, nodes[other].before, true);
		}
		if (start != 0)
		{
			try_relocation(board, best, start, stop, to, other, true);
			try_relocation(board, best, start, stop, to, nodes[other].before, false);
		}
	}
	if (nodes[other].next != 0 && nodes[other].next != stop)
		try_swap(board, best, stop, nodes[other].next);
	if (nodes[other].before != 0 && nodes[other].before != stop)
		try_swap(board, best, stop, nodes[other].before);
	if (to != nodes[stop].run)
		try_ends(board, best, stop, other);
	else
	{
		uint32_t	early = nodes[stop].place < nodes[other].place ? stop : other;
		uint32_t	late = early == stop ? other : stop;

		try_turn(board, best, nodes[early].next, late);
		try_turn(board, best, early, nodes[late].before);
	}
}

/* Write a run as the move wants it; gives its length. */
static uint32_t
write_run(const ktt_run_board *board, const ktt_run_piece *pieces, uint32_t *sequence)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	count = 0;

	for (int i = 0; i < PIECES; i++)
	{
		bool		forward = nodes[pieces[i].from].place <= nodes[pieces[i].to].place;
		uint32_t	stop = pieces[i].from;

		while (stop != 0)
		{
			sequence[count++] = stop;
			stop = stop == pieces[i].to ? 0 : forward ? nodes[stop].next : nodes[stop].before;
		}
	}
	return count;
}

typedef struct queue
{
	uint32_t   *stops;			/* a ring with room for all */
	bool	   *queued;			/* by stop */
	uint32_t	size;
	uint32_t	first;
	uint32_t	count;
} queue;

static void
enqueue(queue *waiting, uint32_t stop)
{
	if (stop == 0 || waiting->queued[stop])
		return;
	waiting->queued[stop] = true;
	waiting->stops[(waiting->first + waiting->count++) % waiting->size] = stop;
}

static uint32_t
dequeue(queue *waiting)
{
	uint32_t	stop = waiting->stops[waiting->first];

	waiting->first = (waiting->first + 1) % waiting->size;
	waiting->count--;
	waiting->queued[stop] = false;
	return stop;
}

/* Make the move; the stops with other neighbours than before are looked at again. */
static void
make_move(ktt_run_board *board, const move *best, queue *waiting)
{
	uint32_t   *sequences[2] = {board->sequences, board->sequences + board->count};
	uint32_t	counts[2] = {0, 0};

	for (int i = 0; i < 2; i++)
	{
		if (best->runs[i] == KTT_RUN_NONE)
			continue;
		counts[i] = write_run(board, best->pieces[i], sequences[i]);
		for (int j = 0; j < PIECES; j++)
		{
			enqueue(waiting, best->pieces[i][j].from);
			enqueue(waiting, best->pieces[i][j].to);
		}
	}
	for (int i = 0; i < 2; i++)
		if (best->runs[i] != KTT_RUN_NONE)
			ktt_run_set(board, best->runs[i], sequences[i], counts[i]);
}

void
ktt_run_search(ktt_run_board *board, bool *queued)
{
	queue		waiting = {board->scratch, queued, board->count, 0, 0};
	bool		moved = true;

	/* The queue knows where it is worth looking; a last look at everything finds nothing more. */
	while (moved)
	{
		moved = false;
		for (uint32_t stop = 1; stop <= board->count; stop++)
			enqueue(&waiting, stop);
		while (waiting.count > 0)
		{
			uint32_t	stop = dequeue(&waiting);
			const uint32_t *near = board->near + (size_t) (stop - 1) * board->near_count;
			move		best = {.gain = 0};

			if (board->now.nodes[stop].run == KTT_RUN_NONE)
				continue;
			for (uint32_t i = 0; i < board->near_count; i++)
				if (board->now.nodes[near[i]].run != KTT_RUN_NONE)
					try_pair(board, &best, stop, near[i]);
			ktt_run_work(board, board->near_count * 16);
			if (best.gain > 0)
			{
				make_move(board, &best, &waiting);
				enqueue(&waiting, stop);
				moved = true;
			}
		}
	}
	ktt_run_close_gaps(board);
}
