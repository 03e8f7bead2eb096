#include "run_board.h"

#include "sort.h"

#include <math.h>

/* Trials to empty runs, in all: some 60 ms for 300 stops. */
#define SQUEEZE_WORK 500000
#define SQUEEZE_WORK_STOP 6000
/* Runs that are tried in turn before it is given up. */
#define SQUEEZE_RUNS 3

#define POLISH_ROUNDS 300
#define POLISH_ROUNDS_STOP 5

/* Longer ways, in milliseconds, are all the same: 30,000 years. */
#define LEG_MAX 1e15

typedef struct numbered
{
	int64_t		id;
	uint32_t	index;			/* in the caller's array */
} numbered;

typedef struct planner
{
	ktt_run_board board;
	const ktt_run_stop *stops;
	const ktt_run_legs *legs;
	const ktt_run_terms *terms;
	const ktt_memory *memory;
	numbered   *order;			/* by number of the stop, [0] unused */
	numbered   *sorting;
	int32_t    *table;
	int64_t    *parcels;
	int64_t    *service;
	uint32_t   *near;
	bool	   *marks;			/* by stop */
	ktt_run_state best;
	ktt_run_state saved;
} planner;

static int
compare_ids(const void *left, const void *right)
{
	const numbered *one = left;
	const numbered *other = right;

	return one->id < other->id ? -1 : one->id > other->id;
}

static ktt_status
check_terms(const ktt_run_stop *stops, size_t count, const ktt_run_terms *terms,
			ktt_fault *fault)
{
	if (count > KTT_RUN_STOPS_MAX)
		return ktt_fail(fault, KTT_LIMIT, 0, "There are %zu stops, at most %d are possible.",
						count, KTT_RUN_STOPS_MAX);
	if (terms->capacity < 1 || terms->capacity > KTT_RUN_CAPACITY_MAX)
		return ktt_fail(fault, KTT_VALUE, 0, "A vehicle takes from 1 to %lld parcels, not %lld.",
						(long long) KTT_RUN_CAPACITY_MAX, (long long) terms->capacity);
	if (terms->within < 1 || terms->within > KTT_RUN_WITHIN_MAX)
		return ktt_fail(fault, KTT_VALUE, 0, "The time from departure to deadline must be above 0 and at most 7 days.");
	if (terms->service < 0 || terms->service > KTT_RUN_WITHIN_MAX ||
		terms->service_parcel < 0 || terms->service_parcel > KTT_RUN_WITHIN_MAX)
		return ktt_fail(fault, KTT_VALUE, 0, "The time of service must be from 0 to 7 days.");
	if (terms->vehicles < 1)
		return ktt_fail(fault, KTT_VALUE, 0, "There must be a vehicle.");
	for (size_t i = 0; i < count; i++)
		if (stops[i].parcels < 0 || stops[i].parcels > KTT_RUN_CAPACITY_MAX)
			return ktt_fail(fault, KTT_VALUE, 0, "Stop %lld has %lld parcels; from 0 to %lld are possible.",
							(long long) stops[i].id, (long long) stops[i].parcels,
							(long long) KTT_RUN_CAPACITY_MAX);
	return KTT_OK;
}

static ktt_status
take_memory(planner *plan, uint32_t count, ktt_fault *fault)
{
	const ktt_memory *memory = plan->memory;
	size_t		places = (size_t) count + 1;
	uint32_t	near_count = count == 0 ? 0 : count - 1 < KTT_RUN_NEAR ? count - 1 : KTT_RUN_NEAR;

	plan->order = ktt_allocate(memory, places * sizeof(*plan->order));
	plan->sorting = ktt_allocate(memory, places * sizeof(*plan->sorting));
	plan->table = ktt_allocate(memory, places * places * sizeof(*plan->table));
	plan->parcels = ktt_allocate(memory, places * sizeof(*plan->parcels));
	plan->service = ktt_allocate(memory, places * sizeof(*plan->service));
	plan->near = ktt_allocate(memory, places * near_count * sizeof(*plan->near));
	plan->board.scratch = ktt_allocate(memory, places * sizeof(*plan->board.scratch));
	plan->marks = ktt_allocate(memory, places * sizeof(*plan->marks));
	plan->board.sequences = ktt_allocate(memory, 2 * places * sizeof(*plan->board.sequences));
	if (plan->order == NULL || plan->sorting == NULL || plan->table == NULL || plan->parcels == NULL ||
		plan->service == NULL || plan->near == NULL || plan->board.scratch == NULL ||
		plan->marks == NULL || plan->board.sequences == NULL)
		return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the legs of %u stops.", count);
	plan->board.count = count;
	plan->board.near_count = near_count;
	if (ktt_run_state_begin(&plan->board.now, count, memory, fault) != KTT_OK ||
		ktt_run_state_begin(&plan->best, count, memory, fault) != KTT_OK)
		return fault->status;
	return ktt_run_state_begin(&plan->saved, count, memory, fault);
}

