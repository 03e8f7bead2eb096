/*
 * The tree of pickup points against looking at every point, over places that
 * lie anywhere, in clusters, in grids full of ties, at the antimeridian, at the
 * poles and all at one spot.
 */
#include "draw.h"
#include "pool.h"
#include "unit.h"

#include "core/pause.h"
#include "core/pickup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 600

static pool heap;

static const ktt_memory memory = {take, give_back, &heap};

typedef enum shape
{
	WORLD, CITY, GRID, ANTIMERIDIAN, NORTH_POLE, SOUTH_POLE, ONE_SPOT, MERIDIAN, SHAPES
} shape;

static ktt_place
draw_place(shape shape)
{
	double		east;

	switch (shape)
	{
		case CITY:
			return (ktt_place) {(double) draw(4) * 0.7 + 108.3 + 0.05 * chance(), 22.8 + 0.05 * chance()};
		case GRID:				/* symmetric about the equator: exact ties */
			return (ktt_place) {(double) draw(9) * 0.01, ((double) draw(9) - 4) * 0.01};
		case ANTIMERIDIAN:
			east = (chance() - 0.5) * 0.2;
			return (ktt_place) {draw(6) == 0 ? (draw(2) ? 180 : -180) : east < 0 ? 180 + east : east - 180,
								-17 + 0.1 * chance()};
		case NORTH_POLE:
		case SOUTH_POLE:
			return (ktt_place) {draw(3) == 0 ? (double) draw(4) * 90 - 180 : 360 * chance() - 180,
								(shape == NORTH_POLE ? 1 : -1) * (draw(8) == 0 ? 90 : 90 - 0.1 * chance())};
		case ONE_SPOT:
			return (ktt_place) {108.3, 22.8};
		case MERIDIAN:
			return (ktt_place) {121.5, (double) draw(1000) / 1000 + 25};
		default:
			return (ktt_place) {360 * chance() - 180, acos(2 * chance() - 1) * 180 / acos(-1) - 90};
	}
}

static double
size_of(shape shape)
{
	return shape == WORLD ? 2e7 : shape == CITY ? 5e4 : 1e4;
}

/* Squares of 0.04 degrees about some places, to be served alone. */
#define AREAS 5

static ktt_area *
make_square(ktt_place middle)
{
	static const int corners[5][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}};
	unsigned char wkb[13 + 5 * 16] = {1, 3, 0, 0, 0, 1, 0, 0, 0, 5};
	ktt_area   *area = NULL;
	ktt_fault	fault;

	for (int i = 0; i < 5; i++)
	{
		double		longitude = remainder(middle.longitude + 0.02 * corners[i][0], 360);
		double		latitude = fmax(-90, fmin(middle.latitude + 0.02 * corners[i][1], 90));

		memcpy(wkb + 13 + 16 * i, &longitude, 8);
		memcpy(wkb + 21 + 16 * i, &latitude, 8);
	}
	CHECK(ktt_area_unpack(wkb, sizeof(wkb), &memory, &area, &fault) == KTT_OK, "a square");
	return area;
}

typedef struct world
{
	shape		shape;
	ktt_point	points[MOST];	/* as drawn */
	size_t		count;
	ktt_area   *areas[AREAS];
	ktt_point	built[MOST];
	ktt_pickups pickups;
} world;

static world at;

/* Ids that rise, fall, jump about, or are as large as can be; each once. */
static int64_t
draw_id(size_t number, unsigned kind)
{
	return kind == 0 ? 1 + (int64_t) number : kind == 1 ? MOST - (int64_t) number
		: kind == 2 ? 1 + (int64_t) number * 37 % 1009 : INT64_MAX - (int64_t) number * 1234567;
}

static void
begin(shape shape, size_t most)
{
	bool		limits = draw(3) > 0;
	unsigned	kind = (unsigned) draw(4);
	ktt_fault	fault;

	at.shape = shape;
	at.count = draw(most + 1);
	for (int i = 0; i < AREAS; i++)
		at.areas[i] = make_square(draw_place(shape));
	for (size_t i = 0; i < at.count; i++)
	{
		at.points[i] = (ktt_point) {.id = draw_id(i, kind), .place = draw_place(shape), .capacity = (int32_t) draw(3)};
		if (limits && draw(2))
			at.points[i].radius = size_of(shape) * chance() + 1e-3;
		if (limits && draw(4) == 0)
			at.points[i].area = at.areas[draw(AREAS)];
	}
	memcpy(at.built, at.points, sizeof(at.points));
	CHECK(ktt_pickups_build(&at.pickups, at.built, at.count, memory, &fault) == KTT_OK, "builds");
}

static void
end(void)
{
	ktt_pickups_end(&at.pickups);
	for (int i = 0; i < AREAS; i++)
		ktt_area_release(at.areas[i], &memory);
}

