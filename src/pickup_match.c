/*
 * All locations of a wave at once.
 */
#include "location.h"
#include "memory.h"
#include "pickup.h"
#include "vector.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PGDLLEXPORT Datum ktt_pickup_match(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_pickup_match);

/* The places of an array of locations, read one after the other. */
static void
ReadLocations(ArrayType *locations, ktt_demand *demands, size_t count)
{
	const char *at = ARR_DATA_PTR(locations);
	int16		length;
	bool		by_value;
	char		align;

	get_typlenbyvalalign(ARR_ELEMTYPE(locations), &length, &by_value, &align);
	for (size_t i = 0; i < count; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		demands[i].place = KttLocationPlace(PointerGetDatum(at));
		at = att_addlength_pointer(at, length, at);
		at = (const char *) att_align_nominal(at, align);
	}
}

ktt_demand *
KttDemands(ArrayType *ids, ArrayType *locations, size_t *count)
{
	int			length = ArrayGetNItems(ARR_NDIM(locations), ARR_DIMS(locations));
	int			id_count;
	int64	   *numbers = KttInt64Array(ids, true, "ids", &id_count);
	ktt_demand *demands;

	if (ARR_NDIM(locations) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array of locations must have one dimension")));
	if (array_contains_nulls(locations))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("array of locations must not contain nulls")));
	if (length != id_count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("every location must have an id"),
				 errdetail("There are %d ids and %d locations.", id_count, length)));
	if (length > KTT_MATCH_PLACES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many locations"),
				 errdetail("There are %d, at most %d are allowed.", length, KTT_MATCH_PLACES_MAX)));
	*count = length;
	demands = palloc_extended(Max(*count, 1) * sizeof(*demands), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < *count; i++)
		demands[i].id = numbers[i];
	pfree(numbers);
	ReadLocations(locations, demands, *count);
	return demands;
}

typedef enum Method
{
	NEAREST,
	STABLE,
	LEAST_TOTAL
} Method;

static Method
MethodFrom(text *name)
{
	static const char *const names[] = {"nearest", "stable", "least_total"};
	char	   *given = text_to_cstring(name);

	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(given, names[i]) == 0)
			return (Method) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no method \"%.64s\"", given),
			 errhint("Methods are nearest, stable and least_total.")));
}

static void
PutMatches(ReturnSetInfo *rows, const ktt_pickups *pickups, Method method,
		   const ktt_demand *demands, const ktt_match *matches, size_t count)
{
	Datum		no_point = CStringGetTextDatum("no_point");
	Datum		full = CStringGetTextDatum("full");

	for (size_t i = 0; i < count; i++)
	{
		const ktt_match *match = &matches[i];
		bool		matched = match->outcome == KTT_MATCHED;
		Datum		values[5] = {0};
		bool		nulls[5] = {false, !matched, !matched, matched, true};

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		values[0] = Int64GetDatum(demands[i].id);
		if (matched)
		{
			values[1] = Int64GetDatum(pickups->points[match->point].id);
			values[2] = Float8GetDatum(match->metres);
		}
		else
			values[3] = match->outcome == KTT_FULL ? full : no_point;
		if (method == LEAST_TOTAL && match->outcome != KTT_NO_POINT)
		{
			values[4] = Float8GetDatum(match->price);
			nulls[4] = false;
		}
		tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
	}
}

Datum
ktt_pickup_match(PG_FUNCTION_ARGS)
{
	const ktt_pickups *pickups = KttPickupsArg(fcinfo, 0);
	Method		method = MethodFrom(PG_GETARG_TEXT_PP(3));
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ktt matching",
												  ALLOCSET_DEFAULT_SIZES);
	ktt_memory	memory = KttMemory(context);
	MemoryContext old;
	ktt_demand *demands;
	ktt_match  *matches;
	size_t		count;
	ktt_status	status;
	ktt_fault	fault;

	InitMaterializedSRF(fcinfo, 0);
	old = MemoryContextSwitchTo(context);
	demands = KttDemands(PG_GETARG_ARRAYTYPE_P(1), PG_GETARG_ARRAYTYPE_P(2), &count);
	matches = palloc_extended(Max(count, 1) * sizeof(*matches), MCXT_ALLOC_HUGE);
	switch (method)
	{
		case NEAREST:
			status = ktt_match_nearest(pickups, demands, count, matches, &fault);
			break;
		case STABLE:
			status = ktt_match_stable(pickups, demands, count, &memory, matches, &fault);
			break;
		default:
			status = ktt_match_total(pickups, demands, count, &memory, matches, &fault);
			break;
	}
	if (status != KTT_OK)
		KttPickupReport(&fault);
	PutMatches((ReturnSetInfo *) fcinfo->resultinfo, pickups, method, demands, matches, count);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (Datum) 0;
}
