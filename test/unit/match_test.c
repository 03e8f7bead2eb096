/*
 * Matching a wave against slow and obvious ways to do it, on thousands of small
 * instances full of ties, limits and odd places.
 */
#include "draw.h"
#include "pool.h"
#include "unit.h"

#include "core/match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64

static pool heap;

static const ktt_memory memory = {take, give_back, &heap};

/* A wave: its points as they were drawn, and what the core made of them. */
typedef struct wave
{
	ktt_point	points[MOST];
	size_t		point_count;
	ktt_demand	demands[MOST];
	size_t		count;
	ktt_match	matches[MOST];
	ktt_pickups pickups;
	ktt_point	built[MOST];
} wave;

typedef enum shape
{
	CITY, GRID, ONE_SPOT, ANTIMERIDIAN, POLE, WORLD, SHAPES
} shape;

static ktt_place
draw_place(shape shape)
{
	switch (shape)
	{
		case GRID:				/* symmetric about the equator: exact ties */
			return (ktt_place) {(double) draw(4) * 0.01, ((double) draw(5) - 2) * 0.01};
		case ONE_SPOT:
			return (ktt_place) {108.3, 22.8};
		case ANTIMERIDIAN:
			{
				double		east = (chance() - 0.5) * 0.1;

				return (ktt_place) {draw(5) == 0 ? (draw(2) ? 180 : -180) : east < 0 ? 180 + east : east - 180,
									-17 + 0.1 * chance()};
			}
		case POLE:
			return (ktt_place) {draw(3) == 0 ? (double) draw(4) * 90 - 180 : 360 * chance() - 180,
								draw(5) == 0 ? 90 : 90 - 0.1 * chance()};
		case WORLD:
			return (ktt_place) {360 * chance() - 180, 180 * chance() - 90};
		default:
			return (ktt_place) {108.3 + 0.1 * chance(), 22.8 + 0.1 * chance()};
	}
}

static double
draw_radius(shape shape)
{
	double		size = shape == WORLD ? 2e7 : 10000;

	return draw(2) ? KTT_NO_RADIUS : shape == GRID ? (double) (1 + draw(4)) * 1113.19 : size * chance() + 1;
}

static int32_t
draw_capacity(void)
{
	switch (draw(12))
	{
		case 0:
			return KTT_NO_CAPACITY;
		case 1:
			return 0;
		case 2:
			return INT32_MAX;
		default:
			return (int32_t) (1 + draw(4));
	}
}

/* Ids that rise, fall or jump about, each once. */
static int64_t
draw_id(size_t number, unsigned kind)
{
	static const int64_t stride[] = {1, 37, 61};

	return kind == 3 ? INT64_MAX - (int64_t) number : 1 + (int64_t) number * stride[kind] % 1009;
}

static void
draw_wave(wave *wave, size_t points, size_t demands)
{
	shape		shape = (enum shape) draw(SHAPES);
	bool		limits = draw(2);
	bool		doubles = draw(3) == 0;
	unsigned	kind = (unsigned) draw(4);

	wave->point_count = draw(points + 1);
	wave->count = draw(demands + 1);
	for (size_t i = 0; i < wave->point_count; i++)
	{
		wave->points[i] = (ktt_point) {draw_id(i, kind), draw_place(shape),
									   limits ? draw_radius(shape) : KTT_NO_RADIUS, draw_capacity(), NULL};
		if (doubles && i > 0 && draw(2))
			wave->points[i].place = wave->points[draw(i)].place;
	}
	for (size_t i = 0; i < wave->count; i++)
	{
		wave->demands[i] = (ktt_demand) {draw_id(i, kind), draw_place(shape)};
		if (doubles && i > 0 && draw(2))
			wave->demands[i].place = wave->demands[draw(i)].place;
		else if (doubles && wave->point_count > 0 && draw(4) == 0)
			wave->demands[i].place = wave->points[draw(wave->point_count)].place;
	}
}

static void
build(wave *wave)
{
	ktt_fault	fault;

	memcpy(wave->built, wave->points, sizeof(wave->points));
	CHECK(ktt_pickups_build(&wave->pickups, wave->built, wave->point_count, memory, &fault) == KTT_OK, "builds");
}

