/*
 * Service areas: polygons on the sphere with great circles between their
 * corners, as PostGIS's geography has them.
 *
 * An area is kept as its WKB (little-endian, two dimensions, polygon or
 * multipolygon) and unpacked to be asked. A ring counts by parity, so one that
 * touches or crosses itself is no error: what lies an even number of edges deep
 * is outside of it. A place is in a polygon when it is in the outer ring and in
 * an even number of the others, and in an area when it is in one of its polygons.
 * The border of a polygon belongs to it, that of a hole does not.
 */
#ifndef KTT_CORE_AREA_H
#define KTT_CORE_AREA_H

#include "fault.h"
#include "geodesy.h"
#include "memory.h"

#include <stdbool.h>

#define KTT_AREA_VERTICES_MAX 10000

typedef struct ktt_area ktt_area;

/*
 * Unpack WKB. KTT_BINARY with the reason when it is broken, is big-endian,
 * is no polygon or multipolygon of two dimensions, is empty, has a ring of one to
 * three vertices or one that is not closed, coordinates that are no place, or an
 * edge between antipodes; KTT_LIMIT for too many vertices or no memory. What
 * comes is one block of memory, as a rule five times the size of the WKB and at most
 * twenty times.
 */
extern ktt_status ktt_area_unpack(const unsigned char *wkb, size_t size,
								  const ktt_memory *memory, ktt_area **area,
								  ktt_fault *fault);
extern void ktt_area_release(ktt_area *area, const ktt_memory *memory);

/*
 * Whether the place lies inside or within 0.3 micrometres of the border, as
 * ST_Covers(geography) says. The two may differ in the last bit of a coordinate at
 * the border, and about an area whose edges span the whole earth and whose first
 * two vertices are one place. The place must be one: see ktt_place.
 */
extern bool ktt_area_covers(const ktt_area *area, ktt_place place);

#endif
