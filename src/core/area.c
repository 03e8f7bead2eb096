#include "area.h"

#include "sphere.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/*
 * A ring is asked how often a line from the place straight south to the pole
 * meets it. An edge counts when the place's longitude lies in the half-open
 * interval of its own two and the place lies north of it. So that no arithmetic
 * stands between two neighbours, an edge over the antimeridian is kept as two
 * intervals, and one over a pole as its two meridians and the turn on the pole.
 *
 * Such a count says nothing by itself about a ring around a pole. What it says
 * of a point that is known to be outside does: a place is inside when the two
 * counts differ by an odd number. Which point that is decides what is inside of
 * a polygon that spans half the earth, so it is chosen as PostGIS chooses it.
 */

/*
 * In degrees. A place may be on an edge that is at most LONGITUDE_MARGIN east or
 * west of it; beyond NEAR_POLE, where that is too little, on any edge.
 */
#define LONGITUDE_MARGIN 1e-8
#define NEAR_POLE 89.9

#define LATITUDE_MARGIN 1e-6	/* more than a box can be off */

#define PI 3.14159265358979323846

#define BEYOND_EAST 1000.0		/* an interval with this end has no end */

#define WKB_POLYGON 3
#define WKB_MULTIPOLYGON 6
#define WKB_PLAIN 1000			/* ISO's and PostGIS's marks for Z, M and SRID are above */
#define WKB_HEADER 5
#define WKB_COUNT 4
#define WKB_VERTEX 16

/* The corners of an edge, for the few places that lie on its great circle. */
typedef struct ends
{
	ktt_place	west;
	ktt_place	east;
} ends;

/* Edges by their numbers. */
typedef struct ring
{
	size_t		first;
	size_t		end;
	bool		outside_odd;	/* a place outside has an odd count */
} ring;

/* A polygon: rings by their numbers, of which the first is the outer one. */
typedef struct part
{
	size_t		first;
	size_t		end;
	ktt_sphere_box	around;
	double		west;			/* degrees; nothing of it is outside of these */
	double		east;
	double		south;
	double		north;
} part;

struct ktt_area
{
	size_t		part_count;
	part	   *parts;
	ring	   *rings;
	double	   *west;			/* of an edge: from here on, */
	double	   *east;			/* before there */
	ktt_direction	   *normal;			/* to the north; zero where the edge is a point */
	ends	   *corners;
};

/*
 * What reading leads to. It is done twice: without an area it only checks and
 * counts, then there is memory for what was counted.
 */
typedef struct builder
{
	ktt_area   *area;
	size_t		parts;
	size_t		rings;
	size_t		edges;
	size_t		vertices;
	ktt_sphere_box	around;			/* the part that is being read */
	size_t		first_ring;		/* of it */
	ktt_direction start[2];		/* the first two vertices of that ring */
} builder;

typedef struct reader
{
	const unsigned char *at;
	size_t		left;
} reader;

/* A place among the edges. */
typedef struct probe
{
	ktt_place	place;
	ktt_direction at;
	double		margin;			/* degrees of longitude within which it may be on an edge */
} probe;

static ktt_status
refuse(ktt_fault *fault, const char *reason)
{
	return ktt_fail(fault, KTT_BINARY, 0, "%s", reason);
}

static uint32_t
read_number(reader *in)
{
	uint32_t	number = 0;

	for (int i = 0; i < 4; i++)
		number |= (uint32_t) in->at[i] << 8 * i;
	in->at += 4;
	in->left -= 4;
	return number;
}

