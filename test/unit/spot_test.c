/*
 * White spots against greedy by trying every place, on data with many ties: few
 * places in a grid, several at one spot, across the antimeridian, around a pole.
 */
#include "draw.h"
#include "pool.h"
#include "unit.h"

#include "core/spot.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 40
#define POINTS 4

static pool heap = {0, POOL_ENDLESS};
static const ktt_memory memory = {take, give_back, &heap};

static ktt_place
draw_place(int kind)
{
	double		x = (double) draw(7) / 100;
	double		y = (double) draw(7) / 100;

	switch (kind)
	{
		case 0:
			return (ktt_place) {108.3 + x, 22.8 + y};
		case 1:
			return (ktt_place) {x < 0.03 ? 179.97 + x : -180.03 + x, -17 + y};
		default:
			return (ktt_place) {(double) draw(360) - 180, 89.9 + y};
	}
}

static ktt_pickups
draw_points(int kind, size_t count)
{
	ktt_point  *points = calloc(POINTS, sizeof(*points));
	ktt_pickups pickups;
	ktt_fault	fault;

	for (size_t i = 0; i < count; i++)
		points[i] = (ktt_point) {(int64_t) i + 1, draw_place(kind), KTT_NO_RADIUS, KTT_NO_CAPACITY, NULL};
	CHECK(ktt_pickups_build(&pickups, points, count, memory, &fault) == KTT_OK, "points are built");
	return pickups;
}

static size_t
by_trying(const ktt_pickups *pickups, const ktt_dwelling *dwellings,
		  size_t count, double metres, ktt_spot *spots, size_t room)
{
	bool		covered[PLACES] = {false};
	size_t		found = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < pickups->count; p++)
			covered[i] = covered[i] || ktt_within(dwellings[i].place, pickups->points[p].place, metres);
	while (found < room)
	{
		ktt_spot	best = {0, 0, 0};
		size_t		where = 0;

		for (size_t i = 0; i < count; i++)
		{
			ktt_spot	spot = {dwellings[i].id, 0, 0};

			for (size_t j = 0; j < count; j++)
				if (ktt_within(dwellings[j].place, dwellings[i].place, metres))
				{
					spot.households += dwellings[j].households;
					spot.gained += covered[j] ? 0 : dwellings[j].households;
				}
			if (spot.gained > best.gained || (spot.gained == best.gained && best.gained > 0 && spot.id < best.id))
			{
				best = spot;
				where = i;
			}
		}
		if (best.gained == 0)
			break;
		spots[found++] = best;
		for (size_t j = 0; j < count; j++)
			covered[j] = covered[j] || ktt_within(dwellings[j].place, dwellings[where].place, metres);
	}
	return found;
}

static void
compare(int kind)
{
	size_t		count = (size_t) draw(PLACES + 1);
	ktt_pickups pickups = draw_points(kind, (size_t) draw(POINTS + 1));
	ktt_point  *points = pickups.points;
	ktt_dwelling dwellings[PLACES];
	ktt_spot	wanted[PLACES];
	ktt_spot	got[PLACES];
	double		metres = (double) draw(4) * 1100;
	size_t		room = (size_t) draw(PLACES) + 1;
	size_t		wanted_count;
	size_t		got_count;
	ktt_fault	fault;

	for (size_t i = 0; i < count; i++)
		dwellings[i] = (ktt_dwelling) {(int64_t) i * 7919 % 41 + 1, draw_place(kind), (int64_t) (draw(4) * draw(3))};
	wanted_count = by_trying(&pickups, dwellings, count, metres, wanted, room);
	CHECK(ktt_spots(&pickups, dwellings, count, metres, &memory, got, room, &got_count, &fault) == KTT_OK, "answers");
	if (CHECK(got_count == wanted_count, "finds as many"))
		CHECK(memcmp(got, wanted, got_count * sizeof(*got)) == 0, "finds the same");
	ktt_pickups_end(&pickups);
	free(points);
}

static void
refuse(void)
{
	ktt_pickups none = {.memory = memory};
	ktt_dwelling dwellings[2] = {{1, {1, 1}, 5}, {2, {1, 1}, 5}};
	ktt_spot	spots[2];
	size_t		found;
	ktt_fault	fault;

	CHECK(ktt_spots(&none, dwellings, 2, 0, &memory, spots, 2, &found, &fault) == KTT_OK && found == 1 &&
		  spots[0].id == 1 && spots[0].gained == 10, "one spot for two at one place");
	dwellings[1].id = 1;
	CHECK(ktt_spots(&none, dwellings, 2, 0, &memory, spots, 2, &found, &fault) == KTT_VALUE, "an id twice");
	dwellings[1] = (ktt_dwelling) {0, {1, 1}, 5};
	CHECK(ktt_spots(&none, dwellings, 2, 0, &memory, spots, 2, &found, &fault) == KTT_VALUE, "an id below 1");
	dwellings[1] = (ktt_dwelling) {2, {1, 1}, -1};
	CHECK(ktt_spots(&none, dwellings, 2, 0, &memory, spots, 2, &found, &fault) == KTT_VALUE, "households below 0");
	dwellings[1].households = INT64_MAX;
	CHECK(ktt_spots(&none, dwellings, 2, 0, &memory, spots, 2, &found, &fault) == KTT_VALUE, "too many households");
}

/* Wherever memory gives out, it says so and gives back what it took. */
static void
run_out(void)
{
	ktt_pickups none = {.memory = memory};
	ktt_dwelling dwellings[PLACES];
	ktt_spot	spots[PLACES];
	size_t		found;
	ktt_fault	fault;
	ktt_status	status = KTT_LIMIT;
	long		refusals = 0;

	for (int i = 0; i < PLACES; i++)
		dwellings[i] = (ktt_dwelling) {PLACES - i, draw_place(0), 1};
	for (long blocks = 0; status == KTT_LIMIT; blocks++)
	{
		heap.blocks = 0;
		heap.left = blocks;
		status = ktt_spots(&none, dwellings, PLACES, 1000, &memory, spots, PLACES, &found, &fault);
		refusals += status == KTT_LIMIT;
		CHECK(heap.blocks == 0, "gives memory back");
	}
	CHECK(status == KTT_OK && refusals > 6, "goes on when there is enough");
}

int
main(void)
{
	for (int i = 0; i < 1500; i++)
		compare(i % 3);
	refuse();
	run_out();
	return unit_report();
}
