/*
 * Coordinates are checked here, before PostGIS sees them: it would bend a
 * latitude of 116 into another valid place and only leave a notice.
 */
#include "location.h"

#include "core/pickup_pack.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* EWKB of a point: byte order, type with the SRID flag, SRID, x, y. */
#define POINT_EWKB_SIZE 25
#define EWKB_POINT_WITH_SRID UINT32_C(0x20000001)
#define WGS84_SRID UINT32_C(4326)

PGDLLEXPORT Datum ktt_location_wkb(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_location_make(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_location_radius(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_location_distance(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_location_wkb);
PG_FUNCTION_INFO_V1(ktt_location_make);
PG_FUNCTION_INFO_V1(ktt_location_radius);
PG_FUNCTION_INFO_V1(ktt_location_distance);

void
KttCheckCoordinates(float8 longitude, float8 latitude)
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

	KttCheckCoordinates(longitude, latitude);
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

double
KttCheckedMetres(double metres)
{
	/* Written so that NaN fails too. */
	if (!(metres >= 0 && metres <= KTT_RADIUS_MAX))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("radius must be between 0 and %.0f metres", KTT_RADIUS_MAX),
				 errdetail("Radius is %s.", float8out_internal(metres))));
	return metres;
}

Datum
ktt_location_radius(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(KttCheckedMetres(PG_GETARG_FLOAT8(0)));
}

/*
 * A point as PostGIS 3 stores it: SRID in three bytes, flags (second version,
 * geodetic, neither box nor third dimension), type 1, one position, x, y.
 */
#define STORED_HEAD "\x00\x10\xe6\x48"
#define STORED_HEAD_SIZE 4
#define STORED_POINT_SIZE (STORED_HEAD_SIZE + 2 * sizeof(uint32) + 2 * sizeof(float8))

static Oid
FunctionOid(const char *name, int arguments, const Oid *types)
{
	return LookupFuncName(list_make2(makeString("ktt"), makeString(pstrdup(name))),
						  arguments, types, false);
}

/* A function of schema ktt with one argument of a type of schema ktt. */
static Oid
FunctionOf(const char *name, const char *type_name)
{
	Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
									   CStringGetDatum(type_name),
									   ObjectIdGetDatum(get_namespace_oid("ktt", false)));

	return FunctionOid(name, 1, &type);
}

/* The coordinates of a stored point, if it is of the form above. */
static bool
ReadStored(const struct varlena *stored, ktt_place *place)
{
	const char *bytes = VARDATA_ANY(stored);
	uint32		type_and_count[2];

	if (VARSIZE_ANY_EXHDR(stored) != STORED_POINT_SIZE ||
		memcmp(bytes, STORED_HEAD, STORED_HEAD_SIZE) != 0)
		return false;
	memcpy(type_and_count, bytes + STORED_HEAD_SIZE, sizeof(type_and_count));
	if (type_and_count[0] != 1 || type_and_count[1] != 1)
		return false;
	memcpy(&place->longitude, bytes + STORED_HEAD_SIZE + sizeof(type_and_count), sizeof(float8));
	memcpy(&place->latitude, bytes + STORED_POINT_SIZE - sizeof(float8), sizeof(float8));
	return true;
}

static struct varlena *
MakeStored(ktt_place place)
{
	const uint32 type_and_count[2] = {1, 1};
	struct varlena *stored = palloc(VARHDRSZ + STORED_POINT_SIZE);
	char	   *bytes = VARDATA(stored);

	SET_VARSIZE(stored, VARHDRSZ + STORED_POINT_SIZE);
	memcpy(bytes, STORED_HEAD, STORED_HEAD_SIZE);
	memcpy(bytes + STORED_HEAD_SIZE, type_and_count, sizeof(type_and_count));
	memcpy(bytes + STORED_HEAD_SIZE + sizeof(type_and_count), &place.longitude, sizeof(float8));
	memcpy(bytes + STORED_POINT_SIZE - sizeof(float8), &place.latitude, sizeof(float8));
	return stored;
}

/*
 * Straight from the stored bytes when they are of the form above, which takes
 * nanoseconds; whatever else they are, PostGIS is asked.
 */
ktt_place
KttLocationPlace(Datum location)
{
	ktt_place	place;

	if (ReadStored(PG_DETOAST_DATUM_PACKED(location), &place))
		return place;
	place.longitude = DatumGetFloat8(OidFunctionCall1(FunctionOf("longitude", "location"), location));
	place.latitude = DatumGetFloat8(OidFunctionCall1(FunctionOf("latitude", "location"), location));
	return place;
}

static Datum
AskPostgis(ktt_place place)
{
	const Oid	types[2] = {FLOAT8OID, FLOAT8OID};

	return OidFunctionCall2(FunctionOid("postgis_location", 2, types),
							Float8GetDatum(place.longitude), Float8GetDatum(place.latitude));
}

/* Whether PostGIS here stores points in the form above: it is shown one. */
static bool
StoresAsKnown(void)
{
	static int	known = -1;

	if (known < 0)
	{
		const ktt_place sample = {121.517, -25.0478};
		struct varlena *stored = PG_DETOAST_DATUM(AskPostgis(sample));
		struct varlena *made = MakeStored(sample);

		known = VARSIZE(stored) == VARSIZE(made) &&
			memcmp(stored, made, VARSIZE(made)) == 0;
	}
	return known;
}

Datum
KttMakeLocation(ktt_place place)
{
	KttCheckCoordinates(place.longitude, place.latitude);
	/* Adding 0 turns -0 into 0: one place, one form. */
	place.longitude += 0.0;
	place.latitude += 0.0;
	if (!StoresAsKnown())
		return AskPostgis(place);
	return PointerGetDatum(MakeStored(place));
}

Datum
ktt_location_make(PG_FUNCTION_ARGS)
{
	return KttMakeLocation((ktt_place) {PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)});
}

bytea *
KttAreaWkb(Datum area)
{
	return DatumGetByteaPP(OidFunctionCall1(FunctionOf("area_wkb", "area"), area));
}

Datum
ktt_location_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(ktt_distance(KttLocationPlace(PG_GETARG_DATUM(0)),
								  KttLocationPlace(PG_GETARG_DATUM(1))));
}