static void
release_memory(planner *plan)
{
	const ktt_memory *memory = plan->memory;

	ktt_release(memory, plan->order);
	ktt_release(memory, plan->sorting);
	ktt_release(memory, plan->table);
	ktt_release(memory, plan->parcels);
	ktt_release(memory, plan->service);
	ktt_release(memory, plan->near);
	ktt_release(memory, plan->board.scratch);
	ktt_release(memory, plan->marks);
	ktt_release(memory, plan->board.sequences);
	ktt_run_state_end(&plan->board.now, memory);
	ktt_run_state_end(&plan->best, memory);
	ktt_run_state_end(&plan->saved, memory);
}

/* Number the stops by id. */
static ktt_status
number_stops(planner *plan, ktt_fault *fault)
{
	uint32_t	count = plan->board.count;

	for (uint32_t i = 0; i < count; i++)
		plan->order[i + 1] = (numbered) {plan->stops[i].id, i};
	ktt_sort(plan->order + 1, count, sizeof(*plan->order), plan->sorting, compare_ids);
	for (uint32_t stop = 1; stop <= count; stop++)
	{
		if (stop > 1 && plan->order[stop].id == plan->order[stop - 1].id)
			return ktt_fail(fault, KTT_VALUE, 0, "Stop %lld is there twice.",
							(long long) plan->order[stop].id);
		plan->parcels[stop] = plan->stops[plan->order[stop].index].parcels;
		plan->service[stop] = plan->terms->service + plan->terms->service_parcel * plan->parcels[stop];
	}
	return KTT_OK;
}

/* Milliseconds from one place to another, -1 when there is no way. */
static double
ask_leg(const planner *plan, uint32_t from, uint32_t to)
{
	double		seconds;

	if (plan->legs->symmetric && from > to)
	{
		uint32_t	swap = from;

		from = to;
		to = swap;
	}
	seconds = plan->legs->seconds(plan->legs->context,
								  from == 0 ? 0 : (size_t) plan->order[from].index + 1,
								  to == 0 ? 0 : (size_t) plan->order[to].index + 1);
	if (!isfinite(seconds) || seconds < 0)
		return -1;
	return seconds < LEG_MAX / 1000 ? round(seconds * 1000) : LEG_MAX;
}

static void
fill_table(planner *plan)
{
	size_t		places = (size_t) plan->board.count + 1;

	for (uint32_t from = 0; from < places; from++)
	{
		ktt_run_work(&plan->board, 4 * places);
		for (uint32_t to = 0; to < places; to++)
		{
			int32_t    *leg = &plan->table[from * places + to];

			if (from == to)
				*leg = 0;
			else if (plan->legs->symmetric && to < from)
				*leg = plan->table[to * places + from];
			else
			{
				double		ms = ask_leg(plan, from, to);

				*leg = ms < 0 || ms > (double) KTT_RUN_WITHIN_MAX ? KTT_RUN_NO_LEG : (int32_t) ms;
			}
		}
	}
}

/* For each stop those that are nearest, there and back together. */
static void
find_near(planner *plan)
{
	ktt_run_board *board = &plan->board;

	for (uint32_t stop = 1; stop <= board->count; stop++)
	{
		uint32_t   *near = plan->near + (size_t) (stop - 1) * board->near_count;
		int64_t		ways[KTT_RUN_NEAR];
		uint32_t	found = 0;

		ktt_run_work(board, board->count);
		for (uint32_t other = 1; other <= board->count; other++)
		{
			int64_t		way = ktt_run_leg(board, stop, other) + ktt_run_leg(board, other, stop);
			uint32_t	at = found;

			if (other == stop || (found == board->near_count && way >= ways[found - 1]))
				continue;
			if (found < board->near_count)
				found++;
			else
				at--;
			for (; at > 0 && ways[at - 1] > way; at--)
			{
				ways[at] = ways[at - 1];
				near[at] = near[at - 1];
			}
			ways[at] = way;
			near[at] = other;
		}
	}
}

