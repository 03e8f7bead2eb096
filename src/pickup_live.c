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

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/skey.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

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

typedef struct Column
{
	const char *name;
	Oid			type;			/* InvalidOid: own_type of schema ktt */
	const char *own_type;
} Column;

static const Column point_columns[POINT_COLUMNS] = {
	{"id", INT8OID}, {"location", InvalidOid, "location"}, {"radius", FLOAT8OID},
	{"area", InvalidOid, "area"}, {"capacity", INT4OID}, {"state", TEXTOID}, {"open_days", INT2OID}
};
static const Column load_columns[LOAD_COLUMNS] = {
	{"wave_id", INT8OID}, {"point_id", INT8OID}, {"parcels", INT4OID}
};
static const Column wave_columns[WAVE_COLUMNS] = {
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

/* A table that is asked by its keys, and what was found out about it. */
typedef struct KeyedTable
{
	Oid			table;
	Oid			index;			/* unique, over the keys; invalid when the table has changed */
	AttrNumber	columns[LOAD_COLUMNS];
} KeyedTable;

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

	KeyedTable	loads;
	KeyedTable	waves;
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

static void
FindColumns(Relation table, const Column *columns, int count, AttrNumber *numbers)
{
	for (int i = 0; i < count; i++)
	{
		Oid			type = columns[i].type;

		if (!OidIsValid(type))
			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
								   CStringGetDatum(columns[i].own_type),
								   ObjectIdGetDatum(get_namespace_oid("ktt", false)));
		numbers[i] = get_attnum(RelationGetRelid(table), columns[i].name);
		/* Read as what it is not, a value could be anything. */
		if (numbers[i] <= 0 ||
			TupleDescAttr(RelationGetDescr(table), numbers[i] - 1)->atttypid != type)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("relation \"%s\" has no column \"%s\" of type %s",
							RelationGetRelationName(table), columns[i].name,
							format_type_be(type))));
	}
}

/* A unique index over just these columns; InvalidOid when there is none. */
static Oid
FindIndex(Relation table, const AttrNumber *columns, int count)
{
	List	   *indexes = RelationGetIndexList(table);
	Oid			found = InvalidOid;
	ListCell   *cell;

	foreach(cell, indexes)
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_index form;
		bool		fits;

		if (!HeapTupleIsValid(tuple))
			continue;
		form = (Form_pg_index) GETSTRUCT(tuple);
		fits = form->indisunique && form->indisvalid && form->indimmediate &&
			form->indnkeyatts == count &&
			heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		for (int i = 0; fits && i < count; i++)
			fits = form->indkey.values[i] == columns[i];
		ReleaseSysCache(tuple);
		if (fits)
		{
			found = lfirst_oid(cell);
			break;
		}
	}
	list_free(indexes);
	return found;
}

static Oid
RequiredIndex(Relation table, const AttrNumber *columns, int count)
{
	Oid			index = FindIndex(table, columns, count);

	if (!OidIsValid(index))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("relation \"%s\" has no primary key or unique index that finds its rows",
						RelationGetRelationName(table)),
				 count == 1 ? errdetail("It should be over the column id.")
				 : errdetail("It should be over the columns wave_id and point_id.")));
	return index;
}

/* Open a plain table that the caller may read. */
static Relation
OpenTable(Oid oid)
{
	Relation	table = table_open(oid, AccessShareLock);
	AclResult	allowed;

	if (table->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(table))));
	allowed = pg_class_aclcheck(oid, GetUserId(), ACL_SELECT);
	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_TABLE, RelationGetRelationName(table));
	if (check_enable_rls(oid, InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the live index cannot apply row security of table \"%s\"",
						RelationGetRelationName(table))));
	return table;
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

	FindColumns(table, point_columns, POINT_COLUMNS, tree->columns);
	tree->index = RequiredIndex(table, tree->columns, 1);
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

/* A table that is asked row by row in one call. */
typedef struct Rows
{
	Relation	table;			/* NULL: not asked */
	Oid			index;
	Snapshot	snapshot;
	IndexFetchTableData *fetch;
	TupleTableSlot *slot;
	BlockNumber blocks;			/* a table that was cut off no longer has all places */
} Rows;

static void
BeginRows(Rows *rows, Relation table, Oid index)
{
	rows->table = table;
	rows->index = index;
	rows->snapshot = GetActiveSnapshot();
	rows->fetch = table_index_fetch_begin(table);
	rows->slot = table_slot_create(table, NULL);
	rows->blocks = RelationGetNumberOfBlocks(table);
}

/* The same for a table of which the tree remembers what it needs. */
static void
BeginKeyedRows(Rows *rows, KeyedTable *known, Oid oid, const Column *columns,
			   int count, int keys)
{
	Relation	table = OpenTable(oid);

	if (known->table != oid || !OidIsValid(known->index))
	{
		FindColumns(table, columns, count, known->columns);
		known->table = oid;
		known->index = RequiredIndex(table, known->columns, keys);
	}
	BeginRows(rows, table, known->index);
}

