/*
 * Coordinates are checked here, before PostGIS sees them: it would bend a
 * latitude of 116 into another valid place and only leave a notice.
 */
#include "compat.h"
#include "error.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/float.h"

/* EWKB of a point: byte order, type with the SRID flag, SRID, x, y. */
#define POINT_EWKB_SIZE 25
#define EWKB_POINT_WITH_SRID UINT32_C(0x20000001)
#define WGS84_SRID UINT32_C(4326)

/* Nothing is farther than half a meridian, 20003931.46 m; the rest is margin. */
#define RADIUS_MAX 21000000.0

PGDLLEXPORT Datum ktt_location_wkb(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_location_radius(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_location_wkb);
PG_FUNCTION_INFO_V1(ktt_location_radius);

static void
CheckCoordinates(float8 longitude, float8 latitude)
{
	if (!isfinite(longitude) || !isfinite(latitude))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("coordinates must be finite"),
				 errdetail("Longitude is %s and latitude is %s.",
						   float8out_internal(longitude),
						   float8out_internal(latitude))));
	if (fabs(latitude) > 90)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("latitude must be between -90 and 90"),
				 errdetail("Latitude is %s.", float8out_internal(latitude)),
				 fabs(latitude) <= 180 && fabs(longitude) <= 90
				 ? errhint("Coordinates are given as longitude, latitude.")
				 : 0));
	if (fabs(longitude) > 180)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("longitude must be between -180 and 180"),
				 errdetail("Longitude is %s.", float8out_internal(longitude))));
}

static unsigned char *
PutUInt32(unsigned char *out, uint32 value)
{
	for (int shift = 0; shift < 32; shift += 8)
		*out++ = (unsigned char) (value >> shift);
	return out;
}

static unsigned char *
PutDouble(unsigned char *out, float8 value)
{
	uint64		bits;

	memcpy(&bits, &value, sizeof(bits));
	out = PutUInt32(out, (uint32) bits);
	return PutUInt32(out, (uint32) (bits >> 32));
}

Datum
ktt_location_wkb(PG_FUNCTION_ARGS)
{
	float8		longitude = PG_GETARG_FLOAT8(0);
	float8		latitude = PG_GETARG_FLOAT8(1);
	bytea	   *result;
	unsigned char *out;

	CheckCoordinates(longitude, latitude);
	result = (bytea *) palloc(VARHDRSZ + POINT_EWKB_SIZE);
	SET_VARSIZE(result, VARHDRSZ + POINT_EWKB_SIZE);
	out = (unsigned char *) VARDATA(result);
	*out++ = 1;					/* little-endian */
	out = PutUInt32(out, EWKB_POINT_WITH_SRID);
	out = PutUInt32(out, WGS84_SRID);
	/* Adding 0 turns -0 into 0: one place, one form. */
	out = PutDouble(out, longitude + 0.0);
	PutDouble(out, latitude + 0.0);
	PG_RETURN_BYTEA_P(result);
}

Datum
ktt_location_radius(PG_FUNCTION_ARGS)
{
	float8		metres = PG_GETARG_FLOAT8(0);

	/* Written so that NaN fails too. */
	if (!(metres >= 0 && metres <= RADIUS_MAX))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("radius must be between 0 and 21000000 metres"),
				 errdetail("Radius is %s.", float8out_internal(metres))));
	PG_RETURN_FLOAT8(metres);
}
