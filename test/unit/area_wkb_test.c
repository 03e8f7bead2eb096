/*
 * Reading areas: what is cut off, too much, or no area is refused with its reason.
 */
#include "area.h"

#include <math.h>

#define RADIANS (3.14159265358979323846 / 180)

static bool
refused(ktt_status wanted, const char *reason)
{
	ktt_area   *area;
	ktt_fault	fault = {KTT_OK};
	long		blocks = heap.blocks;
	ktt_status	status = unpack(&area, &fault);

	if (status == wanted && fault.status == wanted && fault.position == 0 &&
		strstr(fault.reason, reason) != NULL && heap.blocks == blocks)
		return true;
	printf("status %d, reason \"%s\"\n", (int) status, fault.reason);
	return false;
}

static const ktt_place square[] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};

static void
put_square(uint32_t type)
{
	size = 0;
	put_header(type, 1);
	if (type % 1000 == 6)
		put_header(3, 1);
	put_ring(square, 5);
}

static void
broken(void)
{
	static const double wrong[] = {180.0000001, -181, 1e300, -INFINITY, INFINITY, NAN};
	ktt_place	ring[5];

	/* All that is cut off or has more. */
	for (uint32_t type = 3; type <= 6; type += 3)
	{
		size_t		whole;

		put_square(type);
		whole = size;
		for (size = 0; size < whole; size++)
			CHECK(refused(KTT_BINARY, "ends too early"), "what is cut off is refused");
		bytes[size++] = 0;
		CHECK(refused(KTT_BINARY, "follows the end"), "what follows is refused");
		put_square(type);
		for (bytes[0] = 0; bytes[0] < 3; bytes[0] += 2)
			CHECK(refused(KTT_BINARY, "byte order"), "another byte order is refused");
		put_square(6);
		bytes[9] = 0;
		CHECK(refused(KTT_BINARY, "byte order"), "also of a part");
	}

	/* Other things than areas, and areas with more than two numbers for a place. */
	for (uint32_t type = 0; type < 20; type++)
		if (type != 3 && type != 6)
		{
			put_square(type);
			CHECK(refused(KTT_BINARY, "a polygon or a multipolygon"), "only areas are areas");
			put_square(6);
			bytes[10] = (unsigned char) type;
			CHECK(refused(KTT_BINARY, "parts of an area"), "only polygons are parts");
		}
	for (uint32_t dimensions = 1000; dimensions <= 3000; dimensions += 1000)
	{
		put_square(3 + dimensions);
		CHECK(refused(KTT_BINARY, "two dimensions"), "Z and M are refused");
	}
	for (uint32_t bit = 29; bit < 32; bit++)
	{
		put_square(UINT32_C(1) << bit | 3);
		CHECK(refused(KTT_BINARY, "SRID"), "flags are refused");
	}
	put_square(6);
	bytes[10 + 3] = 0x20;
	CHECK(refused(KTT_BINARY, "SRID"), "flags of a part are refused");

	/* Rings. */
	for (uint32_t count = 1; count < 4; count++)
	{
		size = 0;
		put_header(3, 1);
		put_ring((ktt_place[]) {{0, 0}, {1, 0}, {0, 0}}, count);
		CHECK(refused(KTT_BINARY, "less than four"), "a short ring is refused");
	}
	memcpy(ring, square, sizeof(ring));
	ring[4].latitude = 0x1p-52;
	size = 0;
	put_header(3, 1);
	put_ring(ring, 5);
	CHECK(refused(KTT_BINARY, "end where it starts"), "an open ring is refused");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		memcpy(ring, square, sizeof(ring));
		ring[i % 4].longitude = wrong[i];
		size = 0;
		put_header(3, 1);
		put_ring(ring, 5);
		CHECK(refused(KTT_BINARY, "out of the range"), "no longitude");
		memcpy(ring, square, sizeof(ring));
		ring[i % 4].latitude = wrong[i] / 2;
		size = 0;
		put_header(3, 1);
		put_ring(ring, 5);
		CHECK(refused(KTT_BINARY, "out of the range"), "no latitude");
	}
	size = 0;
	put_header(3, 1);
	put_ring((ktt_place[]) {{0, 10}, {-180, -10}, {90, 80}, {0, 10}}, 4);
	CHECK(refused(KTT_BINARY, "half round the earth"), "an edge without direction is refused");
	size = 0;
	put_header(3, 1);
	put_ring((ktt_place[]) {{0, 90}, {50, -90}, {90, 0}, {0, 90}}, 4);
	CHECK(refused(KTT_BINARY, "half round the earth"), "from pole to pole there is no direction");

	/* Empty ones. */
	size = 0;
	put_header(3, 0);
	CHECK(refused(KTT_BINARY, "not empty"), "an empty polygon is refused");
	size = 0;
	put_header(6, 0);
	CHECK(refused(KTT_BINARY, "not empty"), "an empty multipolygon is refused");
	size = 0;
	put_header(6, 2);
	put_header(3, 0);
	put_header(3, 1);
	put_ring(square, 0);
	CHECK(refused(KTT_BINARY, "not empty"), "empty parts are refused");
}

/* Counts that no memory could hold are refused before there is any. */
static void
limits(void)
{
	ktt_place  *ring = calloc(KTT_AREA_VERTICES_MAX + 1, sizeof(ktt_place));
	ktt_area   *area;
	long		left;

	for (uint32_t count = 2; count != 0; count = count * 2 + (count & 1))
	{
		put_square(3);
		size = 5;
		put_number(count);
		put_ring(square, 5);
		CHECK(refused(KTT_BINARY, "ends too early"), "more rings than there are");
		put_square(6);
		size = 5;
		put_number(count);
		put_header(3, 1);
		put_ring(square, 5);
		CHECK(refused(KTT_BINARY, "ends too early"), "more parts than there are");
		if (count < 6)
			continue;
		put_square(3);
		size = 9;
		put_number(count);
		size += 5 * 16;
		CHECK(refused(KTT_BINARY, "ends too early"), "more vertices than there are");
	}

	for (int i = 0; i < KTT_AREA_VERTICES_MAX; i++)
		ring[i] = (ktt_place) {10 * cos(i * RADIANS / 30), 10 * sin(i * RADIANS / 30)};
	ring[KTT_AREA_VERTICES_MAX - 1] = ring[0];
	area = polygon(ring, KTT_AREA_VERTICES_MAX);
	CHECK(ktt_area_covers(area, (ktt_place) {9, 1}) && !ktt_area_covers(area, (ktt_place) {9, 9}), "as many as are allowed");
	ktt_area_release(area, &memory);
	ring[KTT_AREA_VERTICES_MAX] = ring[0];
	size = 0;
	put_header(3, 1);
	put_ring(ring, KTT_AREA_VERTICES_MAX + 1);
	CHECK(refused(KTT_LIMIT, "at most 10000"), "one vertex too many");
	size = 0;
	put_header(3, 2);
	put_ring(ring, KTT_AREA_VERTICES_MAX);
	put_ring(square, 5);
	CHECK(refused(KTT_LIMIT, "at most 10000"), "too many in two rings");
	free(ring);

	left = heap.left;
	heap.left = 0;
	put_square(3);
	CHECK(refused(KTT_LIMIT, "no memory"), "no memory is a fault");
	heap.left = left;
}

int
main(void)
{
	broken();
	limits();
	CHECK(heap.blocks == 0, "all memory was given back");
	return unit_report();
}
