/*
 * Service areas: against a map on which great circles are straight lines, against
 * what PostGIS 3.3 said of hard cases.
 */
#include "area.h"

#include <math.h>

#define RADIANS (3.14159265358979323846 / 180)

static uint64_t seed = 20261127;

/* From 0 to 1. */
static double
draw(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double) (seed >> 11) * 0x1p-53;
}

static double
between(double low, double high)
{
	return low + (high - low) * draw();
}

static size_t
below(size_t count)
{
	return (size_t) (draw() * (double) count);
}

/*
 * A map of half the earth around a centre, on which great circles are straight:
 * the view from the centre of the earth onto a plane that touches it.
 */
typedef struct map
{
	double		east[3];
	double		north[3];
	double		up[3];
} map;

typedef struct spot
{
	double		x;
	double		y;
} spot;

static double
along(const double *a, const double *b)
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static map
map_around(ktt_place centre)
{
	double		a = centre.longitude * RADIANS;
	double		b = centre.latitude * RADIANS;

	return (map) {{-sin(a), cos(a), 0},
	{-sin(b) * cos(a), -sin(b) * sin(a), cos(b)},
	{cos(b) * cos(a), cos(b) * sin(a), sin(b)}};
}

static spot
on_map(const map *view, ktt_place place)
{
	double		a = place.longitude * RADIANS;
	double		b = place.latitude * RADIANS;
	double		at[3] = {cos(b) * cos(a), cos(b) * sin(a), sin(b)};
	double		height = along(at, view->up);

	return (spot) {along(at, view->east) / height, along(at, view->north) / height};
}

static ktt_place
from_map(const map *view, spot at)
{
	double		to[3];

	for (int i = 0; i < 3; i++)
		to[i] = view->up[i] + at.x * view->east[i] + at.y * view->north[i];
	return (ktt_place) {atan2(to[1], to[0]) / RADIANS, atan2(to[2], hypot(to[0], to[1])) / RADIANS};
}

static bool
odd_on_map(const spot *ring, size_t count, spot at)
{
	bool		odd = false;

	for (size_t i = 0; i + 1 < count; i++)
	{
		spot		a = ring[i];
		spot		b = ring[i + 1];

		if ((a.y > at.y) != (b.y > at.y))
			odd ^= at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x);
	}
	return odd;
}

/* How far from the nearest edge on the map. */
static double
from_edges(const spot *ring, size_t count, spot at)
{
	double		least = INFINITY;

	for (size_t i = 0; i + 1 < count; i++)
	{
		double		x = ring[i + 1].x - ring[i].x;
		double		y = ring[i + 1].y - ring[i].y;
		double		length = x * x + y * y;
		double		t = length > 0 ? ((at.x - ring[i].x) * x + (at.y - ring[i].y) * y) / length : 0;

		t = t < 0 ? 0 : t > 1 ? 1 : t;
		least = fmin(least, hypot(ring[i].x + t * x - at.x, ring[i].y + t * y - at.y));
	}
	return least;
}

#define CORNERS 40

/* A closed ring, round about a star or in any order. */
static size_t
draw_ring(const map *view, double reach, bool star, spot *spots, ktt_place *ring)
{
	size_t		count = 3 + below(CORNERS - 4);

	for (size_t i = 0; i < count; i++)
	{
		double		angle = 360 * RADIANS * (star ? ((double) i + 0.9 * draw()) / (double) count : draw());
		double		far = reach * between(0.2, 1);

		ring[i] = from_map(view, (spot) {far * cos(angle), far * sin(angle)});
	}
	ring[count] = ring[0];
	for (size_t i = 0; i <= count; i++)
		spots[i] = on_map(view, ring[i]);
	return count + 1;
}

