#include "sphere.h"

#include <stddef.h>

#define PI 3.14159265358979323846

/* How far beyond a box and beside an edge PostGIS looks for a place outside. */
#define BEYOND_BOX (PI / 180 / 60)
#define BESIDE_EDGE 0.2

const ktt_sphere_box ktt_sphere_box_empty = {{2, 2, 2}, {-2, -2, -2}};

static ktt_direction
sum(ktt_direction a, ktt_direction b, double times)
{
	return (ktt_direction) {{a.at[0] + times * b.at[0], a.at[1] + times * b.at[1], a.at[2] + times * b.at[2]}};
}

static ktt_direction
cross(ktt_direction a, ktt_direction b)
{
	return (ktt_direction) {{a.at[1] * b.at[2] - a.at[2] * b.at[1],
			a.at[2] * b.at[0] - a.at[0] * b.at[2],
			a.at[0] * b.at[1] - a.at[1] * b.at[0]}};
}

/* Zero stays zero. */
static ktt_direction
unit(ktt_direction a)
{
	double		length = sqrt(dot(a, a));

	if (length > 0)
		for (int i = 0; i < 3; i++)
			a.at[i] /= length;
	return a;
}

ktt_direction
ktt_sphere_vector(ktt_place place)
{
	double		longitude = place.longitude * PI / 180;
	double		latitude = place.latitude * PI / 180;
	double		radius = cos(latitude);

	return (ktt_direction) {{radius * cos(longitude), radius * sin(longitude), sin(latitude)}};
}

ktt_place
ktt_sphere_place(ktt_direction a)
{
	return (ktt_place) {atan2(a.at[1], a.at[0]) * 180 / PI, asin(a.at[2]) * 180 / PI};
}

/*
 * From the sum and the difference it is right to the last bits also for an arc
 * of a metre, or of nearly half the earth.
 */
ktt_direction
ktt_sphere_normal(ktt_direction a, ktt_direction b)
{
	return unit(cross(sum(a, b, 1), sum(b, a, -1)));
}

bool
ktt_sphere_antipodal(ktt_direction a, ktt_direction b)
{
	for (int i = 0; i < 3; i++)
		if (fabs(a.at[i] + b.at[i]) > SPHERE_NEAR)
			return false;
	return true;
}

bool
ktt_sphere_on_arc(ktt_direction a, ktt_direction b, ktt_direction place)
{
	ktt_direction chord = sum(b, a, -1);
	ktt_direction middle = sum(a, b, 1);
	double		length = sqrt(dot(chord, chord));
	double		height = sqrt(dot(middle, middle));

	if (length <= SPHERE_NEAR)
		return false;

	/*
	 * Along the chord, from its middle so that rounding of the length of the
	 * three does not matter; of a long arc by the height over it, which is finer.
	 */
	if (length <= height)
		return dot(middle, place) > 0 &&
			fabs(dot(chord, sum(place, middle, -0.5))) / length <= length / 2 + SPHERE_NEAR;
	return dot(middle, place) / height >= height / 2 - SPHERE_NEAR;
}

static void
widen_to(ktt_sphere_box *box, ktt_direction a)
{
	for (int i = 0; i < 3; i++)
	{
		box->low[i] = fmin(box->low[i], a.at[i]);
		box->high[i] = fmax(box->high[i], a.at[i]);
	}
}

/* An arc goes farthest along an axis at an end, or where its whole circle does. */
void
ktt_sphere_widen(ktt_sphere_box *box, ktt_direction a, ktt_direction b)
{
	ktt_direction normal = ktt_sphere_normal(a, b);
	ktt_direction middle = sum(a, b, 1);
	double		reach = dot(middle, a);

	widen_to(box, a);
	widen_to(box, b);
	if (dot(normal, normal) == 0)
		return;
	for (int i = 0; i < 3; i++)
	{
		ktt_direction axis = {{i == 0, i == 1, i == 2}};
		ktt_direction top = unit(sum(axis, normal, -normal.at[i]));

		if (fabs(dot(middle, top)) > reach)
			widen_to(box, sum((ktt_direction) {{0, 0, 0}}, top, dot(middle, top) > 0 ? 1 : -1));
	}
}

/*
 * Edges on both sides of an axis may go around its end, and then the end is
 * inside: z first, as what it becomes counts for the others.
 */
void
ktt_sphere_close_box(ktt_sphere_box *box)
{
	for (int i = 2; i >= 0; i--)
	{
		int			one = (i + 1) % 3;
		int			other = (i + 2) % 3;

		if (box->low[one] >= 0 || box->high[one] <= 0 || box->low[other] >= 0 || box->high[other] <= 0)
			continue;
		if (box->high[i] >= 0)
			box->high[i] = 1;
		if (box->low[i] <= 0)
			box->low[i] = -1;
	}
}

bool
ktt_sphere_in_box(const ktt_sphere_box *box, ktt_direction a)
{
	for (int i = 0; i < 3; i++)
		if (a.at[i] < box->low[i] || a.at[i] > box->high[i])
			return false;
	return true;
}

/* The corner of the box grown by so much; each bit of which takes the high side of an axis. */
static ktt_direction
corner(const ktt_sphere_box *box, double growth, unsigned int which)
{
	ktt_direction place;

	for (int i = 0; i < 3; i++)
		if ((which >> i & 1) != 0)
			place.at[i] = box->high[i] < 1 ? box->high[i] + growth : box->high[i];
		else
			place.at[i] = box->low[i] > -1 ? box->low[i] - growth : box->low[i];
	return unit(place);
}

ktt_place
ktt_sphere_outside(const ktt_sphere_box *box, ktt_direction a, ktt_direction b)
{
	/* The order is PostGIS's; it counts where some corners are inside after all. */
	static const unsigned char order[] = {0, 2, 4, 1, 3, 5, 6, 7};
	double		growth = BEYOND_BOX;

	while (growth < PI)
	{
		for (size_t i = 0; i < sizeof(order); i++)
		{
			ktt_direction place = corner(box, growth, order[i]);

			if (!ktt_sphere_in_box(box, place))
				return ktt_sphere_place(place);
		}
		growth *= 2;
	}
	return ktt_sphere_place(unit(sum(unit(sum(a, b, 1)), unit(cross(a, b)), -BESIDE_EDGE)));
}