/* Every point that serves the place, in order. */
typedef struct ranked
{
	double		metres;
	int64_t		id;
} ranked;

static int
compare_ranked(const void *a, const void *b)
{
	const ranked *one = a;
	const ranked *other = b;

	if (one->metres != other->metres)
		return one->metres < other->metres ? -1 : 1;
	return (one->id > other->id) - (one->id < other->id);
}

static bool
has_capacity(void *context, const ktt_point *point)
{
	++*(unsigned long *) context;
	return point->capacity != 0;
}

static bool
serves(const ktt_point *point, ktt_place place)
{
	return (point->radius == KTT_NO_RADIUS || ktt_within(point->place, place, point->radius)) &&
		(point->area == NULL || ktt_area_covers(point->area, place));
}

static size_t
rank(ktt_place place, bool filtered, ranked *list)
{
	size_t		count = 0;

	for (size_t i = 0; i < at.count; i++)
		if (serves(&at.points[i], place) && (!filtered || at.points[i].capacity != 0))
			list[count++] = (ranked) {ktt_distance(at.points[i].place, place), at.points[i].id};
	qsort(list, count, sizeof(*list), compare_ranked);
	return count;
}

static bool
is_found(ktt_place place, const ranked *list, ktt_near *found, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (at.pickups.points[found[i].point].id != list[i].id ||
			fabs(found[i].metres - list[i].metres) > (found[i].exact ? 0 : KTT_QUICK_ERROR))
			return false;
		ktt_near_measure(&at.pickups, place, &found[i]);
		if (!found[i].exact || found[i].metres != list[i].metres)
			return false;
	}
	return true;
}

/* Any number of the nearest, and those behind any of them. */
static void
ask_nearest(ktt_place place)
{
	static ranked list[MOST];
	static ktt_near found[MOST + 1];
	bool		filtered = draw(2);
	unsigned long filtrations = 0;
	size_t		all = rank(place, filtered, list);
	size_t		room = draw(4) == 0 ? draw(MOST + 2) : draw(12);
	size_t		expected = all < room ? all : room;
	size_t		count = ktt_pickups_nearest(&at.pickups, place, NULL, filtered ? has_capacity : NULL,
											&filtrations, found, room);

	CHECK(count == expected, "as many as there are");
	CHECK(count > expected || is_found(place, list, found, count), "the nearest, in order");
	CHECK(filtrations <= at.count, "no point is judged twice");
	if (count > 0)
	{
		size_t		last = draw(count);
		ktt_near	after = found[last];

		expected = all - last - 1 < room ? all - last - 1 : room;
		count = ktt_pickups_nearest(&at.pickups, place, &after, filtered ? has_capacity : NULL,
									&filtrations, found, room);
		CHECK(count == expected, "as many as are left");
		CHECK(count > expected || is_found(place, list + last + 1, found, count), "the nearest behind one, in order");
	}
}

/* A few at a time until there are no more: every point that serves, once. */
static void
ask_in_turn(ktt_place place)
{
	static ranked list[MOST];
	size_t		all = rank(place, false, list);
	size_t		room = 1 + draw(9);
	size_t		seen = 0;
	ktt_near	found[9];
	ktt_near	after;
	size_t		count;

	do
	{
		count = ktt_pickups_nearest(&at.pickups, place, seen > 0 ? &after : NULL, NULL, NULL, found, room);
		if (!CHECK(seen + count <= all && is_found(place, list + seen, found, count), "the next ones"))
			return;
		seen += count;
		if (count > 0)
			after = found[count - 1];
	} while (count == room);
	CHECK(seen == all, "all of them");
}

static void
ask_within(ktt_place place)
{
	size_t		expected = 0;
	size_t		most = draw(3) == 0 ? draw(20) : SIZE_MAX;
	double		metres = size_of(at.shape) * chance() * (draw(2) ? 1 : 0.1);

	/* The unrounded distance of a point is the radius that just reaches it. */
	if (at.count > 0 && draw(2))
		metres = ktt_geodesic(at.points[draw(at.count)].place, place);
	if (draw(20) == 0)
		metres = draw(2) ? 0 : 2.1e7;
	for (size_t i = 0; i < at.count; i++)
		expected += ktt_within(at.points[i].place, place, metres);
	if (expected > most)
		expected = most;
	CHECK(ktt_pickups_within(&at.pickups, place, metres, most) == expected, "so many are within");
}

static void
ask_points(ktt_place place)
{
	for (size_t i = 0; i < at.count; i++)
		if (!CHECK(ktt_point_serves(&at.pickups, i, place) == serves(&at.pickups.points[i], place), "serves or not"))
			return;
}