/* All over the earth, from a hundred metres to thousands of kilometres, dirty ones too. */
static void
against_map(void)
{
	static const ktt_place centres[] = {{121.5, 25}, {180, 0}, {-180, -17}, {179.99, 60}, {0, 90}, {40, -90},
	{77, 89.95}, {-100, -89.8}, {0, 0}, {-0.01, 51}, {90, 0}};
	unsigned long inside = 0;
	unsigned long tried = 0;

	for (int round = 0; round < 3000; round++)
	{
		ktt_place	centre = below(3) > 0 ? centres[below(sizeof(centres) / sizeof(centres[0]))] :
			(ktt_place) {between(-180, 180), between(-90, 90)};
		double		reach = 2e-5 * pow(10, between(0, 4.4));
		map			view = map_around(centre);
		spot		spots[CORNERS];
		ktt_place	ring[CORNERS];
		size_t		count = draw_ring(&view, reach, below(2) == 0, spots, ring);
		ktt_area   *area = polygon(ring, count);

		for (int i = 0; i < 40; i++)
		{
			ktt_place	place = from_map(&view, (spot) {reach * between(-1.2, 1.2), reach * between(-1.2, 1.2)});
			spot		at;
			bool		covered;

			/* Where a corner is north or south, and on the very antimeridian. */
			if (below(5) == 0)
				place.longitude = ring[below(count)].longitude;
			if (below(20) == 0)
				place.longitude = below(2) == 0 ? 180 : -180;
			if (cos((place.longitude - centre.longitude) * RADIANS) < 0.1 && fabs(centre.latitude) < 60)
				continue;
			at = on_map(&view, place);
			if (from_edges(spots, count, at) < 1e-12 * (1 + at.x * at.x + at.y * at.y))
				continue;
			covered = ktt_area_covers(area, place);
			inside += covered;
			tried++;
			if (!CHECK(covered == odd_on_map(spots, count, at), "covers as the map shows"))
				printf("round %d: %.17g %.17g\n", round, place.longitude, place.latitude);
		}

		/* Corners and places between two of them are on the border. */
		for (int i = 0; i < 10; i++)
		{
			size_t		corner = below(count - 1);
			double		t = below(2) == 0 ? 0 : draw();
			spot		a = spots[corner];
			spot		b = spots[corner + 1];

			CHECK(ktt_area_covers(area, ring[corner]), "a corner is inside");
			if (reach < 0.01)
				CHECK(ktt_area_covers(area, from_map(&view, (spot) {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)})),
					  "an edge is inside");
		}
		ktt_area_release(area, &memory);
	}
	CHECK(inside > tried / 10 && inside < tried * 9 / 10, "some are inside, some are not");
}

/* An outer ring, holes that may lie anywhere, and several of such polygons. */
static void
parts_and_holes(void)
{
	for (int round = 0; round < 1000; round++)
	{
		map			view = map_around((ktt_place) {between(-180, 180), between(-90, 90)});
		spot		spots[3][3][CORNERS];
		size_t		counts[3][3];
		uint32_t	parts = 1 + (uint32_t) below(3);
		uint32_t	rings[3];
		ktt_area   *area;

		size = 0;
		if (parts > 1 || below(2) == 0)
			put_header(6, parts);
		for (uint32_t part = 0; part < parts; part++)
		{
			rings[part] = 1 + (uint32_t) below(3);
			put_header(3, rings[part]);
			for (uint32_t i = 0; i < rings[part]; i++)
			{
				ktt_place	ring[CORNERS];

				counts[part][i] = draw_ring(&view, i == 0 ? 0.3 : 0.2, below(2) == 0, spots[part][i], ring);
				put_ring(ring, counts[part][i]);
			}
		}
		area = must_unpack();
		for (int i = 0; i < 50; i++)
		{
			ktt_place	place = from_map(&view, (spot) {between(-0.4, 0.4), between(-0.4, 0.4)});
			spot		at = on_map(&view, place);
			bool		covered = false;
			bool		near = false;

			for (uint32_t part = 0; part < parts; part++)
			{
				bool		inside = odd_on_map(spots[part][0], counts[part][0], at);
				bool		in_hole = false;

				for (uint32_t j = 0; j < rings[part]; j++)
					near |= from_edges(spots[part][j], counts[part][j], at) < 1e-12;
				for (uint32_t j = 1; j < rings[part]; j++)
					in_hole ^= odd_on_map(spots[part][j], counts[part][j], at);
				covered |= inside && !in_hole;
			}
			if (!near)
				CHECK(ktt_area_covers(area, place) == covered, "in a part and in none of its holes");
		}
		ktt_area_release(area, &memory);
	}
}

