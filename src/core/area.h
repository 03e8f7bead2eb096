/*
 * Service areas: polygons on the sphere with great circles between their
 * corners, as PostGIS's geography has them.
 *
 * An area is kept as its WKB (little-endian, two dimensions, polygon or
 * multipolygon) and unpacked to be asked. Rings count by parity, so a ring that
 * touches or crosses itself is no error.
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
 * Unpack WKB in either byte order. KTT_BINARY with the reason when it is broken,
 * is no polygon or multipolygon of two dimensions, has a ring of less than four
 * vertices or one that is not closed, or coordinates that are no place; KTT_LIMIT
 * for too many vertices or no memory.
 */
extern ktt_status ktt_area_unpack(const unsigned char *wkb, size_t size,
								  const ktt_memory *memory, ktt_area **area,
								  ktt_fault *fault);
extern void ktt_area_release(ktt_area *area, const ktt_memory *memory);

/* Whether the place lies inside or on the border, as ST_Covers(geography) says. */
extern bool ktt_area_covers(const ktt_area *area, ktt_place place);

#endif
