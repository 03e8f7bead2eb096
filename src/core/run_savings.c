/*
 * Every stop begins as a run of its own; runs are joined where that saves most
 * driving.
 */
#include "run_board.h"
#include "sort.h"

typedef struct saving
{
	int64_t		amount;
	uint32_t	from;
	uint32_t	to;
} saving;

/* The largest first, ties by stop: no two compare equal. */
static int
compare_savings(const void *left, const void *right)
{
	const saving *one = left;
	const saving *other = right;

	if (one->amount != other->amount)
		return one->amount > other->amount ? -1 : 1;
	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return one->to < other->to ? -1 : one->to > other->to;
}

/* All stops in the pool that a vehicle can serve alone become a run each. */
static void
begin_runs(ktt_run_board *board)
{
	ktt_run_state *now = &board->now;
	uint32_t	kept = 0;

	for (uint32_t i = 0; i < now->pool_count; i++)
	{
		uint32_t	stop = now->pool[i];

		if (ktt_run_leg(board, 0, stop) + board->service[stop] <= board->within)
			ktt_run_set(board, now->run_count++, &stop, 1);
		else
			now->pool[kept++] = stop;
	}
	now->pool_count = kept;
}

static size_t
list_savings(ktt_run_board *board, bool symmetric, saving *savings)
{
	const ktt_run_node *nodes = board->now.nodes;
	bool		all = board->count <= KTT_RUN_ALL_PAIRS_MAX;
	size_t		count = 0;

	for (uint32_t from = 1; from <= board->count; from++)
	{
		uint32_t	others = all ? board->count : board->near_count;

		ktt_run_work(board, others);
		if (nodes[from].run == KTT_RUN_NONE)
			continue;
		for (uint32_t i = 0; i < others; i++)
		{
			uint32_t	to = all ? i + 1 : board->near[(size_t) (from - 1) * board->near_count + i];
			int64_t		amount;

			if (to == from || nodes[to].run == KTT_RUN_NONE || (all && symmetric && to < from))
				continue;
			amount = ktt_run_leg(board, from, 0) + ktt_run_leg(board, 0, to) -
				ktt_run_leg(board, from, to);
			if (amount > 0)
				savings[count++] = (saving) {amount, from, to};
		}
	}
	return count;
}

/*
 * Join the runs of two stops so that one follows the other, if both stand at an
 * end; runs are turned round for it where they must be.
 */
static void
join(ktt_run_board *board, uint32_t from, uint32_t to)
{
	const ktt_run_node *nodes = board->now.nodes;
	uint32_t	head = nodes[from].run;
	uint32_t	tail = nodes[to].run;
	ktt_run_piece pieces[2];
	ktt_run_trial trial = {0};
	uint32_t   *sequence = board->sequences;
	uint32_t	count = 0;

	if (head == tail || (nodes[from].next != 0 && nodes[from].before != 0) ||
		(nodes[to].next != 0 && nodes[to].before != 0))
		return;
	pieces[0] = (ktt_run_piece) {nodes[from].next == 0 ? board->now.runs[head].first :
		board->now.runs[head].last, from};
	pieces[1] = (ktt_run_piece) {to, nodes[to].before == 0 ? board->now.runs[tail].last :
		board->now.runs[tail].first};
	ktt_run_append(board, &trial, pieces[0]);
	ktt_run_append(board, &trial, pieces[1]);
	ktt_run_work(board, 1);
	if (!ktt_run_holds(board, &trial) ||
		trial.drive + ktt_run_leg(board, trial.at, 0) >=
		ktt_run_drive(board, head) + ktt_run_drive(board, tail))
		return;

	for (int i = 0; i < 2; i++)
	{
		bool		forward = nodes[pieces[i].from].place <= nodes[pieces[i].to].place;

		for (uint32_t stop = pieces[i].from;; stop = forward ? nodes[stop].next : nodes[stop].before)
		{
			sequence[count++] = stop;
			if (stop == pieces[i].to)
				break;
		}
	}
	board->now.runs[tail] = (ktt_run_line) {0, 0, 0};
	ktt_run_set(board, head, sequence, count);
}

ktt_status
ktt_run_savings(ktt_run_board *board, bool symmetric, const ktt_memory *memory,
				ktt_fault *fault)
{
	bool		all = board->count <= KTT_RUN_ALL_PAIRS_MAX;
	size_t		room = (size_t) board->count * (all ? board->count : board->near_count);
	saving	   *savings = ktt_allocate(memory, 2 * room * sizeof(*savings));
	size_t		count;

	if (savings == NULL)
		return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the savings of %u stops.",
						board->count);
	begin_runs(board);
	count = list_savings(board, symmetric, savings);
	ktt_sort(savings, count, sizeof(*savings), savings + room, compare_savings);
	for (size_t i = 0; i < count; i++)
		join(board, savings[i].from, savings[i].to);
	ktt_release(memory, savings);
	ktt_run_close_gaps(board);
	return KTT_OK;
}
