/* Pickup points that must be accepted, by their documented formats alone. */
#include "targets.h"

#include <inttypes.h>
#include <sodium.h>

#define POINTS_MAX 60
#define DIGEST_SIZE 16
#define HEAD_SIZE (1 + DIGEST_SIZE)

/* Without a digest that fits, nothing behind it would ever be looked at. */
void
seal_pickup(uint8_t *bytes, size_t size)
{
	if (size > HEAD_SIZE)
		crypto_generichash(bytes + 1, DIGEST_SIZE, bytes + HEAD_SIZE, size - HEAD_SIZE, NULL, 0);
}

/* Whole degrees now and then, so that points share a place. */
static double
draw_degrees(int most)
{
	double		degrees = (double) chance_below((uint64_t) most + 1);

	if (!one_in(3) && degrees < most)
		degrees += (double) chance_below(1 << 20) / (1 << 20);
	return one_in(2) && degrees > 0 ? -degrees : degrees;
}

typedef struct drawn
{
	int64_t		id;
	double		longitude;
	double		latitude;
	int64_t		capacity;		/* below 0: none */
	double		radius;			/* 0: none */
	bool		area;
	double		side;			/* degrees */
} drawn;

static size_t
draw_points(drawn *points)
{
	size_t		count = (size_t) chance_below(one_in(100) ? POINTS_MAX : 4);
	int64_t		id = 0;

	for (size_t i = 0; i < count; i++)
	{
		id += 1 + (int64_t) (one_in(8) ? chance_below((uint64_t) 1 << 56) : chance_below(300));
		points[i] = (drawn)
		{
			id, draw_degrees(180), draw_degrees(90), one_in(2) ? -1 : (int64_t) (chance() >> 33),
				one_in(2) ? 0 : (double) (1 + chance_below(21000000)), one_in(16), 0.25 + (double) chance_below(8)
		};
	}
	return count;
}

static void
put_double(input *in, double value)
{
	uint64_t	bits;
	uint8_t		bytes[8];

	memcpy(&bits, &value, sizeof(bits));
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t) (bits >> 8 * i);
	put_bytes(in, bytes, sizeof(bytes));
}

/* The WKB of a triangle. */
static void
put_area(input *in, double side)
{
	const double corners[4][2] = {{121, 25}, {121 + side, 25}, {121, 25 + side}, {121, 25}};

	put_bytes(in, "\1\3\0\0\0\1\0\0\0\4\0\0\0", 13);
	for (int i = 0; i < 4; i++)
	{
		put_double(in, corners[i][0]);
		put_double(in, corners[i][1]);
	}
}

/* An id below 1 or given twice, a place that is none, a radius below 0. */
static size_t
spoil(drawn *points, size_t count)
{
	if (count == 0)
		points[count++] = (drawn) {.id = 1, .capacity = -1};
	switch (chance_below(count > 1 ? 4 : 3))
	{
		case 0:
			points[chance_below(count)].longitude = 180.5;
			break;
		case 1:
			points[chance_below(count)].latitude = -91;
			break;
		case 2:
			points[chance_below(count)].radius = -1;
			break;
		default:
			points[count - 1].id = points[chance_below(count - 1)].id;
			break;
	}
	return count;
}

static void
put_space(input *in)
{
	if (one_in(15))
		put(in, "%c", " \t\n\v\f\r"[chance_below(6)]);
}

void
make_pickup_text(input *in, bool wrong)
{
	drawn		points[POINTS_MAX + 1];
	size_t		count = draw_points(points);

	if (wrong)
		count = spoil(points, count);
	put_space(in);
	put(in, "{");
	for (size_t i = 0; i < count; i++)
	{
		const drawn *point = &points[i];

		put_space(in);
		put(in, i > 0 ? ",%" PRId64 ":" : "%" PRId64 ":", point->id);
		put_space(in);
		put(in, "%.17g %.17g", point->longitude, point->latitude);
		if (point->capacity >= 0)
			put(in, " capacity %" PRId64, point->capacity);
		if (point->radius != 0)
			put(in, " radius %.17g", point->radius);
		if (point->area)
		{
			input		area = {0};

			put_area(&area, point->side);
			put(in, " area ");
			for (size_t at = 0; at < area.size; at++)
				put(in, one_in(2) ? "%02x" : "%02X", area.bytes[at]);
		}
		put_space(in);
	}
	put(in, "}");
	put_space(in);
}

void
make_pickup_packed(input *in, bool wrong)
{
	drawn		points[POINTS_MAX + 1];
	size_t		count = draw_points(points);
	int64_t		id = 0;

	if (wrong)
		count = spoil(points, count);
	put_bytes(in, "\1", 1);
	put_bytes(in, (uint8_t[DIGEST_SIZE]) {0}, DIGEST_SIZE);
	put_varint(in, count);
	for (size_t i = 0; i < count; i++)
	{
		const drawn *point = &points[i];

		put_varint(in, (uint64_t) (point->id - id));
		put_varint(in, (point->capacity >= 0 ? 1 : 0) + (point->radius != 0 ? 2 : 0) + (point->area ? 4 : 0));
		put_double(in, point->longitude);
		put_double(in, point->latitude);
		if (point->capacity >= 0)
			put_varint(in, (uint64_t) point->capacity);
		if (point->radius != 0)
			put_double(in, point->radius);
		if (point->area)
		{
			put_varint(in, 13 + 4 * 16);
			put_area(in, point->side);
		}
		id = point->id;
	}
	seal_pickup(in->bytes, in->size);
}