static double
read_double(reader *in)
{
	uint64_t	first = read_number(in);
	uint64_t	second = read_number(in);
	uint64_t	bits = second << 32 | first;
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static ktt_place
read_place(reader *in)
{
	ktt_place	place;

	place.longitude = read_double(in);
	place.latitude = read_double(in);
	return place;
}

/* Byte order and type. */
static ktt_status
read_header(reader *in, uint32_t *type, ktt_fault *fault)
{
	*type = 0;
	if (in->left < WKB_HEADER)
		return refuse(fault, "The area ends too early.");
	if (*in->at != 1)
		return refuse(fault, "The byte order of an area is 1, which is little-endian.");
	in->at++;
	in->left--;
	*type = read_number(in);
	if (*type >= WKB_PLAIN)
		return refuse(fault, "An area has two dimensions and no SRID of its own.");
	return KTT_OK;
}

/* How many things follow, when so many bytes at least belong to each. */
static ktt_status
read_count(reader *in, size_t size_min, size_t *count, ktt_fault *fault)
{
	*count = 0;
	if (in->left < 4)
		return refuse(fault, "The area ends too early.");
	*count = read_number(in);
	if (*count > in->left / size_min)
		return refuse(fault, "The area ends too early.");
	return KTT_OK;
}

static void
put_piece(builder *into, double west, double east, ktt_direction normal, ends corners)
{
	ktt_area   *area = into->area;
	size_t		at = into->edges++;

	if (area == NULL)
		return;
	area->west[at] = west;
	area->east[at] = east;
	area->normal[at] = normal;
	area->corners[at] = corners;
}

/* The antimeridian has one longitude, -180. */
static ktt_place
one_longitude(ktt_place place)
{
	if (place.longitude == 180)
		place.longitude = -180;
	return place;
}

/* An edge that is not over a pole, unless it stays there. */
static void
put_arc(builder *into, ktt_place a, ktt_place b)
{
	double		turn = b.longitude - a.longitude;
	bool		wraps = fabs(turn) > 180;
	bool		eastward = (turn > 0) != wraps;
	ends		corners = {eastward ? a : b, eastward ? b : a};
	ktt_direction normal = {{0, 0, 0}};

	if (into->area != NULL && (a.latitude != b.latitude || fabs(a.latitude) != 90))
		normal = ktt_sphere_normal(ktt_sphere_vector(corners.west), ktt_sphere_vector(corners.east));
	if (wraps)
	{
		put_piece(into, corners.west.longitude, BEYOND_EAST, normal, corners);
		put_piece(into, -180, corners.east.longitude, normal, corners);
	}
	else
		put_piece(into, corners.west.longitude, corners.east.longitude, normal, corners);
}

static void
put_edge(builder *into, ktt_place a, ktt_place b)
{
	if (fabs(b.longitude - a.longitude) == 180)
	{
		double		pole = a.latitude + b.latitude > 0 ? 90 : -90;
		ktt_place	pole_a = {a.longitude, pole};
		ktt_place	pole_b = {b.longitude, pole};

		put_arc(into, a, pole_a);
		put_arc(into, pole_a, pole_b);
		put_arc(into, pole_b, b);
	}
	else
		put_arc(into, a, b);
}

static bool
is_same(ktt_place a, ktt_place b)
{
	return a.longitude == b.longitude && a.latitude == b.latitude;
}

/* A vertex that stands twice makes no edge. */
static ktt_status
read_edges(reader *in, size_t count, builder *into, ktt_fault *fault)
{
	ktt_place	first = {0, 0};
	ktt_place	before = {0, 0};
	ktt_direction a = {{0, 0, 0}};

	for (size_t i = 0; i < count; i++)
	{
		ktt_place	place = read_place(in);
		ktt_direction b;

		/* Written so that NaN fails too. */
		if (!(fabs(place.longitude) <= 180 && fabs(place.latitude) <= 90))
			return refuse(fault, "A vertex of the area is out of the range of longitude and latitude.");
		b = ktt_sphere_vector(place);
		if (i < 2 && into->rings == into->first_ring)
			into->start[i] = b;
		if (i == 0)
			first = place;
		else if (ktt_sphere_antipodal(a, b))
			return refuse(fault, "An edge of the area goes half round the earth, so it has no direction.");
		else if (!is_same(one_longitude(before), one_longitude(place)))
			put_edge(into, one_longitude(before), one_longitude(place));
		if (into->area != NULL)
			ktt_sphere_widen(&into->around, i == 0 ? b : a, b);
		before = place;
		a = b;
	}
	if (!is_same(first, before))
		return refuse(fault, "A ring of the area does not end where it starts.");
	return KTT_OK;
}

/* PostGIS lets a ring be empty; there is nothing in it. */
static ktt_status
read_ring(reader *in, builder *into, ktt_fault *fault)
{
	size_t		count;
	size_t		first = into->edges;
	ktt_status	status = read_count(in, WKB_VERTEX, &count, fault);

	if (status != KTT_OK)
		return status;
	if (count > 0 && count < 4)
		return refuse(fault, "A ring of the area has less than four vertices.");
	into->vertices += count;
	if (into->vertices > KTT_AREA_VERTICES_MAX)
		return ktt_fail(fault, KTT_LIMIT, 0, "An area has at most %d vertices.",
						KTT_AREA_VERTICES_MAX);
	status = read_edges(in, count, into, fault);
	if (status == KTT_OK && into->area != NULL)
		into->area->rings[into->rings] = (ring) {first, into->edges, false};
	into->rings++;
	return status;
}

/*
 * Whether the place is on an edge of the ring; if not, the count of edges south
 * of it is odd or not.
 */
static bool
on_ring(const ktt_area *area, const ring *edges, const probe *from, bool *odd)
{
	double		longitude = from->place.longitude;
	double		from_west = longitude - from->margin;
	double		from_east = longitude + from->margin;
	bool		count = false;

	for (size_t i = edges->first; i < edges->end; i++)
	{
		double		side;
		bool		beyond;

		if (area->west[i] > from_east || area->east[i] < from_west)
			continue;
		side = dot(area->normal[i], from->at);
		beyond = side > 0;
		if (fabs(side) <= SPHERE_NEAR)
		{
			ktt_direction west = ktt_sphere_vector(area->corners[i].west);
			ktt_direction east = ktt_sphere_vector(area->corners[i].east);
			const ktt_place *nearer;

			if (ktt_sphere_on_arc(west, east, from->at))
				return true;

			/* In line with a steep edge and past its end, where the plane tells nothing. */
			nearer = dot(west, from->at) > dot(east, from->at) ?
				&area->corners[i].west : &area->corners[i].east;
			beyond = from->place.latitude > nearer->latitude;
		}
		count ^= beyond && longitude >= area->west[i] && longitude < area->east[i];
	}
	*odd = count;
	return false;
}

/* Where it is, is found out when it is needed. */
static probe
probe_of(ktt_place place)
{
	bool		anywhere = fabs(place.latitude) > NEAR_POLE || fabs(place.longitude) > 180 - LONGITUDE_MARGIN;

	return (probe) {one_longitude(place), {{0, 0, 0}}, anywhere ? INFINITY : LONGITUDE_MARGIN};
}

/* Of all longitudes, -180 is 180 for PostGIS here; to a box that ends there it makes a difference. */
static void
locate(probe *from)
{
	ktt_place	place = from->place;

	if (place.longitude == -180)
		place.longitude = 180;
	from->at = ktt_sphere_vector(place);
}

/* The box of a polygon that stands alone is stored by PostGIS in single precision. */
static void
round_box(ktt_sphere_box *box)
{
	for (int i = 0; i < 3; i++)
	{
		float		low = (float) box->low[i];
		float		high = (float) box->high[i];

		box->low[i] = low > box->low[i] ? nextafterf(low, -INFINITY) : low;
		box->high[i] = high < box->high[i] ? nextafterf(high, INFINITY) : high;
	}
}

static void
bound_part(const ktt_area *area, part *polygon)
{
	const ring *outer = &area->rings[polygon->first];

	polygon->south = asin(fmax(polygon->around.low[2], -1)) * 180 / PI - LATITUDE_MARGIN;
	polygon->north = asin(fmin(polygon->around.high[2], 1)) * 180 / PI + LATITUDE_MARGIN;
	polygon->west = outer->outside_odd ? -INFINITY : INFINITY;
	polygon->east = -polygon->west;
	for (size_t i = outer->first; i < outer->end; i++)
	{
		polygon->west = fmin(polygon->west, area->west[i]);
		polygon->east = fmax(polygon->east, area->east[i]);
	}
}

static void
finish_part(builder *into, bool alone)
{
	ktt_area   *area = into->area;
	part	   *polygon = &area->parts[into->parts];
	probe		outside;

	*polygon = (part) {into->first_ring, into->rings, into->around, 0, 0, 0, 0};
	ktt_sphere_close_box(&polygon->around);
	if (alone)
		round_box(&polygon->around);
	outside = probe_of(ktt_sphere_outside(&polygon->around, into->start[0], into->start[1]));
	locate(&outside);
	for (size_t i = into->first_ring; i < into->rings; i++)
		(void) on_ring(area, &area->rings[i], &outside, &area->rings[i].outside_odd);
	bound_part(area, polygon);
}

/* After the header. */
static ktt_status
read_polygon(reader *in, builder *into, bool alone, ktt_fault *fault)
{
	size_t		count;
	ktt_status	status = read_count(in, WKB_COUNT, &count, fault);

	into->around = ktt_sphere_box_empty;
	into->first_ring = into->rings;
	for (size_t i = 0; status == KTT_OK && i < count; i++)
		status = read_ring(in, into, fault);
	if (status != KTT_OK || count == 0)
		return status;
	if (into->area != NULL)
		finish_part(into, alone);
	into->parts++;
	return KTT_OK;
}

static ktt_status
read_polygons(reader *in, builder *into, ktt_fault *fault)
{
	size_t		count;
	ktt_status	status = read_count(in, WKB_HEADER + WKB_COUNT, &count, fault);

	for (size_t i = 0; status == KTT_OK && i < count; i++)
	{
		uint32_t	type;

		status = read_header(in, &type, fault);
		if (status == KTT_OK && type != WKB_POLYGON)
			return refuse(fault, "The parts of an area are polygons.");
		if (status == KTT_OK)
			status = read_polygon(in, into, false, fault);
	}
	return status;
}

static ktt_status
read_area(reader in, builder *into, ktt_fault *fault)
{
	uint32_t	type;
	ktt_status	status = read_header(&in, &type, fault);

	if (status != KTT_OK)
		return status;
	if (type == WKB_POLYGON)
		status = read_polygon(&in, into, true, fault);
	else if (type == WKB_MULTIPOLYGON)
		status = read_polygons(&in, into, fault);
	else
		return refuse(fault, "An area is a polygon or a multipolygon.");
	if (status == KTT_OK && in.left > 0)
		return refuse(fault, "Something follows the end of the area.");
	if (status == KTT_OK && into->vertices == 0)
		return refuse(fault, "An area is not empty.");
	return status;
}

/* All of it is one block, as everything in it is as aligned as a double. */
static ktt_area *
make_area(const builder *counted, const ktt_memory *memory)
{
	size_t		edges = counted->edges;
	ktt_area   *area = ktt_allocate(memory, sizeof(ktt_area) +
									counted->parts * sizeof(part) + counted->rings * sizeof(ring) +
									edges * (2 * sizeof(double) + sizeof(ktt_direction) + sizeof(ends)));

	if (area == NULL)
		return NULL;
	area->parts = (part *) (area + 1);
	area->rings = (ring *) (area->parts + counted->parts);
	area->west = (double *) (area->rings + counted->rings);
	area->east = area->west + edges;
	area->normal = (ktt_direction *) (area->east + edges);
	area->corners = (ends *) (area->normal + edges);
	area->part_count = counted->parts;
	return area;
}

ktt_status
ktt_area_unpack(const unsigned char *wkb, size_t size, const ktt_memory *memory,
				ktt_area **area, ktt_fault *fault)
{
	reader		in = {wkb, size};
	builder		counted = {0};
	builder		built = {0};
	ktt_status	status = read_area(in, &counted, fault);

	if (status != KTT_OK)
		return status;
	built.area = make_area(&counted, memory);
	if (built.area == NULL)
		return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the area.");
	*area = built.area;
	return read_area(in, &built, fault);
}

void
ktt_area_release(ktt_area *area, const ktt_memory *memory)
{
	ktt_release(memory, area);
}

/* For PostGIS a place on the edge of a hole is in the hole. */
static bool
polygon_covers(const ktt_area *area, const part *polygon, const probe *from)
{
	bool		inside = false;

	if (!ktt_sphere_in_box(&polygon->around, from->at))
		return false;
	for (size_t i = polygon->first; i < polygon->end; i++)
	{
		const ring *edges = &area->rings[i];
		bool		odd;
		bool		in_ring = on_ring(area, edges, from, &odd) || odd != edges->outside_odd;

		if (i == polygon->first && !in_ring)
			return false;
		inside ^= in_ring;
	}
	return inside;
}

bool
ktt_area_covers(const ktt_area *area, ktt_place place)
{
	probe		from = probe_of(place);
	double		from_west = from.place.longitude - from.margin;
	double		from_east = from.place.longitude + from.margin;
	bool		ready = false;

	for (size_t i = 0; i < area->part_count; i++)
	{
		const part *polygon = &area->parts[i];

		if (place.latitude < polygon->south || place.latitude > polygon->north ||
			polygon->west > from_east || polygon->east < from_west)
			continue;
		if (!ready)
			locate(&from);
		ready = true;
		if (polygon_covers(area, polygon, &from))
			return true;
	}
	return false;
}
