/*
 * Driver runs in SQL: by straight distances, or by legs that a road network gave.
 */
#include "error.h"
#include "location.h"
#include "memory.h"
#include "core/run.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#define LEGS_MAX 16777216		/* 2^24 */
#define SPEED_MAX 1000			/* km/h */
#define DETOUR_MAX 100

PGDLLEXPORT Datum ktt_run_plan(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_run_plan_legs(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_run_plan);
PG_FUNCTION_INFO_V1(ktt_run_plan_legs);

/* The stops, and where metres come from. */
typedef struct Wave
{
	ktt_run_stop *stops;
	size_t		count;
	ktt_run_terms terms;
	ktt_run_legs legs;
	/* Metres from one place to the other, numbered as in ktt_run_seconds; below 0: not known. */
	double		(*metres) (const void *context, size_t from, size_t to);
} Wave;

/* An array of one dimension. */
typedef struct Column
{
	Datum	   *values;
	bool	   *nulls;
	size_t		count;
} Column;

static void
RefuseNull(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

static Column
ColumnOf(FunctionCallInfo fcinfo, int argument, const char *name, size_t most)
{
	ArrayType  *array;
	Column		column;
	int			count;
	int16		length;
	bool		by_value;
	char		align;

	RefuseNull(fcinfo, argument, name);
	array = PG_GETARG_ARRAYTYPE_P(argument);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s must have one dimension, not %d", name, ARR_NDIM(array))));
	count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if ((size_t) count > most)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many %s", name),
				 errdetail("There are %d, at most %zu are possible.", count, most)));
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, align,
					  &column.values, &column.nulls, &count);
	column.count = (size_t) count;
	return column;
}

/* The same, of a value for each stop. */
static Column
ColumnOfStops(FunctionCallInfo fcinfo, int argument, const char *name, size_t stops)
{
	Column		column = ColumnOf(fcinfo, argument, name, KTT_RUN_STOPS_MAX);

	if (column.count != stops)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have one element for each stop", name),
				 errdetail("There are %zu ids and %zu %s.", stops, column.count, name)));
	for (size_t i = 0; i < stops; i++)
		if (column.nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain nulls", name)));
	return column;
}

static int64
MillisecondsOf(FunctionCallInfo fcinfo, int argument, const char *name)
{
	const Interval *given;
	double		milliseconds;

	RefuseNull(fcinfo, argument, name);
	given = PG_GETARG_INTERVAL_P(argument);
	milliseconds = rint(given->day * 86400000.0 + given->time / 1000.0);
	/* Months have no length, and what is infinite has all months. */
	if (given->month != 0 || milliseconds < 0 || milliseconds > KTT_RUN_WITHIN_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and 7 days", name),
				 errdetail("It is %s.",
						   DatumGetCString(DirectFunctionCall1(interval_out,
															   IntervalPGetDatum(given))))));
	return (int64) milliseconds;
}

static double
FactorOf(FunctionCallInfo fcinfo, int argument, const char *name, double least, double most)
{
	double		value;

	RefuseNull(fcinfo, argument, name);
	value = PG_GETARG_FLOAT8(argument);
	/* Written so that NaN fails too. */
	if (!(value >= least && value <= most))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between %g and %g", name, least, most),
				 errdetail("It is %s.", float8out_internal(value))));
	return value;
}

/* Ids and parcels of the stops. */
static void
ReadStops(FunctionCallInfo fcinfo, int ids_argument, int parcels_argument, Wave *wave)
{
	Column		ids = ColumnOf(fcinfo, ids_argument, "ids", KTT_RUN_STOPS_MAX);
	Column		parcels;

	ids = ColumnOfStops(fcinfo, ids_argument, "ids", ids.count);
	parcels = ColumnOfStops(fcinfo, parcels_argument, "parcels", ids.count);
	wave->count = ids.count;
	wave->stops = palloc(Max(ids.count, 1) * sizeof(*wave->stops));
	for (size_t i = 0; i < ids.count; i++)
		wave->stops[i] = (ktt_run_stop) {DatumGetInt64(ids.values[i]),
			DatumGetInt32(parcels.values[i])};
}

