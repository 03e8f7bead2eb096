/*
 * Questions about one location: which points are near, and how many.
 */
#include "location.h"
#include "pickup.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/tuplestore.h"

/* More are asked for from a batch. */
#define NEAREST_MAX 1000

PGDLLEXPORT Datum ktt_pickup_nearest(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_nearest_points(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_points_within(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_index_rows(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_pickup_nearest);
PG_FUNCTION_INFO_V1(ktt_pickup_nearest_points);
PG_FUNCTION_INFO_V1(ktt_pickup_points_within);
PG_FUNCTION_INFO_V1(ktt_pickup_index_rows);

static bool
TakesParcels(void *context, const ktt_point *point)
{
	return point->capacity != 0;
}

Datum
ktt_pickup_nearest(PG_FUNCTION_ARGS)
{
	const ktt_pickups *pickups = KttPickupsArg(fcinfo, 0);
	ktt_near	near;

	if (ktt_pickups_nearest(pickups, KttLocationPlace(PG_GETARG_DATUM(1)), NULL,
							TakesParcels, NULL, &near, 1) == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(pickups->points[near.point].id);
}

int
KttCheckedK(int k)
{
	if (k < 1 || k > NEAREST_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be between 1 and %d", NEAREST_MAX),
				 errdetail("k is %d.", k)));
	return k;
}

Datum
ktt_pickup_nearest_points(PG_FUNCTION_ARGS)
{
	const ktt_pickups *pickups = KttPickupsArg(fcinfo, 0);
	ktt_place	place = KttLocationPlace(PG_GETARG_DATUM(1));
	int			k = KttCheckedK(PG_GETARG_INT32(2));
	ReturnSetInfo *rows = (ReturnSetInfo *) fcinfo->resultinfo;
	ktt_near   *found = palloc(k * sizeof(*found));
	size_t		count;

	InitMaterializedSRF(fcinfo, 0);
	count = ktt_pickups_nearest(pickups, place, NULL, TakesParcels, NULL, found, k);
	for (size_t i = 0; i < count; i++)
	{
		Datum		values[2];
		bool		nulls[2] = {false, false};

		ktt_near_measure(pickups, place, &found[i]);
		values[0] = Int64GetDatum(pickups->points[found[i].point].id);
		values[1] = Float8GetDatum(found[i].metres);
		tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
ktt_pickup_points_within(PG_FUNCTION_ARGS)
{
	const ktt_pickups *pickups = KttPickupsArg(fcinfo, 0);
	double		metres = KttCheckedMetres(PG_GETARG_FLOAT8(2));

	PG_RETURN_INT32((int32) ktt_pickups_within(pickups, KttLocationPlace(PG_GETARG_DATUM(1)),
											   metres, KTT_PICKUP_POINTS_MAX));
}

/* The points as they are: id, longitude, latitude, capacity, radius, WKB of the area. */
Datum
ktt_pickup_index_rows(PG_FUNCTION_ARGS)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	ReturnSetInfo *rows = (ReturnSetInfo *) fcinfo->resultinfo;
	ktt_pickup_reader reader;
	ktt_pickup_entry entry;
	ktt_fault	fault;

	InitMaterializedSRF(fcinfo, 0);
	if (ktt_pickup_open(&reader, (const unsigned char *) VARDATA_ANY(flat),
						VARSIZE_ANY_EXHDR(flat), &fault) != KTT_OK)
		KttPickupReport(&fault);
	while (reader.left > 0)
	{
		Datum		values[6];
		bool		nulls[6] = {false};
		bytea	   *area = NULL;

		if ((reader.left & 0x3FFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (ktt_pickup_next(&reader, &entry, &fault) != KTT_OK)
			KttPickupReport(&fault);
		values[0] = Int64GetDatum(entry.point.id);
		values[1] = Float8GetDatum(entry.point.place.longitude);
		values[2] = Float8GetDatum(entry.point.place.latitude);
		values[3] = Int32GetDatum(entry.point.capacity);
		nulls[3] = entry.point.capacity == KTT_NO_CAPACITY;
		values[4] = Float8GetDatum(entry.point.radius);
		nulls[4] = entry.point.radius == KTT_NO_RADIUS;
		nulls[5] = entry.area == NULL;
		if (entry.area != NULL)
		{
			area = palloc(VARHDRSZ + entry.area_size);
			SET_VARSIZE(area, VARHDRSZ + entry.area_size);
			memcpy(VARDATA(area), entry.area, entry.area_size);
		}
		values[5] = PointerGetDatum(area);
		tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
		if (area != NULL)
			pfree(area);
	}
	return (Datum) 0;
}
