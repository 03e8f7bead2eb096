/*
 * The live index: a tree of a table of pickup points that a session keeps. It
 * holds what seldom changes, where the points are and whom they serve; whether a
 * point is open and has room is read from its row at every call.
 *
 * The trigger pickup_points_changed() sends an invalidation of the index over
 * the ids to all sessions, with the commit. It stands for the points alone: plans
 * depend on tables, so none is made anew.
 */
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
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

PGDLLEXPORT Datum ktt_pickup_live(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_pickup_points_changed(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_pickup_live);
PG_FUNCTION_INFO_V1(ktt_pickup_points_changed);

/* Columns of the two tables. */
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

typedef struct LiveTree
{
	struct LiveTree *next;
	Oid			table;
	Oid			index;			/* unique, over the ids */
	AttrNumber	columns[POINT_COLUMNS];
	MemoryContext context;
	ktt_pickups pickups;
	bool		valid;
	bool		of_transaction; /* seen by a snapshot that nobody else has */
} LiveTree;

static LiveTree *trees = NULL;

/* Only says so: the tree may be in use right now. */
static void
Invalidate(Datum argument, Oid relation)
{
	for (LiveTree *tree = trees; tree != NULL; tree = tree->next)
		if (relation == InvalidOid || relation == tree->table || relation == tree->index)
			tree->valid = false;
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
	Relation	points;
	Relation	loads;			/* NULL: no wave, so no loads */
	AttrNumber	load_columns[LOAD_COLUMNS];
	Oid			load_index;
	int64		wave;
	int			weekday;		/* 1 to 7, 0 for any */
	Snapshot	snapshot;
} Question;

static int32
ParcelsOf(const Question *question, int64 point)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	int32		parcels = 0;

	ScanKeyInit(&keys[0], question->load_columns[LOAD_WAVE], BTEqualStrategyNumber,
				F_INT8EQ, Int64GetDatum(question->wave));
	ScanKeyInit(&keys[1], question->load_columns[LOAD_POINT], BTEqualStrategyNumber,
				F_INT8EQ, Int64GetDatum(point));
	scan = systable_beginscan(question->loads, question->load_index, true,
							  question->snapshot, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		null;
		Datum		value = heap_getattr(tuple, question->load_columns[LOAD_PARCELS],
										 RelationGetDescr(question->loads), &null);

		parcels = null ? 0 : DatumGetInt32(value);
	}
	systable_endscan(scan);
	return parcels;
}

/* Whether the row is there, open, open on the day, and has room in the wave. */
static bool
Takes(const Question *question, int64 point)
{
	const AttrNumber *columns = question->tree->columns;
	TupleDesc	form = RelationGetDescr(question->points);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		takes = false;
	bool		limited = false;
	int32		capacity = 0;

	ScanKeyInit(&key, columns[POINT_ID], BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(point));
	scan = systable_beginscan(question->points, question->tree->index, true,
							  question->snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		null;
		Datum		state = heap_getattr(tuple, columns[POINT_STATE], form, &null);
		Datum		days;

		takes = !null && VARSIZE_ANY_EXHDR(DatumGetTextPP(state)) == 4 &&
			memcmp(VARDATA_ANY(DatumGetTextPP(state)), "open", 4) == 0;
		days = heap_getattr(tuple, columns[POINT_DAYS], form, &null);
		if (question->weekday != 0 && !null &&
			(DatumGetInt16(days) & 1 << (question->weekday - 1)) == 0)
			takes = false;
		capacity = DatumGetInt32(heap_getattr(tuple, columns[POINT_CAPACITY], form, &null));
		limited = !null;
	}
	systable_endscan(scan);
	if (takes && limited)
		takes = capacity > (question->loads == NULL ? 0 : ParcelsOf(question, point));
	return takes;
}

/*
 * Nearest first, a few candidates at a time, so that no more rows are read than
 * stand before the last one found.
 */
static void
PutNearest(const Question *question, ktt_place place, int k, ReturnSetInfo *rows)
{
	const ktt_pickups *pickups = &question->tree->pickups;
	ktt_near	found[8];
	size_t		room = Min(k + 1, lengthof(found));
	ktt_near	after;
	bool		first = true;
	bool		more = true;

	while (more && k > 0)
	{
		size_t		count = ktt_pickups_nearest(pickups, place, first ? NULL : &after,
												NULL, NULL, found, room);

		first = false;
		more = count == room;
		for (size_t i = 0; i < count && k > 0; i++)
		{
			int64		point = pickups->points[found[i].point].id;
			Datum		values[2];
			bool		nulls[2] = {false, false};

			CHECK_FOR_INTERRUPTS();
			ktt_near_measure(pickups, place, &found[i]);
			after = found[i];
			if (!Takes(question, point))
				continue;
			values[0] = Int64GetDatum(point);
			values[1] = Float8GetDatum(found[i].metres);
			tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
			k--;
		}
		room = lengthof(found);
	}
}

Datum
ktt_pickup_live(PG_FUNCTION_ARGS)
{
	Question	question = {0};
	bool		in_wave = !PG_ARGISNULL(3);
	ktt_place	place;
	int			k;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2) || PG_ARGISNULL(5) || (in_wave && PG_ARGISNULL(1)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null",
						PG_ARGISNULL(0) ? "points" : PG_ARGISNULL(2) ? "location" :
						PG_ARGISNULL(5) ? "k" : "loads")));
	place = KttLocationPlace(PG_GETARG_DATUM(2));
	k = KttCheckedK(PG_GETARG_INT32(5));
	question.weekday = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4);
	if (question.weekday < (PG_ARGISNULL(4) ? 0 : 1) || question.weekday > 7)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weekday must be between 1 and 7"),
				 errdetail("It is %d; 1 is Monday.", question.weekday)));

	InitMaterializedSRF(fcinfo, 0);
	question.points = OpenTable(PG_GETARG_OID(0));
	question.tree = FindTree(question.points);
	question.snapshot = GetActiveSnapshot();
	if (in_wave)
	{
		question.wave = PG_GETARG_INT64(3);
		question.loads = OpenTable(PG_GETARG_OID(1));
		FindColumns(question.loads, load_columns, LOAD_COLUMNS, question.load_columns);
		question.load_index = RequiredIndex(question.loads, question.load_columns, 2);
	}
	PutNearest(&question, place, k, (ReturnSetInfo *) fcinfo->resultinfo);
	if (in_wave)
		table_close(question.loads, AccessShareLock);
	table_close(question.points, AccessShareLock);
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
