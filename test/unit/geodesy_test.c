/*
 * Distances against PROJ's geodesics, over millions of pairs in all latitudes
 * and directions, and at the odd places of the earth.
 */
#include "unit.h"

#include "core/geodesy.h"

#include <geodesic.h>
#include <math.h>
#include <stdint.h>

#define PAIRS 1000000
#define METRES_PER_DEGREE 111320.0

static uint64_t seed = 20261127;

static double
chance(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double) (seed >> 33) / (double) (UINT64_C(1) << 31);
}

static struct geod_geodesic earth;

static double
truth(ktt_place a, ktt_place b)
{
	double		metres;

	geod_inverse(&earth, a.latitude, a.longitude, b.latitude, b.longitude, &metres, NULL, NULL);
	return metres;
}

static ktt_place
put_back(ktt_place place)
{
	if (place.latitude > 90)
		place = (ktt_place) {place.longitude + 180, 180 - place.latitude};
	if (place.latitude < -90)
		place = (ktt_place) {place.longitude + 180, -180 - place.latitude};
	place.longitude = remainder(place.longitude, 360);
	return place;
}

/* A place anywhere; near the poles and the antimeridian more often than is their due. */
static ktt_place
draw_place(void)
{
	double		where = chance();
	double		latitude = where < 0.1 ? 90 - 0.3 * chance() : where < 0.2 ? 0.3 * chance() - 90
		: 180 * chance() - 90;

	return put_back((ktt_place) {where > 0.9 ? 179.9 + 0.2 * chance() : 360 * chance() - 180, latitude});
}

/* One about so many metres away, in any direction. */
static ktt_place
draw_neighbour(ktt_place from, double metres)
{
	double		direction = 2 * acos(-1) * chance();
	double		along = metres * cos(direction) / METRES_PER_DEGREE;
	double		across = metres * sin(direction) / METRES_PER_DEGREE /
		fmax(cos(from.latitude * acos(-1) / 180), 1e-3);

	return put_back((ktt_place) {from.longitude + fmax(-180, fmin(across, 180)), from.latitude + along});
}

/* Some microns to 20 km: what can be said without a geodesic, and what is said with one. */
static void
near_pairs(void)
{
	double		worst = 0;
	unsigned long measured = 0;
	unsigned long unlike = 0;

	for (int i = 0; i < PAIRS; i++)
	{
		ktt_place	a = draw_place();
		ktt_place	b = draw_neighbour(a, pow(10, -5 + 9.31 * chance()));
		ktt_ecef	at_a = ktt_ecef_of(a);
		ktt_ecef	at_b = ktt_ecef_of(b);
		double		chord_squared = ktt_chord_squared(at_a, at_b);
		double		metres = truth(a, b);

		if (chord_squared > KTT_QUICK_MAX * KTT_QUICK_MAX)
			continue;
		measured++;
		worst = fmax(worst, fabs(ktt_quick_distance(at_a, at_b, chord_squared) - metres));
		worst = fmax(worst, fabs(ktt_quick_distance(at_b, at_a, chord_squared) - ktt_distance(a, b)));
		/* A third of a micron is nothing to PostGIS. */
		unlike += fabs(ktt_geodesic(a, b) - metres) > (metres < 1e-6 ? 1e-6 : 1e-8);
	}
	CHECK(measured > PAIRS * 9 / 10, "pairs to measure");
	if (!CHECK(worst < KTT_QUICK_ERROR, "near ones without a geodesic"))
		printf("off by %g m\n", worst);
	CHECK(unlike == 0, "near ones with a geodesic");
}

static void
far_pairs(void)
{
	unsigned long unlike = 0;
	unsigned long uneven = 0;
	unsigned long below = 0;
	unsigned long above = 0;
	unsigned long beyond = 0;

	for (int i = 0; i < PAIRS; i++)
	{
		ktt_place	a = draw_place();
		ktt_place	b = i % 4 == 0 ? draw_neighbour(a, 2e7 * chance())
			: i % 4 == 1 ? draw_neighbour(put_back((ktt_place) {a.longitude + 180, -a.latitude}), 1e5 * chance())
			: i % 4 == 2 ? draw_neighbour(a, pow(10, 8 * chance() - 1)) : draw_place();
		double		chord = sqrt(ktt_chord_squared(ktt_ecef_of(a), ktt_ecef_of(b)));
		double		metres = truth(a, b);

		unlike += fabs(ktt_geodesic(a, b) - metres) > 1e-6;
		uneven += ktt_distance(a, b) != ktt_distance(b, a);
		below += metres < chord - KTT_CHORD_ERROR;
		above += metres > ktt_geodesic_most(chord);
		beyond += metres > KTT_DISTANCE_MAX;
	}
	CHECK(unlike == 0, "as PROJ measures");
	CHECK(uneven == 0, "as far there as back");
	CHECK(below == 0, "no geodesic is shorter than its chord");
	CHECK(above == 0, "nor longer than the chord allows");
	CHECK(beyond == 0, "nor than half a meridian");
}

