/*
 * The live index: a tree of a table of pickup points that a session keeps. It
 * holds what seldom changes, where the points are and whom they serve; whether a
 * point is open and has room is read from its row at every call.
 *
 * The trigger pickup_points_changed() sends an invalidation of the index over
 * the ids to all sessions, with the commit. It stands for the points alone: plans
 * depend on tables, so none is made anew.
 */
#include "error.h"
#include "location.h"
#include "pickup.h"
#include "pickup_rows.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PGDLLEXPORT Datum ktt_pickup_live(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_live_rows(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_points_changed(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_pickup_live);
PG_FUNCTION_INFO_V1(ktt_pickup_live_rows);
PG_FUNCTION_INFO_V1(ktt_pickup_points_changed);

/* Columns of the three tables. */
typedef enum PointColumn
{
	POINT_ID, POINT_LOCATION, POINT_RADIUS, POINT_AREA, POINT_CAPACITY, POINT_STATE, POINT_DAYS,
	POINT_COLUMNS
} PointColumn;

typedef enum LoadColumn
{
	LOAD_WAVE, LOAD_POINT, LOAD_PARCELS,
	LOAD_COLUMNS
} LoadColumn;

typedef enum WaveColumn
{
	WAVE_ID, WAVE_DAY,
	WAVE_COLUMNS
} WaveColumn;

static const KttColumn point_columns[POINT_COLUMNS] = {
	{"id", INT8OID}, {"location", InvalidOid, "location"}, {"radius", FLOAT8OID},
	{"area", InvalidOid, "area"}, {"capacity", INT4OID}, {"state", TEXTOID}, {"open_days", INT2OID}
};
static const KttColumn load_columns[LOAD_COLUMNS] = {
	{"wave_id", INT8OID}, {"point_id", INT8OID}, {"parcels", INT4OID}
};
static const KttColumn wave_columns[WAVE_COLUMNS] = {
	{"id", INT8OID}, {"delivery_on", DATEOID}
};

/*
 * Where the rows of a point were found last. A row may have gone from there, and
 * another may have come: the ids in it tell.
 */
typedef struct LastSeen
{
	ItemPointerData point;
	ItemPointerData load;
	int64		wave;			/* of the load */
} LastSeen;

typedef struct LiveTree
{
	struct LiveTree *next;
	Oid			table;
	Oid			index;			/* unique, over the ids */
	AttrNumber	columns[POINT_COLUMNS];
	MemoryContext context;
	ktt_pickups pickups;
	LastSeen   *seen;			/* of every point of pickups */
	bool		valid;
	bool		of_transaction; /* seen by a snapshot that nobody else has */

	KttKeyedTable loads;
	KttKeyedTable waves;
	int64		wave;			/* the last one asked for, and its row */
	ItemPointerData wave_row;
} LiveTree;

static LiveTree *trees = NULL;

/* Only says so: the tree may be in use right now. */
static void
Invalidate(Datum argument, Oid relation)
{
	for (LiveTree *tree = trees; tree != NULL; tree = tree->next)
	{
		if (relation == InvalidOid || relation == tree->table || relation == tree->index)
			tree->valid = false;
		if (relation == InvalidOid || relation == tree->loads.table)
			tree->loads.index = InvalidOid;
		if (relation == InvalidOid || relation == tree->waves.table)
			tree->waves.index = InvalidOid;
	}
}

static void
EndTransaction(XactEvent event, void *argument)
{
	for (LiveTree *tree = trees; tree != NULL; tree = tree->next)
		if (tree->of_transaction)
			tree->valid = false;
}