/* Whoever serves the stops that are in runs needs at least so many of them. */
static size_t
least_runs(ktt_run_board *board)
{
	int64_t		load = 0;
	int64_t		time = 0;
	int64_t		runs;

	for (uint32_t stop = 1; stop <= board->count; stop++)
	{
		int64_t		leg = ktt_run_leg(board, 0, stop);

		if (board->now.nodes[stop].run == KTT_RUN_NONE)
			continue;
		ktt_run_work(board, board->count / 4);
		for (uint32_t from = 1; from <= board->count; from++)
			if (from != stop && board->now.nodes[from].run != KTT_RUN_NONE &&
				ktt_run_leg(board, from, stop) < leg)
				leg = ktt_run_leg(board, from, stop);
		load += board->parcels[stop];
		time += leg + board->service[stop];
	}
	runs = (load + board->capacity - 1) / board->capacity;
	time = (time + board->within - 1) / board->within;
	if (runs < time)
		runs = time;
	return runs > 0 ? (size_t) runs : board->now.run_count > 0;
}

/* Put what is in the pool where it fits; whether anything did. */
static bool
place_pool(ktt_run_board *board)
{
	ktt_run_state *now = &board->now;
	uint32_t	kept = 0;
	uint32_t	count = now->pool_count;

	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t	stop = now->pool[i];
		ktt_run_gap gap = ktt_run_best_gap(board, stop);

		if (gap.run == KTT_RUN_NONE)
			now->pool[kept++] = stop;
		else
			ktt_run_insert(board, stop, gap);
	}
	now->pool_count = kept;
	return kept < count;
}

/* The run with the fewest stops among those that are not marked, or KTT_RUN_NONE. */
static uint32_t
smallest_run(const ktt_run_board *board, const bool *marks)
{
	uint32_t	smallest = KTT_RUN_NONE;

	for (uint32_t run = 0; run < board->now.run_count; run++)
		if (!marks[run] && (smallest == KTT_RUN_NONE ||
							board->now.runs[run].count < board->now.runs[smallest].count))
			smallest = run;
	return smallest;
}

/* Empty runs into the others while that works out. */
static void
empty_runs(planner *plan)
{
	ktt_run_board *board = &plan->board;
	size_t		bound = least_runs(board);
	uint64_t	work = SQUEEZE_WORK + (uint64_t) SQUEEZE_WORK_STOP * board->count;
	uint64_t	until = board->work + work;
	uint32_t	tried = 0;

	for (uint32_t i = 0; i <= board->count; i++)
		plan->marks[i] = false;
	while (board->now.run_count > bound && tried < SQUEEZE_RUNS && board->work < until)
	{
		uint32_t	run = smallest_run(board, plan->marks);

		if (run == KTT_RUN_NONE)
			break;
		ktt_run_keep(&plan->saved, &board->now, board->count);
		ktt_run_drop(board, run);
		if (ktt_run_squeeze(board, &plan->best, work / SQUEEZE_RUNS))
		{
			for (uint32_t i = 0; i <= board->count; i++)
				plan->marks[i] = false;
			tried = 0;
			ktt_run_search(board, plan->marks);
		}
		else
		{
			ktt_run_keep(&board->now, &plan->saved, board->count);
			plan->marks[run] = true;
			tried++;
		}
	}
	for (uint32_t i = 0; i <= board->count; i++)
		plan->marks[i] = false;
}

/* Keep to the number of vehicles: the stops of the smallest runs try to get into the others. */
static void
limit_runs(planner *plan)
{
	ktt_run_board *board = &plan->board;

	if (board->now.run_count <= plan->terms->vehicles)
		return;
	while (board->now.run_count > plan->terms->vehicles)
	{
		ktt_run_drop(board, smallest_run(board, plan->marks));
		ktt_run_close_gaps(board);
	}
	ktt_run_squeeze(board, &plan->best,
					SQUEEZE_WORK + (uint64_t) SQUEEZE_WORK_STOP * board->count);
	ktt_run_search(board, plan->marks);
}

/* Drive a run the other way round if that is shorter, or its last stop is served earlier. */
static void
turn_runs(ktt_run_board *board)
{
	for (uint32_t run = 0; run < board->now.run_count; run++)
	{
		ktt_run_line line = board->now.runs[run];
		ktt_run_trial there = {0};
		ktt_run_trial back = {0};
		int64_t		longer;

		ktt_run_append(board, &there, (ktt_run_piece) {line.first, line.last});
		ktt_run_append(board, &back, (ktt_run_piece) {line.last, line.first});
		longer = back.drive + ktt_run_leg(board, line.first, 0) - ktt_run_drive(board, run);
		if (ktt_run_holds(board, &back) &&
			(longer < 0 || (longer == 0 && back.drive < there.drive)))
		{
			uint32_t   *sequence = board->sequences;
			uint32_t	count = ktt_run_list(board, run, sequence);

			for (uint32_t i = 0; i < count / 2; i++)
			{
				uint32_t	swap = sequence[i];

				sequence[i] = sequence[count - 1 - i];
				sequence[count - 1 - i] = swap;
			}
			ktt_run_set(board, run, sequence, count);
		}
	}
}