static void
answers_as_all_points_do(void)
{
	for (int round = 0; round < 400; round++)
	{
		begin((shape) (round % SHAPES), round % 3 ? 60 : MOST);
		for (int asked = 0; asked < 12; asked++)
		{
			ktt_place	place = draw(4) > 0 ? draw_place(at.shape) : draw_place((shape) draw(SHAPES));

			if (at.count > 0 && draw(3) == 0)
				place = at.points[draw(at.count)].place;
			ask_nearest(place);
			ask_in_turn(place);
			ask_within(place);
			ask_points(place);
		}
		end();
	}
}

/* Sites: every point once, those of a site at one place and by rising id. */
static void
sites_hold_the_points(void)
{
	for (int round = 0; round < 100; round++)
	{
		size_t		next = 0;
		bool		whole = true;

		begin((shape) (round % SHAPES), MOST);
		for (size_t i = 0; i < at.pickups.site_count; i++)
		{
			const ktt_site *site = &at.pickups.sites[i];

			whole = whole && site->first == next && site->count > 0;
			next += site->count;
			for (size_t j = site->first + 1; whole && j < next; j++)
				whole = at.pickups.points[j - 1].id < at.pickups.points[j].id &&
					memcmp(&at.pickups.points[j - 1].place, &at.pickups.points[j].place, sizeof(ktt_place)) == 0;
		}
		CHECK(whole && next == at.count, "sites hold the points");
		end();
	}
}

/* Coordinates that are one place, however they are written, are near each other all the same. */
static void
equal_places_unlike(void)
{
	ktt_point	points[] = {
		{.id = 4, .place = {180, 10}}, {.id = 2, .place = {-180, 10}},
		{.id = 3, .place = {12, 90}}, {.id = 1, .place = {-77, 90}}
	};
	ktt_pickups pickups;
	ktt_near	found[4];
	ktt_fault	fault;

	CHECK(ktt_pickups_build(&pickups, points, 4, memory, &fault) == KTT_OK, "builds");
	CHECK(ktt_pickups_nearest(&pickups, (ktt_place) {180, 10}, NULL, NULL, NULL, found, 2) == 2 &&
		  pickups.points[found[0].point].id == 2 && pickups.points[found[1].point].id == 4, "the antimeridian, by id");
	CHECK(ktt_pickups_nearest(&pickups, (ktt_place) {0, 90}, NULL, NULL, NULL, found, 2) == 2 &&
		  pickups.points[found[0].point].id == 1 && pickups.points[found[1].point].id == 3, "the pole, by id");
	CHECK(ktt_pickups_within(&pickups, (ktt_place) {-180, 10}, 0, SIZE_MAX) == 2, "two are there");
	ktt_pickups_end(&pickups);
}

static ktt_status
try_build(ktt_point *points, size_t count, ktt_fault *fault)
{
	ktt_pickups pickups;
	ktt_status	status = ktt_pickups_build(&pickups, points, count, memory, fault);

	if (status == KTT_OK)
		ktt_pickups_end(&pickups);
	else
		CHECK(status == fault->status, "says which fault");
	return status;
}

static void
refusals(void)
{
	ktt_point	twice[] = {{.id = 7, .place = {1, 1}}, {.id = 9, .place = {2, 2}}, {.id = 7, .place = {3, 3}}};
	ktt_point	zero[] = {{.id = 1, .place = {1, 1}}, {.id = 0, .place = {2, 2}}};
	ktt_point	negative[] = {{.id = INT64_MIN, .place = {1, 1}}};
	ktt_fault	fault;

	CHECK(try_build(twice, 3, &fault) == KTT_VALUE && strcmp(fault.reason, "Point 7 is given twice.") == 0, "an id twice");
	CHECK(try_build(zero, 2, &fault) == KTT_VALUE && strcmp(fault.reason, "The id of a point is 0.") == 0, "an id of 0");
	CHECK(try_build(negative, 1, &fault) == KTT_VALUE, "an id below 0");
	CHECK(try_build(NULL, KTT_PICKUP_POINTS_MAX + (size_t) 1, &fault) == KTT_LIMIT, "too many points");
	CHECK(try_build(NULL, 0, &fault) == KTT_OK, "no points");
}

static void
no_points(void)
{
	ktt_pickups pickups;
	ktt_near	found;
	ktt_fault	fault;

	CHECK(ktt_pickups_build(&pickups, NULL, 0, memory, &fault) == KTT_OK, "builds");
	CHECK(ktt_pickups_nearest(&pickups, (ktt_place) {0, 0}, NULL, NULL, NULL, &found, 1) == 0, "nothing is near");
	CHECK(ktt_pickups_within(&pickups, (ktt_place) {0, 0}, 2.1e7, SIZE_MAX) == 0, "nor within");
	ktt_pickups_end(&pickups);
}

