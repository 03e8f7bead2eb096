/*
 * Great circles on PostGIS's sphere: radius 1, geodetic latitude taken as if it
 * were spherical.
 */
#ifndef KTT_CORE_SPHERE_H
#define KTT_CORE_SPHERE_H

#include "geodesy.h"

#include <math.h>
#include <stdbool.h>

/* What is as near as this, in radians, is the same place: 0.3 micrometres. */
#define SPHERE_NEAR 5e-14

/* From the centre; along x (0 E), y (90 E) and z (north). */
typedef struct ktt_direction
{
	double		at[3];
} ktt_direction;

typedef struct ktt_sphere_box
{
	double		low[3];
	double		high[3];
} ktt_sphere_box;

static inline double
dot(ktt_direction a, ktt_direction b)
{
	return a.at[0] * b.at[0] + a.at[1] * b.at[1] + a.at[2] * b.at[2];
}

extern ktt_direction ktt_sphere_vector(ktt_place place);
extern ktt_place ktt_sphere_place(ktt_direction a);

/*
 * Of the plane through both and the centre, to the left of the way from a to b;
 * zero when they are the same.
 */
extern ktt_direction ktt_sphere_normal(ktt_direction a, ktt_direction b);

extern bool ktt_sphere_antipodal(ktt_direction a, ktt_direction b);

/* Whether a place on the great circle of the arc from a to b lies on the arc; none lies on a mere point. */
extern bool ktt_sphere_on_arc(ktt_direction a, ktt_direction b, ktt_direction place);

/* A box that holds nothing, and one that holds the arc from a to b too. */
extern const ktt_sphere_box ktt_sphere_box_empty;
extern void ktt_sphere_widen(ktt_sphere_box *box, ktt_direction a, ktt_direction b);

/* What a polygon may hold beyond its edges, as PostGIS has it. */
extern void ktt_sphere_close_box(ktt_sphere_box *box);

extern bool ktt_sphere_in_box(const ktt_sphere_box *box, ktt_direction a);

/*
 * A place outside of a polygon with this box, whose outer ring starts from a to
 * b: near a corner of the box, or on the right of that first edge when the box
 * is the whole earth.
 */
extern ktt_place ktt_sphere_outside(const ktt_sphere_box *box, ktt_direction a, ktt_direction b);

#endif