static void
EndRows(Rows *rows)
{
	if (rows->table == NULL)
		return;
	ExecDropSingleTupleTableSlot(rows->slot);
	table_index_fetch_end(rows->fetch);
	table_close(rows->table, AccessShareLock);
}

static bool
HasKeys(const Rows *rows, const AttrNumber *columns, const int64 *keys, int count)
{
	for (int i = 0; i < count; i++)
	{
		bool		null;
		Datum		value = slot_getattr(rows->slot, columns[i], &null);

		if (null || DatumGetInt64(value) != keys[i])
			return false;
	}
	return true;
}

/*
 * Put the row with these keys that the snapshot sees into the slot: from where
 * it was last, or by the index. A key has one row that can be seen, so what is
 * found at the old place is it.
 */
static bool
FindRow(Rows *rows, const AttrNumber *columns, const int64 *keys, int count,
		ItemPointer place)
{
	ScanKeyData scan_keys[2];
	Relation	index;
	IndexScanDesc scan;
	ItemPointer entry;
	bool		found = false;

	if (ItemPointerIsValid(place) && ItemPointerGetBlockNumber(place) < rows->blocks)
	{
		ItemPointerData row = *place;
		bool		again = false;

		if (table_index_fetch_tuple(rows->fetch, &row, rows->snapshot, rows->slot, &again, NULL) &&
			HasKeys(rows, columns, keys, count))
			return true;
	}
	for (int i = 0; i < count; i++)
		ScanKeyInit(&scan_keys[i], i + 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(keys[i]));
	index = index_open(rows->index, AccessShareLock);
	scan = KttIndexBeginScan(rows->table, index, rows->snapshot, count);
	index_rescan(scan, scan_keys, count, NULL, 0);
	while (!found && (entry = index_getnext_tid(scan, ForwardScanDirection)) != NULL)
	{
		/* Where the index points; the row itself may lie farther on in the page. */
		ItemPointerData root = *entry;

		found = index_fetch_heap(scan, rows->slot);
		if (found)
		{
			*place = root;
			ExecMaterializeSlot(rows->slot);
		}
	}
	index_endscan(scan);
	index_close(index, AccessShareLock);
	return found;
}

/* What a lookup asks of the rows. */
typedef struct Question
{
	const LiveTree *tree;
	Rows		points;
	Rows		loads;
	int64		wave;
	int			weekday;		/* of delivery, 0 is Monday; NO_DAY when it is not known */
} Question;

#define NO_DAY (-1)

/* The weekday on which a wave is delivered. */
static int
WeekdayOf(LiveTree *tree, Oid waves, int64 wave)
{
	Rows		rows;
	bool		null;
	Datum		day;
	int			weekday = NO_DAY;

	BeginKeyedRows(&rows, &tree->waves, waves, wave_columns, WAVE_COLUMNS, 1);
	if (tree->wave != wave)
		ItemPointerSetInvalid(&tree->wave_row);
	tree->wave = wave;
	if (!FindRow(&rows, tree->waves.columns, &wave, 1, &tree->wave_row))
		ereport(ERROR,
				(errcode(ERRCODE_KTT_UNKNOWN),
				 errmsg("wave %lld does not exist", (long long) wave)));
	day = slot_getattr(rows.slot, tree->waves.columns[WAVE_DAY], &null);
	if (!null && !DATE_NOT_FINITE(DatumGetDateADT(day)))
		/* Dates count from a Saturday. */
		weekday = ((DatumGetDateADT(day) + 5) % 7 + 7) % 7;
	EndRows(&rows);
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
	if (!FindRow(&question->loads, columns, keys, 2, &seen->load))
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

	if (!FindRow(&question->points, columns, &point, 1, &seen->point))
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
	table = OpenTable(PG_GETARG_OID(0));
	tree = FindTree(table);
	question->tree = tree;
	question->weekday = NO_DAY;
	BeginRows(&question->points, table, tree->index);
	if (in_wave)
	{
		question->wave = PG_GETARG_INT64(4);
		question->weekday = WeekdayOf(tree, PG_GETARG_OID(2), question->wave);
		BeginKeyedRows(&question->loads, &tree->loads, PG_GETARG_OID(1), load_columns, LOAD_COLUMNS, 2);
	}
}

static void
EndQuestion(Question *question)
{
	EndRows(&question->loads);
	EndRows(&question->points);
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
	index = id > 0 ? FindIndex(table, &id, 1) : InvalidOid;
	if (OidIsValid(index))
		CacheInvalidateRelcacheByRelid(index);
	return PointerGetDatum(NULL);
}
