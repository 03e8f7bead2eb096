#include "crs.h"

#include <math.h>

#define PI 3.14159265358979323846

/* The box, in degrees. */
#define WEST 72.004
#define EAST 137.8347
#define SOUTH 0.8293
#define NORTH 55.8271

/* GCJ-02 counts from here, and on Krasovsky's ellipsoid. */
#define MIDDLE_LONGITUDE 105.0
#define MIDDLE_LATITUDE 35.0
#define AXIS 6378245.0
#define ECCENTRICITY_SQUARED 0.00669342162296594323

/* BD-09: waves on the distance from 0/0 and on the angle there, and a shift. */
#define WAVES (PI * 3000 / 180)
#define DISTANCE_WAVE 0.00002
#define ANGLE_WAVE 0.000003
#define SHIFT_LONGITUDE 0.0065
#define SHIFT_LATITUDE 0.006

/* A step of the inverse leaves a thirtieth of the error or less, so some five do. */
#define STEPS_MAX 20
#define STEP_MIN 1e-14

/* How far a place in the box may come back outside of it. */
#define EDGE 1e-9

static bool
has_within(ktt_place place, double margin)
{
	return place.longitude >= WEST - margin && place.longitude <= EAST + margin &&
		place.latitude >= SOUTH - margin && place.latitude <= NORTH + margin;
}

bool
ktt_crs_has(ktt_place place)
{
	return has_within(place, 0);
}

/* Waves of 2, 1/2 and 1/6 degrees and so on, two thirds of so many metres high. */
static double
wave(double height, double argument)
{
	return height * 2 / 3 * sin(argument * PI);
}

static ktt_place
gcj02_of(ktt_place place)
{
	double		x = place.longitude - MIDDLE_LONGITUDE;
	double		y = place.latitude - MIDDLE_LATITUDE;
	double		ripple = wave(20, 6 * x) + wave(20, 2 * x);
	double		north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) + ripple +
		wave(20, y) + wave(40, y / 3) + wave(160, y / 12) + wave(320, y / 30);
	double		east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) + ripple +
		wave(20, x) + wave(40, x / 3) + wave(150, x / 12) + wave(300, x / 30);
	double		latitude = place.latitude * PI / 180;
	double		sine = sin(latitude);
	double		bend = 1 - ECCENTRICITY_SQUARED * sine * sine;
	double		across = AXIS / sqrt(bend);
	double		along = across * (1 - ECCENTRICITY_SQUARED) / bend;

	/* Metres to degrees by the radii of curvature there. */
	place.longitude += east / (across * cos(latitude)) * 180 / PI;
	place.latitude += north / along * 180 / PI;
	return place;
}

static ktt_place
bd09_of(ktt_place place)
{
	ktt_place	moved = gcj02_of(place);
	double		distance = hypot(moved.longitude, moved.latitude) + DISTANCE_WAVE * sin(moved.latitude * WAVES);
	double		angle = atan2(moved.latitude, moved.longitude) + ANGLE_WAVE * cos(moved.longitude * WAVES);

	return (ktt_place) {distance * cos(angle) + SHIFT_LONGITUDE, distance * sin(angle) + SHIFT_LATITUDE};
}

/* The moves change slowly, so taking back what was too much arrives soon. */
static ktt_place
invert(ktt_place (*moved) (ktt_place place), ktt_place wanted)
{
	ktt_place	place = wanted;

	/* Nothing is moved as far as a degree. */
	if (!has_within(wanted, 1))
		return wanted;
	for (int i = 0; i < STEPS_MAX; i++)
	{
		ktt_place	at = moved(place);
		double		east = at.longitude - wanted.longitude;
		double		north = at.latitude - wanted.latitude;

		place.longitude -= east;
		place.latitude -= north;
		if (fabs(east) < STEP_MIN && fabs(north) < STEP_MIN)
			break;
	}
	return has_within(place, EDGE) ? place : wanted;
}

ktt_place
ktt_to_gcj02(ktt_place place)
{
	return ktt_crs_has(place) ? gcj02_of(place) : place;
}

ktt_place
ktt_from_gcj02(ktt_place place)
{
	return invert(gcj02_of, place);
}

ktt_place
ktt_to_bd09(ktt_place place)
{
	return ktt_crs_has(place) ? bd09_of(place) : place;
}

ktt_place
ktt_from_bd09(ktt_place place)
{
	return invert(bd09_of, place);
}