/* What does not matter: where a ring starts, which way it goes, how it is turned about the axis. */
static void
the_same_ring(void)
{
	for (int round = 0; round < 1000; round++)
	{
		map			view = map_around((ktt_place) {between(-180, 180), between(-90, 90)});
		spot		spots[CORNERS];
		ktt_place	ring[CORNERS];
		ktt_place	other[CORNERS];
		size_t		count = draw_ring(&view, 0.3, below(2) == 0, spots, ring);
		size_t		shift = below(count - 1);
		double		turn = 0.25 * (double) below(1440);
		bool		back = below(2) == 0;
		ktt_area   *area = polygon(ring, count);
		ktt_area   *same;

		for (size_t i = 0; i < count; i++)
		{
			size_t		from = (i + shift) % (count - 1);

			other[i] = ring[back ? count - 1 - from : from];
			other[i].longitude = remainder(other[i].longitude + turn, 360);
		}
		same = polygon(other, count);
		for (int i = 0; i < 50; i++)
		{
			ktt_place	place = from_map(&view, (spot) {between(-0.4, 0.4), between(-0.4, 0.4)});
			bool		covered = ktt_area_covers(area, place);

			if (from_edges(spots, count, on_map(&view, place)) < 1e-12)
				continue;
			place.longitude = remainder(place.longitude + turn, 360);
			CHECK(ktt_area_covers(same, place) == covered, "the same ring, written otherwise");
		}
		ktt_area_release(area, &memory);
		ktt_area_release(same, &memory);
	}
}

#define CASE_RINGS 3
#define CASE_CORNERS 8
#define CASE_PLACES 7

/* Rings of one polygon, or each a polygon of its own; what PostGIS 3.3 says of places. */
typedef struct hard_case
{
	const char *what;
	bool		multi;
	uint32_t	ring_count;
	ktt_place	rings[CASE_RINGS][CASE_CORNERS];
	size_t		counts[CASE_RINGS];
	ktt_place	places[CASE_PLACES];
	const char *answers;		/* t or f for each place */
} hard_case;