static bool
serves(const ktt_point *point, ktt_place place)
{
	return point->radius == KTT_NO_RADIUS || ktt_within(point->place, place, point->radius);
}

/* What the outcome is when nobody takes a place. */
static ktt_match_outcome
left_out(const wave *wave, ktt_place place)
{
	for (size_t i = 0; i < wave->point_count; i++)
		if (serves(&wave->points[i], place))
			return KTT_FULL;
	return KTT_NO_POINT;
}

/* A pair of a demand and a point that serves it, by their indices as drawn. */
typedef struct pair
{
	double		metres;
	int64_t		demand_id;
	int64_t		point_id;
	size_t		demand;
	size_t		point;
} pair;

static int
compare_pairs(const void *a, const void *b)
{
	const pair *one = a;
	const pair *other = b;

	if (one->metres != other->metres)
		return one->metres < other->metres ? -1 : 1;
	if (one->demand_id != other->demand_id)
		return one->demand_id < other->demand_id ? -1 : 1;
	return (one->point_id > other->point_id) - (one->point_id < other->point_id);
}

static pair pairs[MOST * MOST];

static size_t
list_pairs(const wave *wave)
{
	size_t		count = 0;

	for (size_t i = 0; i < wave->count; i++)
		for (size_t j = 0; j < wave->point_count; j++)
			if (wave->points[j].capacity != 0 && serves(&wave->points[j], wave->demands[i].place))
				pairs[count++] = (pair) {ktt_distance(wave->points[j].place, wave->demands[i].place),
										 wave->demands[i].id, wave->points[j].id, i, j};
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	return count;
}

/* Take the pairs in order as long as there is room; nobody is ever full when there are no limits. */
static void
greedy(const wave *wave, bool limited, ktt_match *matches)
{
	size_t		count = list_pairs(wave);
	int32_t		taken[MOST] = {0};

	for (size_t i = 0; i < wave->count; i++)
		matches[i] = (ktt_match) {.outcome = left_out(wave, wave->demands[i].place)};
	for (size_t i = 0; i < count; i++)
	{
		ktt_match  *match = &matches[pairs[i].demand];
		const ktt_point *point = &wave->points[pairs[i].point];

		if (match->outcome == KTT_MATCHED ||
			(limited && point->capacity != KTT_NO_CAPACITY && taken[pairs[i].point] == point->capacity))
			continue;
		taken[pairs[i].point]++;
		*match = (ktt_match) {KTT_MATCHED, (uint32_t) pairs[i].point, pairs[i].metres, 0};
	}
}

static bool
same(const wave *wave, const ktt_match *expected)
{
	for (size_t i = 0; i < wave->count; i++)
	{
		const ktt_match *match = &wave->matches[i];

		if (match->outcome != expected[i].outcome)
			return false;
		if (match->outcome == KTT_MATCHED &&
			(match->metres != expected[i].metres ||
			 wave->pickups.points[match->point].id != wave->points[expected[i].point].id))
			return false;
	}
	return true;
}

static ktt_status
match_stable(wave *wave)
{
	ktt_fault	fault = {KTT_OK};
	ktt_status	status = ktt_match_stable(&wave->pickups, wave->demands, wave->count, &memory,
										  wave->matches, &fault);

	CHECK(status == fault.status, "says which fault");
	return status;
}

static void
nearest_is_greedy_without_limits(void)
{
	static wave wave;

	for (int round = 0; round < 3000; round++)
	{
		ktt_match	expected[MOST];
		ktt_fault	fault;

		draw_wave(&wave, 20, 20);
		build(&wave);
		CHECK(ktt_match_nearest(&wave.pickups, wave.demands, wave.count, wave.matches, &fault) == KTT_OK, "matches");
		greedy(&wave, false, expected);
		CHECK(same(&wave, expected), "each has its nearest");
		ktt_pickups_end(&wave.pickups);
	}
}

static void
stable_is_greedy(void)
{
	static wave wave;

	for (int round = 0; round < 6000; round++)
	{
		ktt_match	expected[MOST];

		draw_wave(&wave, round % 2 ? 6 : 40, round % 3 ? 60 : 10);
		build(&wave);
		CHECK(match_stable(&wave) == KTT_OK, "matches");
		greedy(&wave, true, expected);
		CHECK(same(&wave, expected), "the greedy matching");
		ktt_pickups_end(&wave.pickups);
	}
}

