/*
 * Coordinates of Chinese maps: where they come in and go out. Within the
 * database there is WGS84 only.
 */
#include "location.h"

#include "core/crs.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/float.h"

PGDLLEXPORT Datum ktt_location_from_gcj02(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_location_from_bd09(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_location_to_gcj02(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_location_to_bd09(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_location_from_gcj02);
PG_FUNCTION_INFO_V1(ktt_location_from_bd09);
PG_FUNCTION_INFO_V1(ktt_location_to_gcj02);
PG_FUNCTION_INFO_V1(ktt_location_to_bd09);

/*
 * Who says GCJ-02 or BD-09 means China. The west of China, swapped, is a legal
 * place in the Arctic.
 */
static ktt_place
CheckedPlace(FunctionCallInfo fcinfo)
{
	ktt_place	place = {PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
	ktt_place	swapped = {place.latitude, place.longitude};

	KttCheckCoordinates(place.longitude, place.latitude);
	if (!ktt_crs_has(place) && ktt_crs_has(swapped))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("coordinates are not in China, but would be the other way round"),
				 errdetail("Longitude is %s and latitude is %s.",
						   float8out_internal(place.longitude),
						   float8out_internal(place.latitude)),
				 errhint("Coordinates are given as longitude, latitude.")));
	return place;
}

static Datum
Pair(FunctionCallInfo fcinfo, ktt_place place)
{
	TupleDesc	row;
	Datum		values[2] = {Float8GetDatum(place.longitude), Float8GetDatum(place.latitude)};
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls));
}

Datum
ktt_location_from_gcj02(PG_FUNCTION_ARGS)
{
	return KttMakeLocation(ktt_from_gcj02(CheckedPlace(fcinfo)));
}

Datum
ktt_location_from_bd09(PG_FUNCTION_ARGS)
{
	return KttMakeLocation(ktt_from_bd09(CheckedPlace(fcinfo)));
}

Datum
ktt_location_to_gcj02(PG_FUNCTION_ARGS)
{
	return Pair(fcinfo, ktt_to_gcj02(KttLocationPlace(PG_GETARG_DATUM(0))));
}

Datum
ktt_location_to_bd09(PG_FUNCTION_ARGS)
{
	return Pair(fcinfo, ktt_to_bd09(KttLocationPlace(PG_GETARG_DATUM(0))));
}