static void
say_why_not(const planner *plan, uint32_t stop, ktt_run_visit *visit)
{
	double		arrives;

	*visit = (ktt_run_visit) {.outcome = KTT_RUN_TOO_LARGE};
	if (plan->parcels[stop] > plan->terms->capacity)
		return;
	arrives = ask_leg(plan, 0, stop);
	if (arrives < 0)
		visit->outcome = KTT_RUN_NO_WAY;
	else if ((int64_t) arrives + plan->service[stop] > plan->terms->within)
	{
		visit->outcome = KTT_RUN_TOO_FAR;
		visit->arrives = (int64_t) arrives;
		visit->late = (int64_t) arrives + plan->service[stop] - plan->terms->within;
	}
	else
		visit->outcome = KTT_RUN_NO_VEHICLE;
}

/* Number the runs by their smallest stop and tell what became of every stop. */
static void
answer(planner *plan, ktt_run_visit *visits, ktt_run_totals *totals)
{
	ktt_run_board *board = &plan->board;
	uint32_t   *numbers = plan->board.scratch;
	uint32_t	next = 0;

	*totals = (ktt_run_totals) {.runs = board->now.run_count, .bound = least_runs(board)};
	for (uint32_t run = 0; run < board->now.run_count; run++)
	{
		uint32_t	last = board->now.runs[run].last;
		int64_t		back = ktt_run_leg(board, last, 0);

		numbers[run] = 0;
		totals->drive += board->now.nodes[last].drive + (back == KTT_RUN_NO_LEG ? 0 : back);
	}
	for (uint32_t stop = 1; stop <= board->count; stop++)
	{
		const ktt_run_node *node = &board->now.nodes[stop];
		ktt_run_visit *visit = &visits[plan->order[stop].index];

		if (node->run == KTT_RUN_NONE)
		{
			say_why_not(plan, stop, visit);
			continue;
		}
		if (numbers[node->run] == 0)
			numbers[node->run] = ++next;
		*visit = (ktt_run_visit) {
			.run = numbers[node->run],
			.place = node->place + 1,
			.arrives = node->drive + node->service - board->service[stop]};
	}
}

static ktt_status
make_plan(planner *plan, ktt_fault *fault)
{
	ktt_run_board *board = &plan->board;
	ktt_run_state *now = &board->now;

	board->legs = plan->table;
	board->parcels = plan->parcels;
	board->service = plan->service;
	board->near = plan->near;
	board->capacity = plan->terms->capacity;
	board->within = plan->terms->within;
	board->pause_at = KTT_PAUSE_STEPS;
	if (number_stops(plan, fault) != KTT_OK)
		return fault->status;
	fill_table(plan);
	find_near(plan);

	for (uint32_t stop = 1; stop <= board->count; stop++)
		if (plan->parcels[stop] <= board->capacity)
			now->pool[now->pool_count++] = stop;
	if (ktt_run_savings(board, plan->legs->symmetric, plan->memory, fault) != KTT_OK)
		return fault->status;
	ktt_run_search(board, plan->marks);
	/* What cannot be reached straight may be reached behind others; if not, it is left out of what follows. */
	place_pool(board);
	now->pool_count = 0;
	empty_runs(plan);
	limit_runs(plan);
	ktt_run_polish(board, &plan->best, &plan->saved,
				   POLISH_ROUNDS + (board->count < 400 ? board->count : 400) * POLISH_ROUNDS_STOP);
	do
		ktt_run_search(board, plan->marks);
	while (place_pool(board));
	turn_runs(board);
	return KTT_OK;
}

ktt_status
ktt_runs_plan(const ktt_run_stop *stops, size_t count, const ktt_run_legs *legs,
			  const ktt_run_terms *terms, const ktt_memory *memory,
			  ktt_run_visit *visits, ktt_run_totals *totals, ktt_fault *fault)
{
	planner		plan = {.stops = stops, .legs = legs, .terms = terms, .memory = memory};
	ktt_status	status = check_terms(stops, count, terms, fault);

	if (status != KTT_OK)
		return status;
	status = take_memory(&plan, (uint32_t) count, fault);
	if (status == KTT_OK)
		status = make_plan(&plan, fault);
	if (status == KTT_OK)
		answer(&plan, visits, totals);
	release_memory(&plan);
	return status;
}