static const hard_case hard_cases[] = {
	{"the border belongs to it", false, 1, {{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}}, {5},
	{{0, 5}, {10, 10}, {5, 0}, {10, 3}, {10.0000001, 3}, {5, 10}, {5, 10.1}}, "ttttftf"},
	{"the border of a hole belongs to the hole", false, 2,
		{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}, {{3, 3}, {3, 6}, {6, 6}, {6, 3}, {3, 3}}}, {5, 5},
	{{2, 4}, {3, 4}, {4, 4}, {6, 4}, {7, 4}, {3, 3}, {6, 6}}, "tffftff"},
	{"a hole outside makes nothing", false, 2,
		{{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}, {{5, 0}, {6, 0}, {6, 1}, {5, 1}, {5, 0}}}, {5, 5},
	{{5.5, 0.5}, {2, 2}}, "ft"},
	{"two holes at one place are none", false, 3,
		{{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}, {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {1, 1}},
	{{1, 1}, {2, 1}, {2, 2}, {1, 2}, {1, 1}}}, {5, 5, 5}, {{1.5, 1.5}, {3, 3}}, "tt"},
	{"parts that overlap", true, 2,
		{{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}, {{1, 1}, {5, 1}, {5, 5}, {1, 5}, {1, 1}}}, {5, 5},
	{{2, 2}, {0.5, 0.5}, {4.5, 4.5}, {4.5, 0.5}}, "tttf"},
	{"a ring that crosses itself", false, 1, {{{0, 0}, {4, 4}, {4, 0}, {0, 4}, {0, 0}}}, {5},
	{{0.5, 2}, {2, 1}, {3.5, 2}, {2, 3}}, "tftf"},
	{"a ring around twice", false, 1,
		{{{0, 0}, {4, 0}, {4, 4}, {0, 0}, {4, 0}, {4, 4}, {0, 0}}}, {7}, {{3, 1}, {1, 3}, {4, 2}}, "fft"},
	{"an empty hole", false, 2, {{{0, 0}, {2, 0}, {2, 2}, {0, 2}, {0, 0}}, {{0, 0}}}, {5, 0}, {{1, 1}}, "t"},
	{"an empty part", true, 2, {{{0, 0}}, {{0, 0}, {2, 0}, {2, 2}, {0, 2}, {0, 0}}}, {0, 5}, {{1, 1}, {3, 1}}, "tf"},
	{"a ring that is one point", false, 1, {{{3, 0}, {3, 0}, {3, 0}, {3, 0}}}, {4}, {{3, 0}, {0, 0}}, "ff"},
	{"a ring that is a line", false, 1, {{{0, 0}, {1, 0}, {0, 0}, {0, 0}}}, {4}, {{0.5, 0}, {0.5, 0.1}}, "tf"},
	{"around a pole", false, 1, {{{0, 80}, {120, 80}, {-120, 80}, {0, 80}}}, {4},
	{{77, 90}, {0, -90}, {60, 85}, {60, 75}, {-180, 85}, {120, 80}}, "tftftt"},
	{"with a corner on a pole", false, 1, {{{0, 80}, {90, 80}, {45, 90}, {0, 80}}}, {4},
	{{77, 90}, {45, 89.9}, {145, 89.9}, {0, 85}, {-1, 85}}, "ttftf"},
	{"with an edge over a pole", false, 1, {{{0, 80}, {180, 80}, {90, 70}, {0, 80}}}, {4},
	{{45, 90}, {90, 80}, {-90, 89}, {180, 85}, {90, 69}}, "ttftf"},
	{"the shorter way is taken", false, 1, {{{0, 60}, {-90, 60}, {180, 60}, {90, 60}, {0, 60}}}, {5},
	{{10, -80}, {10, 10}, {10, 80}}, "fft"},
	{"half the earth, to the left of the first edge", false, 1,
		{{{0, 0}, {90, 0}, {180, 0}, {-90, 0}, {0, 0}}}, {5}, {{10, -80}, {10, -10}, {10, 10}, {10, 80}}, "fftt"},
	{"half the earth, the other way round", false, 1,
		{{{0, 0}, {-90, 0}, {180, 0}, {90, 0}, {0, 0}}}, {5}, {{10, -80}, {10, -10}, {10, 10}, {10, 80}}, "ttff"},
	{"a little less than half", false, 1,
		{{{0, -1}, {90, -1}, {180, -1}, {-90, -1}, {0, -1}}}, {5}, {{10, -90}, {10, -10}, {10, 10}, {0, 90}}, "ttff"},
	{"zigzag around the earth", false, 1,
		{{{0, 30}, {60, -30}, {120, 30}, {180, -30}, {-120, 30}, {-60, -30}, {0, 30}}}, {7},
	{{10, -90}, {10, -80}, {10, -10}, {10, 10}, {10, 80}, {10, 90}}, "fffftt"},
	{"over the antimeridian", false, 1, {{{179, -18}, {-179, -18}, {-179, -17}, {179, -17}, {179, -18}}}, {5},
	{{179.9, -17.5}, {-179.9, -17.5}, {180, -17.5}, {-180, -17.5}, {178.9, -17.5}, {0, -17.5}, {-178.9, -17.5}}, "ttttfff"},
	{"up to the antimeridian from the west", false, 1, {{{170, 0}, {180, 0}, {180, 1}, {170, 1}, {170, 0}}}, {5},
	{{180, 0.5}, {-180, 0.5}, {179.9, 0.5}, {-179.9, 0.5}}, "tttf"},
	{"up to the antimeridian from the east", false, 1, {{{-170, 0}, {-180, 0}, {-180, 1}, {-170, 1}, {-170, 0}}}, {5},
	{{180, 0.5}, {-180, 0.5}, {179.9, 0.5}, {-179.9, 0.5}}, "ffft"},
};

static void
hard(void)
{
	for (size_t i = 0; i < sizeof(hard_cases) / sizeof(hard_cases[0]); i++)
	{
		const hard_case *one = &hard_cases[i];
		ktt_area   *area;

		size = 0;
		put_header(one->multi ? 6 : 3, one->ring_count);
		for (uint32_t j = 0; j < one->ring_count; j++)
		{
			if (one->multi)
				put_header(3, 1);
			put_ring(one->rings[j], one->counts[j]);
		}
		area = must_unpack();
		for (size_t j = 0; one->answers[j] != '\0'; j++)
			if (!CHECK(ktt_area_covers(area, one->places[j]) == (one->answers[j] == 't'), one->what))
				printf("place %zu\n", j);
		ktt_area_release(area, &memory);
	}
}

int
main(void)
{
	against_map();
	parts_and_holes();
	the_same_ring();
	hard();
	CHECK(heap.blocks == 0, "all memory was given back");
	return unit_report();
}
