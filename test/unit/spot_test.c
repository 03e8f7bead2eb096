/*
 * White spots against the greedy choice made by looking at everything.
 */
#include "unit.h"

#include "core/spot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 80

static uint64_t seed = 20261128;

static uint64_t
draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % below;
}

/* Memory that gives out after so many blocks. */
static long blocks;
static long blocks_left = 1000000000;

static void *
take(void *owner, size_t size)
{
	(void) owner;
	if (blocks_left-- <= 0)
		return NULL;
	blocks++;
	return calloc(1, size);
}

static void
give_back(void *owner, void *memory)
{
	(void) owner;
	blocks--;
	free(memory);
}

static const ktt_memory memory = {take, give_back, NULL};

typedef struct town
{
	ktt_point	points[MOST];
	size_t		point_count;
	ktt_demand	places[MOST];
	int64_t		households[MOST];
	size_t		count;
	double		metres;
	size_t		most;
} town;

static ktt_place
draw_place(int shape)
{
	double		x = (double) draw(1000) / 1000;
	double		y = (double) draw(1000) / 1000;

	switch (shape)
	{
		case 0:
			return (ktt_place) {108 + 0.05 * x, 22 + 0.05 * y};
		case 1:					/* a grid: ties, and places just on the border */
			return (ktt_place) {(double) draw(5) * 0.01, (double) draw(4) * 0.01};
		case 2:
			return (ktt_place) {x < 0.5 ? 180 - 0.05 * x : -180 + 0.05 * (1 - x), 0.05 * y};
		case 3:
			return (ktt_place) {360 * x - 180, 90 - 0.05 * y};
		default:
			return (ktt_place) {360 * x - 180, 180 * y - 90};
	}
}

static void
draw_town(town *town)
{
	int			shape = (int) draw(5);

	town->point_count = draw(8);
	town->count = draw(MOST + 1);
	town->most = draw(12);
	town->metres = shape == 4 ? (double) draw(8000000) :
		shape == 1 && draw(2) ? ktt_geodesic((ktt_place) {0, 0}, (ktt_place) {0.01 * (double) draw(3), 0}) :
		(double) draw(4000);
	for (size_t i = 0; i < town->point_count; i++)
		town->points[i] = (ktt_point) {(int64_t) i + 1, draw_place(shape), 0, (int32_t) draw(3) - 1, NULL};
	for (size_t i = 0; i < town->count; i++)
	{
		town->places[i] = (ktt_demand) {(int64_t) (i * 37 % 997), draw_place(shape)};
		if (i > 0 && draw(3) == 0)
			town->places[i].place = town->places[draw(i)].place;
		town->households[i] = draw(4) ? (int64_t) draw(5) : (int64_t) draw(1000000);
	}
}

/* The greedy choice, by looking at all pairs again and again. */
static size_t
greedy(const town *town, ktt_spot *spots)
{
	static bool within[MOST][MOST];
	bool		reached[MOST] = {false};
	size_t		chosen = 0;

	for (size_t i = 0; i < town->count; i++)
		for (size_t j = 0; j < town->count; j++)
			within[i][j] = ktt_within(town->places[j].place, town->places[i].place, town->metres);

	for (size_t i = 0; i < town->count; i++)
		for (size_t j = 0; j < town->point_count; j++)
			reached[i] = reached[i] || ktt_within(town->places[i].place, town->points[j].place, town->metres);
	while (chosen < town->most)
	{
		ktt_spot	best = {0, 0, 0};

		for (size_t i = 0; i < town->count; i++)
		{
			ktt_spot	spot = {(uint32_t) i, 0, 0};

			for (size_t j = 0; j < town->count; j++)
				if (within[i][j])
				{
					spot.households += town->households[j];
					spot.gained += reached[j] ? 0 : town->households[j];
				}
			if (spot.gained > best.gained ||
				(spot.gained == best.gained && spot.gained > 0 &&
				 town->places[i].id < town->places[best.place].id))
				best = spot;
		}
		if (best.gained == 0)
			break;
		for (size_t j = 0; j < town->count; j++)
			reached[j] = reached[j] || within[best.place][j];
		spots[chosen++] = best;
	}
	return chosen;
}

static ktt_status
white_spots(town *town, ktt_spot *spots, size_t *found)
{
	ktt_point	points[MOST];
	ktt_pickups pickups;
	ktt_fault	fault = {KTT_OK};
	ktt_status	status;

	memcpy(points, town->points, sizeof(points));
	status = ktt_pickups_build(&pickups, points, town->point_count, memory, &fault);
	if (status == KTT_OK)
	{
		status = ktt_white_spots(&pickups, town->places, town->households, town->count,
								 town->metres, town->most, &memory, spots, found, &fault);
		ktt_pickups_end(&pickups);
	}
	CHECK(status == fault.status, "says which fault");
	return status;
}

static void
spots_are_greedy(void)
{
	static town town;

	for (int round = 0; round < 2000; round++)
	{
		ktt_spot	expected[MOST];
		ktt_spot	spots[MOST];
		size_t		count;
		size_t		found;
		bool		same;

		draw_town(&town);
		count = greedy(&town, expected);
		if (!CHECK(white_spots(&town, spots, &found) == KTT_OK, "chooses"))
			continue;
		same = count == found;
		for (size_t i = 0; i < count && same; i++)
			same = spots[i].place == expected[i].place &&
				spots[i].households == expected[i].households && spots[i].gained == expected[i].gained;
		CHECK(same, "the greedy choice");
	}
}

static void
bad_input(void)
{
	static town town;
	const double bad[] = {-1, NAN, INFINITY, -INFINITY};
	ktt_spot	spots[MOST];
	size_t		found;

	do
		draw_town(&town);
	while (town.count < 20);
	town.most = 5;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		town.metres = bad[i];
		CHECK(white_spots(&town, spots, &found) == KTT_VALUE && found == 0, "that is no distance");
	}
	town.metres = 500;
	town.households[3] = -1;
	CHECK(white_spots(&town, spots, &found) == KTT_VALUE, "fewer than none");
	town.households[3] = INT64_MAX;
	town.households[4] = INT64_MAX;
	CHECK(white_spots(&town, spots, &found) == KTT_RANGE, "too many");
	town.households[4] = town.households[3] = 1;
	town.places[7].id = town.places[9].id;
	CHECK(white_spots(&town, spots, &found) == KTT_VALUE, "an id twice");
	town.places[7].id = 5000;
	CHECK(white_spots(&town, spots, &found) == KTT_OK, "mended");
}

static void
memory_gives_out(void)
{
	static town town;
	ktt_status	status;
	long		allowed = 0;

	do
		draw_town(&town);
	while (town.count < 20 || town.point_count == 0);
	do
	{
		ktt_spot	spots[MOST];
		size_t		found;

		blocks_left = allowed++;
		status = white_spots(&town, spots, &found);
		CHECK(status == KTT_OK || status == KTT_LIMIT, "says that there is no memory");
		CHECK(blocks == 0, "gives everything back");
	}
	while (status != KTT_OK);
	CHECK(allowed > 8, "was short of memory at first");
	blocks_left = 1000000000;
}

int
main(void)
{
	spots_are_greedy();
	bad_input();
	memory_gives_out();
	CHECK(blocks == 0, "gives everything back");
	return unit_report();
}