static void
ReadTerms(FunctionCallInfo fcinfo, int capacity, int service, int within,
		  int vehicles, int service_parcel, ktt_run_terms *terms)
{
	RefuseNull(fcinfo, capacity, "capacity");
	*terms = (ktt_run_terms) {
		.capacity = PG_GETARG_INT32(capacity),
		.within = MillisecondsOf(fcinfo, within, "within"),
		.service = MillisecondsOf(fcinfo, service, "service"),
		.service_parcel = MillisecondsOf(fcinfo, service_parcel, "service_parcel"),
		.vehicles = SIZE_MAX};
	if (!PG_ARGISNULL(vehicles))
		terms->vehicles = (size_t) Max(PG_GETARG_INT32(vehicles), 0);
}

/* What became of a stop, for sorting. */
typedef struct Row
{
	const ktt_run_visit *visit;
	int64		id;
	size_t		stop;
} Row;

/* By run and place; those that are not served come last, by id. */
static int
CompareRows(const void *left, const void *right)
{
	const Row  *one = left;
	const Row  *other = right;
	bool		served = one->visit->outcome == KTT_RUN_SERVED;

	if (served != (other->visit->outcome == KTT_RUN_SERVED))
		return served ? -1 : 1;
	if (!served)
		return one->id < other->id ? -1 : 1;
	if (one->visit->run != other->visit->run)
		return one->visit->run < other->visit->run ? -1 : 1;
	return one->visit->place < other->visit->place ? -1 : 1;
}

static Datum
IntervalOf(int64 milliseconds)
{
	Interval   *interval = palloc0(sizeof(*interval));

	interval->time = milliseconds * 1000;
	return IntervalPGetDatum(interval);
}