/* Whichever block there is no memory for, it says so and keeps none. */
static void
memory_gives_out(void)
{
	static ktt_point points[1000];
	ktt_fault	fault;
	long		blocks = heap.blocks;
	ktt_status	status;
	long		left = 0;

	do
	{
		for (size_t i = 0; i < 1000; i++)
			points[i] = (ktt_point) {.id = (int64_t) (1000 - i), .place = draw_place(WORLD)};
		heap.left = left++;
		status = try_build(points, 1000, &fault);
		CHECK(status == KTT_OK || status == KTT_LIMIT, "there is memory or there is not");
		CHECK(heap.blocks == blocks, "keeps nothing");
	} while (status != KTT_OK && left < 100);
	heap.left = 1000000000;
	CHECK(status == KTT_OK && left > 4, "in the end there is enough");
}

static unsigned long pauses;

static void
count_pause(void)
{
	pauses++;
}

static bool
is_closed(void *context, const ktt_point *point)
{
	(void) point;
	++*(unsigned long *) context;
	return false;
}

/* A million points at one spot are as quick as one, and nothing walks them twice. */
static void
a_million_at_one_spot(void)
{
	const size_t count = 1000000;
	ktt_point  *points = malloc(count * sizeof(*points));
	ktt_place	here = {108.3, 22.8};
	ktt_place	there = {108.31, 22.81};
	ktt_near	found[8];
	ktt_near	after;
	ktt_pickups pickups;
	ktt_fault	fault;
	unsigned long judged = 0;
	bool		right = true;

	for (size_t i = 0; i < count; i++)
		points[i] = (ktt_point) {.id = (int64_t) (1 + i * 7919 % count), .place = here, .radius = 5000};
	CHECK(ktt_pickups_build(&pickups, points, count, memory, &fault) == KTT_OK, "builds");
	CHECK(pickups.site_count == 1, "one site");
	for (int i = 0; i < 1000; i++)
		right = right && ktt_pickups_nearest(&pickups, there, NULL, NULL, NULL, found, 8) == 8 &&
			pickups.points[found[0].point].id == 1 && pickups.points[found[7].point].id == 8;
	CHECK(right, "the lowest ids");
	for (int i = 0; i < 1000; i++)
		right = right && ktt_pickups_within(&pickups, there, 2000, SIZE_MAX) == count;
	CHECK(right, "a million are within");

	/* On through all of them, eight by eight. */
	for (size_t i = 0; i < count && right; i += 8)
	{
		right = ktt_pickups_nearest(&pickups, there, i > 0 ? &after : NULL, NULL, NULL, found, 8) == 8 &&
			pickups.points[found[0].point].id == (int64_t) i + 1;
		after = found[7];
		ktt_near_measure(&pickups, there, &after);
	}
	CHECK(right, "one after the other");
	CHECK(ktt_pickups_nearest(&pickups, there, &after, NULL, NULL, found, 8) == 0, "then there are no more");

	ktt_pause_hook = count_pause;
	pauses = 0;
	CHECK(ktt_pickups_nearest(&pickups, there, NULL, is_closed, &judged, found, 8) == 0, "all are closed");
	CHECK(judged == count && pauses >= count / KTT_PAUSE_STEPS, "can be interrupted");
	ktt_pause_hook = NULL;
	ktt_pickups_end(&pickups);
	free(points);
}

/* Work over many points pauses in all its parts, whatever is asked. */
static void
many_points_pause(void)
{
	const size_t count = 300000;
	ktt_point  *points = malloc(count * sizeof(*points));
	ktt_pickups pickups;
	ktt_near	found;
	ktt_fault	fault;
	unsigned long judged = 0;

	for (size_t i = 0; i < count; i++)
		points[i] = (ktt_point) {.id = (int64_t) (count - i), .place = draw_place(WORLD)};
	ktt_pause_hook = count_pause;
	pauses = 0;
	CHECK(ktt_pickups_build(&pickups, points, count, memory, &fault) == KTT_OK, "builds");
	CHECK(pauses > 30 * count / KTT_PAUSE_STEPS, "building pauses");
	pauses = 0;
	CHECK(ktt_pickups_nearest(&pickups, (ktt_place) {0, 0}, NULL, is_closed, &judged, &found, 1) == 0, "all are closed");
	CHECK(pauses > count / 100, "measuring pauses");
	ktt_pause_hook = NULL;
	ktt_pickups_end(&pickups);
	free(points);
}

int
main(void)
{
	heap.left = 1000000000;
	no_points();
	refusals();
	equal_places_unlike();
	answers_as_all_points_do();
	sites_hold_the_points();
	memory_gives_out();
	a_million_at_one_spot();
	many_points_pause();
	CHECK(heap.blocks == 0, "gives everything back");
	return unit_report();
}
