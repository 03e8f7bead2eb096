/*
 * Reading ktt.location and ktt.area on the server.
 */
#ifndef KTT_LOCATION_H
#define KTT_LOCATION_H

#include "compat.h"
#include "core/area.h"
#include "core/geodesy.h"

/* The coordinates of a ktt.location. */
extern ktt_place KttLocationPlace(Datum location);

/* The ktt.location of coordinates that are checked here. */
extern Datum KttMakeLocation(ktt_place place);

/* Refuse coordinates that are no place on earth: 22023, with a hint when they look swapped. */
extern void KttCheckCoordinates(float8 longitude, float8 latitude);

/* Metres between 0 and KTT_RADIUS_MAX, or 22023. */
extern double KttCheckedMetres(double metres);

/* The WKB of a ktt.area: little-endian, two dimensions. */
extern bytea *KttAreaWkb(Datum area);

#endif
