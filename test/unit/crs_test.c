/*
 * Coordinates of Chinese maps: there and back again all over the box, its edges,
 * how far they move, and published places.
 */
#include "unit.h"

#include "core/crs.h"

#include <math.h>

#define WEST 72.004
#define EAST 137.8347
#define SOUTH 0.8293
#define NORTH 55.8271

static double
apart(ktt_place a, ktt_place b)
{
	return fmax(fabs(a.longitude - b.longitude), fabs(a.latitude - b.latitude));
}

static void
there_and_back(ktt_place place)
{
	CHECK(apart(ktt_from_gcj02(ktt_to_gcj02(place)), place) < KTT_CRS_ERROR, "GCJ-02 and back");
	CHECK(apart(ktt_from_bd09(ktt_to_bd09(place)), place) < KTT_CRS_ERROR, "BD-09 and back");
}

static void
all_over(void)
{
	double		least[2] = {1, 1};
	double		most[2] = {0, 0};

	for (int i = 0; i <= 400; i++)
		for (int j = 0; j <= 400; j++)
		{
			ktt_place	place = {WEST + (EAST - WEST) * i / 400, SOUTH + (NORTH - SOUTH) * j / 400};
			double		moved[2];

			if (i == 400)
				place.longitude = EAST;
			if (j == 400)
				place.latitude = NORTH;
			there_and_back(place);
			moved[0] = apart(ktt_to_gcj02(place), place);
			moved[1] = apart(ktt_to_bd09(place), place);
			for (int k = 0; k < 2; k++)
			{
				least[k] = fmin(least[k], moved[k]);
				most[k] = fmax(most[k], moved[k]);
			}
		}
	CHECK(most[0] < 0.03 && most[1] < 0.04 && least[0] < 0.005, "they move by hundreds of metres");
	CHECK(most[0] > 0.005 && most[1] > 0.01, "they move at all");

	/* The rule has a root of the distance from 105 E. */
	for (int power = 0; power <= 16; power++)
		for (int side = -1; side <= 1; side++)
			for (int j = 1; j < 55; j++)
				there_and_back((ktt_place) {105 + side * pow(10, -power), j});
}

static void
outside(void)
{
	static const ktt_place places[] = {{139.69, 35.69}, {-0.13, 51.5}, {-70, -33}, {180, 0}, {-180, 0}, {0, 90}, {0, -90},
	{100, 60}, {100, -3}, {60, 30}, {150, 30}};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
	{
		CHECK(!ktt_crs_has(places[i]), "not in the box");
		CHECK(apart(ktt_to_gcj02(places[i]), places[i]) == 0 && apart(ktt_to_bd09(places[i]), places[i]) == 0 &&
			  apart(ktt_from_gcj02(places[i]), places[i]) == 0 && apart(ktt_from_bd09(places[i]), places[i]) == 0,
			  "outside nothing moves");
	}
	for (int i = 0; i < 4; i++)
	{
		ktt_place	on = {i == 0 ? WEST : i == 1 ? EAST : 100, i == 2 ? SOUTH : i == 3 ? NORTH : 30};
		ktt_place	beyond = {
			i == 0 ? nextafter(WEST, 0) : i == 1 ? nextafter(EAST, 200) : 100,
			i == 2 ? nextafter(SOUTH, 0) : i == 3 ? nextafter(NORTH, 90) : 30
		};

		CHECK(ktt_crs_has(on) && apart(ktt_to_gcj02(on), on) > 0, "the edge belongs to it");
		CHECK(!ktt_crs_has(beyond) && apart(ktt_to_gcj02(beyond), beyond) == 0, "beyond is outside");
		there_and_back(on);
	}
}

/* Of the fixture of gcoord, which has seven decimals and a way back of its own. */
static void
published(void)
{
	static const ktt_place places[][3] = {
		{{121.4691633, 31.2323443}, {121.4737061, 31.2304194}, {121.4802435, 31.2363541}},
		{{113.125308, 40.9930101}, {113.1325898, 40.9947895}, {113.13906, 41.0008306}},
		{{106.7894851, 39.654439}, {106.7942556, 39.6553923}, {106.8006465, 39.6616999}},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
	{
		CHECK(apart(ktt_to_gcj02(places[i][0]), places[i][1]) < 8e-6, "WGS84 to GCJ-02");
		CHECK(apart(ktt_to_bd09(places[i][0]), places[i][2]) < 8e-6, "WGS84 to BD-09");
		CHECK(apart(ktt_from_gcj02(places[i][1]), places[i][0]) < 8e-6, "GCJ-02 to WGS84");
		CHECK(apart(ktt_from_bd09(places[i][2]), places[i][0]) < 8e-6, "BD-09 to WGS84");
		CHECK(apart(ktt_to_bd09(ktt_from_gcj02(places[i][1])), places[i][2]) < 1e-7, "GCJ-02 to BD-09");
	}
}

int
main(void)
{
	all_over();
	outside();
	published();
	return unit_report();
}