/* What the total must not be above: a matching by the book, unit by unit. */
typedef struct flow
{
	size_t		matched;
	double		metres;
} flow;

/*
 * Again and again the shortest chain of moves that brings one more demand to a
 * point, found by Bellman and Ford over demands and points.
 */
static flow
least_flow(const wave *wave)
{
	static double metres[MOST][MOST];
	int			at[MOST];
	int32_t		taken[MOST] = {0};
	flow		total = {0, 0};

	for (size_t i = 0; i < wave->count; i++)
	{
		at[i] = -1;
		for (size_t j = 0; j < wave->point_count; j++)
			metres[i][j] = serves(&wave->points[j], wave->demands[i].place)
				? ktt_distance(wave->points[j].place, wave->demands[i].place) : INFINITY;
	}
	for (;;)
	{
		double		to_demand[MOST];
		double		to_point[MOST];
		int			by[MOST];	/* demand that goes to a point */
		int			end = -1;
		bool		better = true;

		for (size_t i = 0; i < wave->count; i++)
			to_demand[i] = at[i] < 0 ? 0 : INFINITY;
		for (size_t j = 0; j < wave->point_count; j++)
			to_point[j] = INFINITY;
		while (better)
		{
			better = false;
			for (size_t i = 0; i < wave->count; i++)
				for (size_t j = 0; j < wave->point_count; j++)
					if (at[i] != (int) j && to_demand[i] + metres[i][j] < to_point[j] - 1e-9)
					{
						to_point[j] = to_demand[i] + metres[i][j];
						by[j] = (int) i;
						better = true;
					}
			for (size_t i = 0; i < wave->count; i++)
				if (at[i] >= 0 && to_point[at[i]] - metres[i][at[i]] < to_demand[i] - 1e-9)
				{
					to_demand[i] = to_point[at[i]] - metres[i][at[i]];
					better = true;
				}
		}
		for (size_t j = 0; j < wave->point_count; j++)
			if ((wave->points[j].capacity == KTT_NO_CAPACITY || taken[j] < wave->points[j].capacity) &&
				to_point[j] < INFINITY && (end < 0 || to_point[j] < to_point[end]))
				end = (int) j;
		if (end < 0)
			return total;
		total.matched++;
		total.metres += to_point[end];
		taken[end]++;
		for (int j = end; j >= 0;)
		{
			int			i = by[j];
			int			before = at[i];

			at[i] = j;
			j = before;
		}
	}
}

static ktt_status
match_total(wave *wave)
{
	ktt_fault	fault = {KTT_OK};
	ktt_status	status = ktt_match_total(&wave->pickups, wave->demands, wave->count, &memory,
										 wave->matches, &fault);

	CHECK(status == fault.status, "says which fault");
	return status;
}

