/* Service areas that must be accepted, written as WKB is documented. */
#include "targets.h"

#include <math.h>
#include <string.h>

#define POLYGON 3
#define MULTIPOLYGON 6
#define RING_MAX 6

static void
put_number(input *in, uint64_t number, int size)
{
	for (int i = 0; i < size; i++)
		put_bytes(in, &(uint8_t) {(uint8_t) (number >> 8 * i)}, 1);
}

static void
put_double(input *in, double number)
{
	uint64_t	bits;

	memcpy(&bits, &number, sizeof(bits));
	put_number(in, bits, 8);
}

static void
put_header(input *in, uint32_t type, uint64_t count)
{
	put_bytes(in, &(uint8_t) {1}, 1);
	put_number(in, type, 4);
	put_number(in, count, 4);
}

static double
degrees(double most)
{
	switch (chance_below(6))
	{
		case 0:
			return one_in(2) ? most : -most;
		case 1:
			return (double) chance_below(7) - 3;
		default:
			return ((double) (chance() >> 11) * 0x1p-52 - 1) * most;
	}
}

/* No two vertices are antipodes, as no latitude is another with its sign turned. */
static void
put_ring(input *in, int wrong)
{
	double		longitudes[RING_MAX + 1];
	double		latitudes[RING_MAX + 1];
	size_t		count = wrong == 1 ? 2 : 3 + (size_t) chance_below(RING_MAX - 3);
	double		side = one_in(2) ? 1 : -1;

	for (size_t i = 0; i < count; i++)
	{
		longitudes[i] = degrees(180);
		latitudes[i] = side * (fabs(degrees(90)) + 1) * 90 / 91;
	}
	longitudes[count] = longitudes[0];
	latitudes[count] = latitudes[0];
	switch (wrong)
	{
		case 2:
			latitudes[count] = latitudes[0] - side * 0.5;
			break;
		case 3:
			longitudes[chance_below(count)] = one_in(2) ? NAN : 180.5;
			break;
		case 4:
			latitudes[chance_below(count)] = one_in(2) ? INFINITY : -90.5;
			break;
		case 5:
			latitudes[1] = -latitudes[0];
			longitudes[1] = longitudes[0] > 0 ? longitudes[0] - 180 : longitudes[0] + 180;
			break;
	}
	put_number(in, count + 1, 4);
	for (size_t i = 0; i <= count; i++)
	{
		put_double(in, longitudes[i]);
		put_double(in, latitudes[i]);
	}
}

static void
put_polygon(input *in, uint32_t type, int wrong)
{
	uint64_t	rings = 1 + chance_below(one_in(5) ? 3 : 1);

	put_header(in, type, rings);
	for (uint64_t i = 0; i < rings; i++)
		if (i > 0 && one_in(8))
			put_number(in, 0, 4);
		else
			put_ring(in, i == 0 ? wrong : 0);
}

void
make_area(input *in, bool wrong)
{
	uint64_t	parts = one_in(3) ? 1 + chance_below(one_in(3) ? 4 : 1) : 0;
	int			kind = wrong ? 1 + (int) chance_below(7) : 0;
	uint32_t	type = kind == 6 ? POLYGON + 1000 * (1 + (uint32_t) chance_below(3)) : POLYGON;

	if (kind == 7)
	{
		put_header(in, one_in(2) ? POLYGON : MULTIPOLYGON, 0);
		return;
	}
	if (parts > 0)
		put_header(in, MULTIPOLYGON, parts);
	put_polygon(in, type, kind);
	for (uint64_t i = 1; i < parts; i++)
		put_polygon(in, POLYGON, 0);
}
