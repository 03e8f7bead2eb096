/*
 * The coordinate systems of Chinese maps. GCJ-02 is WGS84 moved by some hundred
 * metres, by a rule that was never published but is known to within rounding;
 * BD-09 moves that once more. What they are defined for is a box around China;
 * outside of it both are WGS84 here.
 *
 * There and back again differ by less than KTT_CRS_ERROR degrees; but what was
 * moved out of the box comes back before what lies there of its own, so that up
 * to 2 km beyond its edges coordinates do not tell the one from the other.
 */
#ifndef KTT_CORE_CRS_H
#define KTT_CORE_CRS_H

#include "geodesy.h"

#include <stdbool.h>

#define KTT_CRS_ERROR 1e-11

/* Whether a place in WGS84 is in that box. */
extern bool ktt_crs_has(ktt_place place);

extern ktt_place ktt_to_gcj02(ktt_place place);
extern ktt_place ktt_from_gcj02(ktt_place place);
extern ktt_place ktt_to_bd09(ktt_place place);
extern ktt_place ktt_from_bd09(ktt_place place);

#endif