static void
bounds_rise(void)
{
	double		before = 0;
	bool		rising = true;

	for (double chord = 0; chord < 1.3e7; chord += 997)
	{
		double		most = ktt_geodesic_most(chord);

		rising = rising && most >= before && most >= chord && most <= KTT_DISTANCE_MAX;
		before = most;
	}
	CHECK(rising, "longer chords, longer ways");
	CHECK(ktt_geodesic_most(0) <= KTT_CHORD_ERROR, "no chord, no way");
	CHECK(ktt_geodesic_most(INFINITY) == KTT_DISTANCE_MAX, "any chord");
}

static bool
is_near(double value, double expected, double margin)
{
	return fabs(value - expected) <= margin;
}

static void
odd_places(void)
{
	const ktt_place origin = {0, 0};
	const ktt_place taipei = {121.517, 25.0478};
	const ktt_place north[] = {{0, 90}, {77.7, 90}, {-180, 90}};

	CHECK(ktt_distance(taipei, taipei) == 0, "equal");
	CHECK(ktt_distance(origin, (ktt_place) {-0.0, -0.0}) == 0, "minus zero");
	CHECK(ktt_distance((ktt_place) {180, -17}, (ktt_place) {-180, -17}) == 0, "one meridian");
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			CHECK(is_near(ktt_distance(north[i], north[j]), 0, 1e-8), "one pole");
	CHECK(is_near(ktt_distance((ktt_place) {10, 90}, (ktt_place) {-50, -90}), 20003931.4586, 1e-3), "from pole to pole");
	CHECK(is_near(ktt_distance(origin, (ktt_place) {180, 0}), 20003931.4586, 1e-3), "antipodal on the equator");
	CHECK(is_near(ktt_distance(taipei, (ktt_place) {121.517 - 180, -25.0478}), 20003931.4586, 1e-3), "antipodal");
	CHECK(is_near(ktt_distance(origin, (ktt_place) {1, 0}), 6378137 * acos(-1) / 180, 1e-6), "a degree of the equator");
	CHECK(is_near(ktt_distance((ktt_place) {179.9, -17}, (ktt_place) {-179.9, -17}),
				  ktt_distance((ktt_place) {10, -17}, (ktt_place) {10.2, -17}), 1e-6), "across the antimeridian");

	/* A third of a micron: 5e-14 radians at the equator. */
	CHECK(ktt_distance(origin, (ktt_place) {2.8e-12, 0}) == 0, "the same to PostGIS");
	CHECK(ktt_distance(origin, (ktt_place) {2.9e-12, 0}) > 3e-7, "not the same");

	CHECK(ktt_within(taipei, taipei, 0), "within nothing of itself");
	CHECK(ktt_within(origin, (ktt_place) {180, 0}, KTT_DISTANCE_MAX), "within the whole earth");
	CHECK(!ktt_within(origin, (ktt_place) {1, 0}, 111319), "not within");
	for (int i = 0; i < 100000; i++)
	{
		ktt_place	a = draw_place();
		ktt_place	b = draw_neighbour(a, 1e4 * chance());
		double		metres = ktt_geodesic(a, b);

		if (!CHECK(ktt_within(a, b, metres), "the edge belongs to it") ||
			!CHECK(metres < 1e-6 || !ktt_within(a, b, metres - 1e-9), "what is beyond does not"))
			break;
	}
}

int
main(void)
{
	const double minor = 6356752.314245179497563967;

	geod_init(&earth, 6378137.0, (6378137.0 - minor) / 6378137.0);
	near_pairs();
	far_pairs();
	bounds_rise();
	odd_places();
	return unit_report();
}
