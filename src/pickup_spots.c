/*
 * White spots: where new pickup points would win most households.
 */
#include "location.h"
#include "memory.h"
#include "pickup.h"
#include "vector.h"

#include "core/spot.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/* Nobody opens more at once. */
#define SPOTS_MAX 10000

PGDLLEXPORT Datum ktt_pickup_white_spots(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_pickup_white_spots);

static ktt_dwelling *
Dwellings(ArrayType *ids, ArrayType *locations, ArrayType *households, size_t *count)
{
	ktt_demand *demands = KttDemands(ids, locations, count);
	int			length;
	int64	   *numbers = KttInt64Array(households, true, "households", &length);
	ktt_dwelling *dwellings;

	if (length != *count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("every location must have a number of households"),
				 errdetail("There are %zu locations and %d numbers.", *count, length)));
	dwellings = palloc_extended(Max(*count, 1) * sizeof(*dwellings), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < *count; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		dwellings[i] = (ktt_dwelling) {demands[i].id, demands[i].place, numbers[i]};
	}
	pfree(demands);
	pfree(numbers);
	return dwellings;
}

Datum
ktt_pickup_white_spots(PG_FUNCTION_ARGS)
{
	const ktt_pickups *pickups = KttPickupsArg(fcinfo, 0);
	double		metres = KttCheckedMetres(PG_GETARG_FLOAT8(4));
	int			n = PG_GETARG_INT32(5);
	ReturnSetInfo *rows = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ktt white spots",
												  ALLOCSET_DEFAULT_SIZES);
	ktt_memory	memory = KttMemory(context);
	MemoryContext old;
	ktt_dwelling *dwellings;
	ktt_spot   *spots;
	size_t		count;
	size_t		found;
	ktt_fault	fault;

	if (n < 1 || n > SPOTS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of spots must be between 1 and %d", SPOTS_MAX),
				 errdetail("It is %d.", n)));
	InitMaterializedSRF(fcinfo, 0);
	old = MemoryContextSwitchTo(context);
	dwellings = Dwellings(PG_GETARG_ARRAYTYPE_P(1), PG_GETARG_ARRAYTYPE_P(2),
						  PG_GETARG_ARRAYTYPE_P(3), &count);
	spots = palloc(n * sizeof(*spots));
	if (ktt_spots(pickups, dwellings, count, metres, &memory, spots, n, &found, &fault) != KTT_OK)
		KttPickupReport(&fault);
	for (size_t i = 0; i < found; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};

		values[0] = Int32GetDatum((int32) i + 1);
		values[1] = Int64GetDatum(spots[i].id);
		values[2] = Int64GetDatum(spots[i].households);
		values[3] = Int64GetDatum(spots[i].gained);
		tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (Datum) 0;
}
