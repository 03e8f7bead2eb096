/*
 * Places on the WGS84 ellipsoid and how far apart they are, to the bit as
 * PostGIS says it.
 *
 * Searching is done in earth-centred coordinates, where the straight chord
 * between two places is a few instructions away and bounds the geodesic from
 * below; with R, the smallest radius of curvature of the ellipsoid, the arc
 * 2 R asin(chord / 2 R) bounds it from above. So there is no special case at the
 * poles or at the antimeridian.
 */
#ifndef KTT_CORE_GEODESY_H
#define KTT_CORE_GEODESY_H

#include <stdbool.h>

/* Degrees; longitude -180 to 180, latitude -90 to 90. */
typedef struct ktt_place
{
	double		longitude;
	double		latitude;
} ktt_place;

/* Metres from the centre of the earth. */
typedef struct ktt_ecef
{
	double		x;
	double		y;
	double		z;
} ktt_ecef;

/* Nothing is farther apart: half a meridian is 20003931.46 m. */
#define KTT_DISTANCE_MAX 20003932.0

extern ktt_ecef ktt_ecef_of(ktt_place place);

static inline double
ktt_chord_squared(ktt_ecef a, ktt_ecef b)
{
	double		x = a.x - b.x;
	double		y = a.y - b.y;
	double		z = a.z - b.z;

	return x * x + y * y + z * z;
}

/* Metres along the ellipsoid as ST_DWithin compares them. */
extern double ktt_geodesic(ktt_place a, ktt_place b);

/* Whether they are at most so far apart, as ST_DWithin says. */
extern bool ktt_within(ktt_place a, ktt_place b, double metres);

/* The distance rounded to 10 nm, which is what ST_Distance answers. */
extern double ktt_distance(ktt_place a, ktt_place b);

/*
 * The same without a geodesic, off by less than KTT_QUICK_ERROR metres from both,
 * for chords up to KTT_QUICK_MAX.
 */
#define KTT_QUICK_MAX 20000.0
#define KTT_QUICK_ERROR 2e-7
extern double ktt_quick_distance(ktt_ecef a, ktt_ecef b, double chord_squared);

/* The longest geodesic that a chord can belong to; the shortest is the chord less KTT_CHORD_ERROR. */
#define KTT_CHORD_ERROR 1e-7
extern double ktt_geodesic_most(double chord);

/* A chord up to which every geodesic is shorter than so many metres. */
extern double ktt_chord_inside(double metres);

#endif
