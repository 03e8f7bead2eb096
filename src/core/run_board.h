/*
 * Runs while they are being planned. Only the planner's own files use this.
 *
 * Stops are numbered from 1 by rising id, 0 is the warehouse at either end of a
 * run. Every stop knows the sums from the start of its run to itself, so that a
 * run put together from pieces of others is judged in a few steps, whatever
 * their length and whichever way round they are driven.
 */
#ifndef KTT_CORE_RUN_BOARD_H
#define KTT_CORE_RUN_BOARD_H

#include "pause.h"
#include "run.h"

/* There is no way: longer than any run may take. */
#define KTT_RUN_NO_LEG INT32_MAX
#define KTT_RUN_NONE UINT32_MAX

/* Above this many stops only near ones are thought of as neighbours in a run. */
#define KTT_RUN_ALL_PAIRS_MAX 1000
#define KTT_RUN_NEAR 40

/* A stop in a run; all sums include the stop itself. */
typedef struct ktt_run_node
{
	uint32_t	run;			/* or KTT_RUN_NONE */
	uint32_t	place;			/* from 0 */
	uint32_t	before;
	uint32_t	next;
	int64_t		drive;			/* legs from the warehouse to here */
	int64_t		back;			/* legs from here to the first stop, driven backwards */
	int64_t		service;
	int64_t		load;
} ktt_run_node;

typedef struct ktt_run_line
{
	uint32_t	first;
	uint32_t	last;
	uint32_t	count;
} ktt_run_line;

typedef struct ktt_run_state
{
	ktt_run_node *nodes;		/* by stop */
	ktt_run_line *runs;			/* some may be empty */
	uint32_t	run_count;
	uint32_t   *pool;			/* stops in no run that look for one */
	uint32_t	pool_count;
} ktt_run_state;

typedef struct ktt_run_board
{
	uint32_t	count;			/* stops are 1 .. count */
	const int32_t *legs;		/* (count + 1) x (count + 1), by row from where */
	const int64_t *parcels;		/* by stop */
	const int64_t *service;
	int64_t		capacity;
	int64_t		within;
	const uint32_t *near;		/* near_count for each stop, the nearest first */
	uint32_t	near_count;
	ktt_run_state now;
	uint32_t   *sequences;		/* room for two runs of all stops */
	uint32_t   *scratch;		/* by stop */
	uint64_t	work;			/* trials so far */
	uint64_t	pause_at;
} ktt_run_board;

static inline int64_t
ktt_run_leg(const ktt_run_board *board, uint32_t from, uint32_t to)
{
	return board->legs[(size_t) from * (board->count + 1) + to];
}

/* Numbers that look random and are the same everywhere, from 0 to below the limit. */
static inline uint32_t
ktt_run_draw(uint64_t *random, uint32_t limit)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t) ((*random >> 32) % limit);
}

/* Count trials, and pause when there were many. */
static inline void
ktt_run_work(ktt_run_board *board, uint64_t trials)
{
	board->work += trials;
	if (board->work >= board->pause_at)
	{
		board->pause_at = board->work + KTT_PAUSE_STEPS;
		ktt_pause();
	}
}

/* What a run costs: all its driving. */
static inline int64_t
ktt_run_drive(const ktt_run_board *board, uint32_t run)
{
	uint32_t	last = board->now.runs[run].last;

	return last == 0 ? 0 : board->now.nodes[last].drive + ktt_run_leg(board, last, 0);
}

static inline int64_t
ktt_run_load(const ktt_run_board *board, uint32_t run)
{
	uint32_t	last = board->now.runs[run].last;

	return last == 0 ? 0 : board->now.nodes[last].load;
}

/*
 * Stops of one run that follow each other there, driven from "from" to "to";
 * against the run's own direction where "to" comes first. from 0 is no stop.
 */
typedef struct ktt_run_piece
{
	uint32_t	from;
	uint32_t	to;
} ktt_run_piece;

/* A run that is being put together from pieces. */
typedef struct ktt_run_trial
{
	uint32_t	at;
	int64_t		drive;
	int64_t		service;
	int64_t		load;
} ktt_run_trial;

static inline void
ktt_run_append(const ktt_run_board *board, ktt_run_trial *trial, ktt_run_piece piece)
{
	const ktt_run_node *from = &board->now.nodes[piece.from];
	const ktt_run_node *to = &board->now.nodes[piece.to];

	if (piece.from == 0)
		return;
	trial->drive += ktt_run_leg(board, trial->at, piece.from);
	if (from->place <= to->place)
	{
		trial->drive += to->drive - from->drive;
		trial->service += to->service - from->service + board->service[piece.from];
		trial->load += to->load - from->load + board->parcels[piece.from];
	}
	else
	{
		trial->drive += from->back - to->back;
		trial->service += from->service - to->service + board->service[piece.to];
		trial->load += from->load - to->load + board->parcels[piece.to];
	}
	trial->at = piece.to;
}

static inline bool
ktt_run_holds(const ktt_run_board *board, const ktt_run_trial *trial)
{
	return trial->load <= board->capacity &&
		trial->drive + trial->service <= board->within;
}

/* Where one more stop fits best. */
typedef struct ktt_run_gap
{
	uint32_t	run;			/* KTT_RUN_NONE: nowhere */
	uint32_t	after;			/* 0: at the start */
	int64_t		cost;			/* driving that it adds */
} ktt_run_gap;

/* run_board.c */
extern void ktt_run_set(ktt_run_board *board, uint32_t run,
						const uint32_t *sequence, uint32_t count);
extern uint32_t ktt_run_list(const ktt_run_board *board, uint32_t run,
							 uint32_t *sequence);
extern void ktt_run_gap_in(ktt_run_board *board, uint32_t run, uint32_t stop,
						   ktt_run_gap *best);
extern ktt_run_gap ktt_run_best_gap(ktt_run_board *board, uint32_t stop);
extern void ktt_run_insert(ktt_run_board *board, uint32_t stop, ktt_run_gap gap);
extern void ktt_run_drop(ktt_run_board *board, uint32_t run);
extern void ktt_run_close_gaps(ktt_run_board *board);
extern void ktt_run_keep(ktt_run_state *to, const ktt_run_state *from, uint32_t count);
extern ktt_status ktt_run_state_begin(ktt_run_state *state, uint32_t count,
									  const ktt_memory *memory, ktt_fault *fault);
extern void ktt_run_state_end(ktt_run_state *state, const ktt_memory *memory);

/* run_savings.c: runs of all stops in the pool that can be reached straight. */
extern ktt_status ktt_run_savings(ktt_run_board *board, bool symmetric,
								  const ktt_memory *memory, ktt_fault *fault);

/* run_search.c: shorten the runs until no move of a stop or a piece helps. */
extern void ktt_run_search(ktt_run_board *board, bool *queued);

/*
 * run_squeeze.c: find room for the pool in the runs there are, throwing out other
 * stops for it; false, and as few as can be in the pool, when the work runs out.
 */
extern bool ktt_run_squeeze(ktt_run_board *board, ktt_run_state *best, uint64_t work);

/* run_polish.c: take pieces out of the runs and put them back better, so many times. */
extern void ktt_run_polish(ktt_run_board *board, ktt_run_state *best,
						   ktt_run_state *from, uint32_t rounds);

#endif