/* Everything the header says of the prices, for whatever the core has matched. */
static void
check_certificate(const ktt_pickups *pickups, const ktt_demand *demands, size_t count,
				  const ktt_match *matches)
{
	const double slack = 4e-6 * (double) (count + 1);
	double	   *prices = calloc(pickups->count + 1, sizeof(double));
	int64_t    *loads = calloc(pickups->count + 1, sizeof(int64_t));
	double		left_out_price = INFINITY;
	double		costs = 0;
	double		bound = 0;
	bool		fits = true;
	bool		one_price = true;
	bool		free_of_charge = true;
	bool		cheapest = true;

	for (size_t i = 0; i < count; i++)
	{
		const ktt_match *match = &matches[i];

		if (match->outcome == KTT_MATCHED)
		{
			one_price = one_price && (loads[match->point] == 0 || prices[match->point] == match->price);
			prices[match->point] = match->price;
			loads[match->point]++;
			fits = fits && match->metres == ktt_distance(pickups->points[match->point].place, demands[i].place) &&
				ktt_point_serves(pickups, match->point, demands[i].place);
		}
		else if (match->outcome == KTT_FULL)
		{
			one_price = one_price && (left_out_price == INFINITY || left_out_price == match->price);
			left_out_price = match->price;
		}
	}
	for (size_t j = 0; j < pickups->count; j++)
	{
		int32_t		capacity = pickups->points[j].capacity;

		fits = fits && (capacity == KTT_NO_CAPACITY || loads[j] <= capacity);
		free_of_charge = free_of_charge && prices[j] >= 0 &&
			(prices[j] == 0 || loads[j] == capacity);
		bound -= prices[j] * (double) loads[j];
	}
	for (size_t i = 0; i < count; i++)
	{
		const ktt_match *match = &matches[i];
		double		outlay = match->metres + match->price;
		double		least = left_out_price;
		bool		served = false;

		for (size_t j = 0; j < pickups->count; j++)
			if (ktt_point_serves(pickups, j, demands[i].place))
			{
				served = true;
				if (pickups->points[j].capacity != 0)
					least = fmin(least, ktt_distance(pickups->points[j].place, demands[i].place) + prices[j]);
			}
		if (match->outcome == KTT_NO_POINT)
		{
			cheapest = cheapest && !served;
			continue;
		}
		cheapest = cheapest && served && outlay <= least + 4e-6 + outlay * 1e-15;
		costs += match->outcome == KTT_MATCHED ? match->metres : match->price;
		bound += least;
	}
	CHECK(fits, "no point has more than it can take");
	CHECK(one_price, "a point has one price");
	CHECK(free_of_charge, "a point with room has none");
	CHECK(cheapest, "nobody has a cheaper place to go to");
	CHECK(costs <= bound + slack + bound * 1e-12, "the bound is reached");
	free(loads);
	free(prices);
}

static void
total_is_least(void)
{
	static wave wave;

	for (int round = 0; round < 6000; round++)
	{
		flow		expected;
		flow		total = {0, 0};

		draw_wave(&wave, round % 2 ? 6 : 20, round % 3 ? 40 : 10);
		build(&wave);
		if (CHECK(match_total(&wave) == KTT_OK, "matches"))
		{
			check_certificate(&wave.pickups, wave.demands, wave.count, wave.matches);
			for (size_t i = 0; i < wave.count; i++)
				if (wave.matches[i].outcome == KTT_MATCHED)
				{
					total.matched++;
					total.metres += wave.matches[i].metres;
				}
				else
					CHECK(wave.matches[i].outcome == left_out(&wave, wave.demands[i].place), "says why");
			expected = least_flow(&wave);
			CHECK(total.matched == expected.matched, "as many as can be");
			CHECK(fabs(total.metres - expected.metres) < 1e-6 * (double) (wave.count + 1), "as short as can be");
		}
		ktt_pickups_end(&wave.pickups);
	}
}

static void
ids_are_distinct(void)
{
	static wave wave;

	do
		draw_wave(&wave, 20, 20);
	while (wave.count < 5);
	wave.demands[4].id = wave.demands[1].id;
	build(&wave);
	CHECK(match_stable(&wave) == KTT_VALUE, "stable needs distinct ids");
	CHECK(match_total(&wave) == KTT_VALUE, "so does the least total");
	ktt_pickups_end(&wave.pickups);
}

static void
memory_gives_out(void)
{
	static wave wave;

	do
		draw_wave(&wave, 40, 60);
	while (wave.count < 40 || wave.point_count < 20);
	build(&wave);
	for (int total = 0; total <= 1; total++)
	{
		long		held = heap.blocks;
		long		allowed = 0;
		ktt_status	status;

		do
		{
			heap.left = allowed++;
			status = total ? match_total(&wave) : match_stable(&wave);
			CHECK(status == KTT_OK || status == KTT_LIMIT, "says that there is no memory");
			CHECK(heap.blocks == held, "gives everything back");
		}
		while (status != KTT_OK && allowed < 1000);
		CHECK(status == KTT_OK && allowed > 8, "was short of memory at first");
	}
	heap.left = 1000000000;
	ktt_pickups_end(&wave.pickups);
}

int
main(void)
{
	heap.left = 1000000000;
	nearest_is_greedy_without_limits();
	stable_is_greedy();
	total_is_least();
	ids_are_distinct();
	memory_gives_out();
	CHECK(heap.blocks == 0, "gives everything back");
	return unit_report();
}