static void
PutRows(ReturnSetInfo *result, const Wave *wave, const ktt_run_visit *visits)
{
	static const char *const reasons[] = {
		[KTT_RUN_TOO_LARGE] = "too_large",
		[KTT_RUN_NO_WAY] = "no_way",
		[KTT_RUN_TOO_FAR] = "too_far",
		[KTT_RUN_NO_VEHICLE] = "no_vehicle"
	};
	Row		   *rows = palloc(Max(wave->count, 1) * sizeof(*rows));
	size_t		before = 0;		/* the place that the leg comes from */

	for (size_t i = 0; i < wave->count; i++)
		rows[i] = (Row) {&visits[i], wave->stops[i].id, i};
	qsort(rows, wave->count, sizeof(*rows), CompareRows);
	for (size_t i = 0; i < wave->count; i++)
	{
		const ktt_run_visit *visit = rows[i].visit;
		bool		served = visit->outcome == KTT_RUN_SERVED;
		bool		timed = served || visit->outcome == KTT_RUN_TOO_FAR;
		Datum		values[8] = {0};
		bool		nulls[8] = {!served, !served, false, !timed, true, false, served, !timed};

		if (!served || visit->place == 1)
			before = 0;
		values[0] = Int32GetDatum((int32) visit->run);
		values[1] = Int32GetDatum((int32) visit->place);
		values[2] = Int64GetDatum(rows[i].id);
		if (timed)
		{
			double		metres = wave->metres(wave->legs.context, before, rows[i].stop + 1);

			values[3] = IntervalOf(visit->arrives);
			values[4] = Float8GetDatum(metres);
			nulls[4] = metres < 0;
			values[7] = IntervalOf(visit->late);
		}
		values[5] = Int32GetDatum((int32) wave->stops[rows[i].stop].parcels);
		if (!served)
			values[6] = CStringGetTextDatum(reasons[visit->outcome]);
		before = rows[i].stop + 1;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

static void
PlanWave(FunctionCallInfo fcinfo, const Wave *wave, MemoryContext context)
{
	ktt_memory	memory = KttMemory(context);
	ktt_run_visit *visits = palloc(Max(wave->count, 1) * sizeof(*visits));
	ktt_run_totals totals;
	ktt_fault	fault;

	if (ktt_runs_plan(wave->stops, wave->count, &wave->legs, &wave->terms, &memory,
					  visits, &totals, &fault) != KTT_OK)
		KttReportFault(&fault, "runs cannot be planned");
	PutRows((ReturnSetInfo *) fcinfo->resultinfo, wave, visits);
}

/* Straight ways on the ellipsoid, made longer by a factor. */
typedef struct Straight
{
	ktt_place  *places;			/* the warehouse first */
	ktt_ecef   *positions;
	double		detour;
	double		seconds_metre;
} Straight;

static double
StraightSeconds(void *context, size_t from, size_t to)
{
	const Straight *ways = context;
	ktt_ecef	a = ways->positions[from];
	ktt_ecef	b = ways->positions[to];
	double		squared = ktt_chord_squared(a, b);

	return ways->seconds_metre *
		(squared <= KTT_QUICK_MAX * KTT_QUICK_MAX ? ktt_quick_distance(a, b, squared)
		 : ktt_distance(ways->places[from], ways->places[to]));
}

static double
StraightMetres(const void *context, size_t from, size_t to)
{
	const Straight *ways = context;

	return ways->detour * ktt_distance(ways->places[from], ways->places[to]);
}

/* driver_runs(warehouse, ids, locations, parcels, capacity, service, within, speed, detour, vehicles, service_parcel) */
Datum
ktt_run_plan(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ktt driver runs",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	Straight	ways;
	Wave		wave;
	Column		locations;

	InitMaterializedSRF(fcinfo, 0);
	old = MemoryContextSwitchTo(context);
	RefuseNull(fcinfo, 0, "warehouse");
	ReadStops(fcinfo, 1, 3, &wave);
	locations = ColumnOfStops(fcinfo, 2, "locations", wave.count);
	ReadTerms(fcinfo, 4, 5, 6, 9, 10, &wave.terms);
	ways.detour = FactorOf(fcinfo, 8, "detour", 1, DETOUR_MAX);
	ways.seconds_metre = ways.detour * 3.6 / FactorOf(fcinfo, 7, "speed", 0.1, SPEED_MAX);
	ways.places = palloc((wave.count + 1) * sizeof(*ways.places));
	ways.positions = palloc((wave.count + 1) * sizeof(*ways.positions));
	for (size_t i = 0; i <= wave.count; i++)
	{
		ways.places[i] = KttLocationPlace(i == 0 ? PG_GETARG_DATUM(0) : locations.values[i - 1]);
		ways.positions[i] = ktt_ecef_of(ways.places[i]);
	}
	wave.legs = (ktt_run_legs) {StraightSeconds, &ways, true};
	wave.metres = StraightMetres;
	PlanWave(fcinfo, &wave, context);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (Datum) 0;
}

/* Legs of a road network between the places of the stops. */
typedef struct Roads
{
	int64	   *places;			/* sorted, each once */
	size_t		place_count;
	size_t	   *place_of;		/* by stop, the warehouse first: index into places */
	int32	   *legs;			/* place_count x place_count: number of the leg from 1, or 0 */
	Column		seconds;
	Column		metres;
} Roads;

static int32
LegOf(const Roads *roads, size_t from, size_t to)
{
	return roads->legs[roads->place_of[from] * roads->place_count + roads->place_of[to]];
}

static double
RoadSeconds(void *context, size_t from, size_t to)
{
	const Roads *roads = context;
	int32		leg = LegOf(roads, from, to);

	if (roads->place_of[from] == roads->place_of[to])
		return 0;
	return leg == 0 ? -1 : DatumGetFloat8(roads->seconds.values[leg - 1]);
}

static double
RoadMetres(const void *context, size_t from, size_t to)
{
	const Roads *roads = context;
	int32		leg = LegOf(roads, from, to);

	if (roads->place_of[from] == roads->place_of[to])
		return 0;
	if (roads->metres.count == 0 || roads->metres.nulls[leg - 1])
		return -1;
	return DatumGetFloat8(roads->metres.values[leg - 1]);
}

static int
CompareInt64(const void *left, const void *right)
{
	int64		one = *(const int64 *) left;
	int64		other = *(const int64 *) right;

	return one < other ? -1 : one > other;
}

/* Index of a place, or place_count when no stop is there. */
static size_t
FindPlace(const Roads *roads, int64 place)
{
	const int64 *found = bsearch(&place, roads->places, roads->place_count,
								 sizeof(place), CompareInt64);

	return found == NULL ? roads->place_count : (size_t) (found - roads->places);
}

static void
ReadPlaces(FunctionCallInfo fcinfo, Roads *roads, size_t stops)
{
	Column		places = ColumnOfStops(fcinfo, 2, "places", stops);
	int64	   *all = palloc((stops + 1) * sizeof(*all));

	RefuseNull(fcinfo, 0, "warehouse");
	all[0] = PG_GETARG_INT64(0);
	for (size_t i = 0; i < stops; i++)
		all[i + 1] = DatumGetInt64(places.values[i]);
	roads->places = palloc((stops + 1) * sizeof(*all));
	memcpy(roads->places, all, (stops + 1) * sizeof(*all));
	qsort(roads->places, stops + 1, sizeof(*all), CompareInt64);
	roads->place_count = 1;
	for (size_t i = 1; i <= stops; i++)
		if (roads->places[i] != roads->places[roads->place_count - 1])
			roads->places[roads->place_count++] = roads->places[i];
	roads->place_of = palloc((stops + 1) * sizeof(*roads->place_of));
	for (size_t i = 0; i <= stops; i++)
		roads->place_of[i] = FindPlace(roads, all[i]);
}

/* Whether a leg is there; raises for one that cannot be. */
static bool
HasLeg(const Column *column, size_t i, const char *name, int64 from, int64 to)
{
	double		value;

	if (column->nulls[i])
		return false;
	value = DatumGetFloat8(column->values[i]);
	if (isnan(value) || value < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative or NaN", name),
				 errdetail("From %lld to %lld it is %s.", (long long) from, (long long) to,
						   float8out_internal(value))));
	return true;
}

static void
ReadLegs(FunctionCallInfo fcinfo, Roads *roads)
{
	Column		from = ColumnOf(fcinfo, 7, "from_places", LEGS_MAX);
	Column		to = ColumnOf(fcinfo, 8, "to_places", LEGS_MAX);

	roads->seconds = ColumnOf(fcinfo, 9, "seconds", LEGS_MAX);
	roads->metres = (Column) {NULL, NULL, 0};
	if (!PG_ARGISNULL(10))
		roads->metres = ColumnOf(fcinfo, 10, "metres", LEGS_MAX);
	if (from.count != to.count || from.count != roads->seconds.count ||
		(!PG_ARGISNULL(10) && from.count != roads->metres.count))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("from_places, to_places, seconds and metres must have one element for each leg"),
				 errdetail("There are %zu, %zu, %zu and %zu elements.", from.count, to.count,
						   roads->seconds.count, roads->metres.count)));
	roads->legs = palloc_extended(roads->place_count * roads->place_count * sizeof(*roads->legs),
								  MCXT_ALLOC_ZERO);
	for (size_t i = 0; i < from.count; i++)
	{
		int64		ends[2] = {DatumGetInt64(from.values[i]), DatumGetInt64(to.values[i])};
		size_t		a;
		size_t		b;
		int32	   *leg;

		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (from.nulls[i] || to.nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain nulls", from.nulls[i] ? "from_places" : "to_places")));
		if (roads->metres.count > 0)
			HasLeg(&roads->metres, i, "metres", ends[0], ends[1]);
		if (!HasLeg(&roads->seconds, i, "seconds", ends[0], ends[1]))
			continue;
		a = FindPlace(roads, ends[0]);
		b = FindPlace(roads, ends[1]);
		if (a == roads->place_count || b == roads->place_count || a == b)
			continue;
		leg = &roads->legs[a * roads->place_count + b];
		if (*leg != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the leg from %lld to %lld is there twice",
							(long long) ends[0], (long long) ends[1])));
		*leg = (int32) i + 1;
	}
}

/* driver_runs(warehouse, ids, places, parcels, capacity, service, within, from_places, to_places, seconds, metres, vehicles, service_parcel) */
Datum
ktt_run_plan_legs(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ktt driver runs",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	Roads		roads;
	Wave		wave;

	InitMaterializedSRF(fcinfo, 0);
	old = MemoryContextSwitchTo(context);
	ReadStops(fcinfo, 1, 3, &wave);
	ReadPlaces(fcinfo, &roads, wave.count);
	ReadTerms(fcinfo, 4, 5, 6, 11, 12, &wave.terms);
	ReadLegs(fcinfo, &roads);
	wave.legs = (ktt_run_legs) {RoadSeconds, &roads, false};
	wave.metres = RoadMetres;
	PlanWave(fcinfo, &wave, context);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return (Datum) 0;
}