static ktt_pickup_entry *
ReadPoints(Relation table, const LiveTree *tree, Snapshot snapshot, size_t *count)
{
	TupleTableSlot *slot = table_slot_create(table, NULL);
	TableScanDesc scan = table_beginscan(table, snapshot, 0, NULL);
	size_t		room = 256;
	ktt_pickup_entry *entries = palloc(room * sizeof(*entries));

	*count = 0;
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		ktt_pickup_entry entry = {.point = {.capacity = KTT_NO_CAPACITY, .radius = KTT_NO_RADIUS}};
		Datum		values[POINT_COLUMNS];
		bool		nulls[POINT_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		for (int i = POINT_ID; i <= POINT_AREA; i++)
			values[i] = slot_getattr(slot, tree->columns[i], &nulls[i]);
		if (nulls[POINT_ID] || nulls[POINT_LOCATION])
			continue;
		entry.point.id = DatumGetInt64(values[POINT_ID]);
		entry.point.place = KttLocationPlace(values[POINT_LOCATION]);
		if (!nulls[POINT_RADIUS])
			entry.point.radius = DatumGetFloat8(values[POINT_RADIUS]);
		if (!nulls[POINT_AREA])
		{
			bytea	   *wkb = KttAreaWkb(values[POINT_AREA]);

			entry.area = (const unsigned char *) VARDATA_ANY(wkb);
			entry.area_size = VARSIZE_ANY_EXHDR(wkb);
		}
		if (*count == room)
		{
			room *= 2;
			entries = repalloc_huge(entries, room * sizeof(*entries));
		}
		entries[(*count)++] = entry;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return entries;
}

/*
 * Read the points with a snapshot that is newer than every invalidation that has
 * come so far; one that comes meanwhile makes the tree invalid again. A
 * transaction with one snapshot for all has to see the points of that.
 */
static void
Rebuild(LiveTree *tree, Relation table)
{
	bool		of_transaction = IsolationUsesXactSnapshot();
	Snapshot	snapshot = RegisterSnapshot(of_transaction ? GetActiveSnapshot() : GetLatestSnapshot());
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ktt live index",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "ktt live index rows",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	ktt_pickup_entry *entries;
	ktt_pickups pickups;
	LastSeen   *seen = NULL;
	size_t		count;

	KttFindColumns(table, point_columns, POINT_COLUMNS, tree->columns);
	tree->index = KttRequiredIndex(table, tree->columns, 1);
	tree->valid = true;
	tree->of_transaction = of_transaction;
	PG_TRY();
	{
		entries = ReadPoints(table, tree, snapshot, &count);
		for (size_t i = 0; i < count; i++)
		{
			ktt_fault	fault;

			if (ktt_pickup_entry_check(&entries[i], &fault) != KTT_OK)
				KttPickupReport(&fault);
		}
		KttPickupsBuild(&pickups, entries, count, context);
		/* Zero is no row's place. */
		seen = MemoryContextAllocExtended(context, Max(count, 1) * sizeof(*seen),
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	}
	PG_CATCH();
	{
		tree->valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	UnregisterSnapshot(snapshot);

	if (tree->context != NULL)
		MemoryContextDelete(tree->context);
	MemoryContextSetParent(context, CacheMemoryContext);
	tree->context = context;
	tree->pickups = pickups;
	tree->seen = seen;
}

static LiveTree *
FindTree(Relation table)
{
	Oid			oid = RelationGetRelid(table);
	LiveTree   *tree = trees;

	while (tree != NULL && tree->table != oid)
		tree = tree->next;
	if (tree == NULL)
	{
		if (trees == NULL)
		{
			CacheRegisterRelcacheCallback(Invalidate, (Datum) 0);
			RegisterXactCallback(EndTransaction, NULL);
		}
		tree = MemoryContextAllocZero(CacheMemoryContext, sizeof(*tree));
		tree->table = oid;
		tree->next = trees;
		trees = tree;
	}
	/* A table that is locked already has not been asked for news by opening it. */
	AcceptInvalidationMessages();
	if (!tree->valid || (IsolationUsesXactSnapshot() && !tree->of_transaction))
		Rebuild(tree, table);
	return tree;
}

/* What a lookup asks of the rows. */
typedef struct Question
{
	const LiveTree *tree;
	KttRows		points;
	KttRows		loads;
	int64		wave;
	int			weekday;		/* of delivery, 0 is Monday; NO_DAY when it is not known */
} Question;

#define NO_DAY (-1)

/* The weekday on which a wave is delivered. */
static int
WeekdayOf(LiveTree *tree, Oid waves, int64 wave)
{
	KttRows		rows;
	bool		null;
	Datum		day;
	int			weekday = NO_DAY;

	KttBeginKeyedRows(&rows, &tree->waves, waves, wave_columns, WAVE_COLUMNS, 1);
	if (tree->wave != wave)
		ItemPointerSetInvalid(&tree->wave_row);
	tree->wave = wave;
	if (!KttFindRow(&rows, tree->waves.columns, &wave, 1, &tree->wave_row))
		ereport(ERROR,
				(errcode(ERRCODE_KTT_UNKNOWN),
				 errmsg("wave %lld does not exist", (long long) wave)));
	day = slot_getattr(rows.slot, tree->waves.columns[WAVE_DAY], &null);
	if (!null && !DATE_NOT_FINITE(DatumGetDateADT(day)))
		/* Dates count from a Saturday. */
		weekday = ((DatumGetDateADT(day) + 5) % 7 + 7) % 7;
	KttEndRows(&rows);
	return weekday;
}

static int32
ParcelsOf(Question *question, int64 point, LastSeen *seen)
{
	const AttrNumber *columns = question->tree->loads.columns;
	int64		keys[2] = {question->wave, point};
	bool		null;
	Datum		parcels;

	if (seen->wave != question->wave)
		ItemPointerSetInvalid(&seen->load);
	seen->wave = question->wave;
	if (!KttFindRow(&question->loads, columns, keys, 2, &seen->load))
		return 0;
	parcels = slot_getattr(question->loads.slot, columns[LOAD_PARCELS], &null);
	return null ? 0 : DatumGetInt32(parcels);
}

/* Whether the row is there, open, open on the day, and has room in the wave. */
static bool
Takes(Question *question, uint32 number)
{
	const AttrNumber *columns = question->tree->columns;
	TupleTableSlot *slot = question->points.slot;
	LastSeen   *seen = &question->tree->seen[number];
	int64		point = question->tree->pickups.points[number].id;
	bool		null;
	Datum		value;

	if (!KttFindRow(&question->points, columns, &point, 1, &seen->point))
		return false;
	value = slot_getattr(slot, columns[POINT_STATE], &null);
	if (null || VARSIZE_ANY_EXHDR(DatumGetTextPP(value)) != 4 ||
		memcmp(VARDATA_ANY(DatumGetTextPP(value)), "open", 4) != 0)
		return false;
	value = slot_getattr(slot, columns[POINT_DAYS], &null);
	if (question->weekday != NO_DAY && !null &&
		(DatumGetInt16(value) & 1 << question->weekday) == 0)
		return false;
	value = slot_getattr(slot, columns[POINT_CAPACITY], &null);
	return null ||
		DatumGetInt32(value) > (question->loads.table == NULL ? 0 : ParcelsOf(question, point, seen));
}

/* Read the arguments points, loads, waves, location and wave, and open what they name. */
static void
BeginQuestion(Question *question, FunctionCallInfo fcinfo, ktt_place *place)
{
	static const char *const names[] = {"points", "loads", "waves", "location"};
	bool		in_wave = !PG_ARGISNULL(4);
	Relation	table;
	LiveTree   *tree;

	for (int i = 0; i < lengthof(names); i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be null", names[i])));
	memset(question, 0, sizeof(*question));
	*place = KttLocationPlace(PG_GETARG_DATUM(3));
	table = KttOpenTable(PG_GETARG_OID(0));
	tree = FindTree(table);
	question->tree = tree;
	question->weekday = NO_DAY;
	KttBeginRows(&question->points, table, tree->index);
	if (in_wave)
	{
		question->wave = PG_GETARG_INT64(4);
		question->weekday = WeekdayOf(tree, PG_GETARG_OID(2), question->wave);
		KttBeginKeyedRows(&question->loads, &tree->loads, PG_GETARG_OID(1), load_columns, LOAD_COLUMNS, 2);
	}
}

static void
EndQuestion(Question *question)
{
	KttEndRows(&question->loads);
	KttEndRows(&question->points);
}

/*
 * Nearest first, a few candidates at a time, so that no more rows are read than
 * stand before the last one found. Gives how many there are.
 */
static int
Nearest(Question *question, ktt_place place, ktt_near *nearest, int k)
{
	const ktt_pickups *pickups = &question->tree->pickups;
	ktt_near	candidates[8];
	size_t		room = Min(k + 1, lengthof(candidates));
	size_t		count = room;
	ktt_near	after;
	int			found = 0;
	bool		first = true;

	while (count == room && found < k)
	{
		if (!first)
			room = lengthof(candidates);
		count = ktt_pickups_nearest(pickups, place, first ? NULL : &after,
									NULL, NULL, candidates, room);
		first = false;
		for (size_t i = 0; i < count && found < k; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (Takes(question, candidates[i].point))
				nearest[found++] = candidates[i];
		}
		if (count == room)
		{
			after = candidates[room - 1];
			ktt_near_measure(pickups, place, &after);
		}
	}
	return found;
}

Datum
ktt_pickup_live(PG_FUNCTION_ARGS)
{
	Question	question;
	ktt_place	place;
	ktt_near	nearest;
	int			found;

	BeginQuestion(&question, fcinfo, &place);
	found = Nearest(&question, place, &nearest, 1);
	EndQuestion(&question);
	if (found == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(question.tree->pickups.points[nearest.point].id);
}

Datum
ktt_pickup_live_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rows = (ReturnSetInfo *) fcinfo->resultinfo;
	Question	question;
	ktt_place	place;
	ktt_near   *nearest;
	int			k;
	int			found;

	if (PG_ARGISNULL(5))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("k must not be null")));
	k = KttCheckedK(PG_GETARG_INT32(5));
	nearest = palloc(k * sizeof(*nearest));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	BeginQuestion(&question, fcinfo, &place);
	found = Nearest(&question, place, nearest, k);
	EndQuestion(&question);
	for (int i = 0; i < found; i++)
	{
		Datum		values[2];
		bool		nulls[2] = {false, false};

		values[0] = Int64GetDatum(question.tree->pickups.points[nearest[i].point].id);
		ktt_near_measure(&question.tree->pickups, place, &nearest[i]);
		values[1] = Float8GetDatum(nearest[i].metres);
		tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
ktt_pickup_points_changed(PG_FUNCTION_ARGS)
{
	Relation	table;
	AttrNumber	id;
	Oid			index;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("ktt.pickup_points_changed() was not called by a trigger")));
	table = ((TriggerData *) fcinfo->context)->tg_relation;
	id = get_attnum(RelationGetRelid(table), point_columns[POINT_ID].name);
	index = id > 0 ? KttFindIndex(table, &id, 1) : InvalidOid;
	if (OidIsValid(index))
		CacheInvalidateRelcacheByRelid(index);
	return PointerGetDatum(NULL);
}
