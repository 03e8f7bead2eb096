/*
 * Taking stock for an order: what UPDATE does with as many rows as the order
 * has items, by the key of each and without a plan.
 */
#include "row_key.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/snapmgr.h"

PGDLLEXPORT Datum ktt_order_take_stock(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_order_take_stock);

/* The key is campaign_id, stock_id, slot. */
static const Oid key_types[] = {INT8OID, INT8OID, INT4OID};

#define KEY_COLUMNS 3

typedef struct Stock
{
	KttKeyedRows rows;
	AttrNumber	free;			/* the column of that name */
	TupleTableSlot *changed;
	EState	   *state;			/* for constraints and indexes */
	ResultRelInfo *result;
	bool		indexes_open;
} Stock;

/*
 * Whether an update is no more than a new version of the row: a trigger, a rule,
 * a generated column, a partition's bounds or heirs are for the executor.
 */
static bool
IsSimple(Relation table)
{
	TupleConstr *constraints = RelationGetDescr(table)->constr;
	TriggerDesc *triggers = table->trigdesc;

	return table->rd_rules == NULL && !KttHasRowSecurity(table) &&
		!table->rd_rel->relispartition && !table->rd_rel->relhassubclass &&
		(constraints == NULL || !constraints->has_generated_stored) &&
		(triggers == NULL ||
		 !(triggers->trig_update_before_row || triggers->trig_update_after_row ||
		   triggers->trig_update_before_statement || triggers->trig_update_after_statement));
}

static AttrNumber
FreeColumn(Relation table)
{
	TupleDesc	columns = RelationGetDescr(table);

	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped && column->atttypid == INT8OID &&
			strcmp(NameStr(column->attname), "free") == 0)
			return column->attnum;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("relation \"%s\" has no column \"free\" of type bigint",
					RelationGetRelationName(table))));
}

static void
BeginStock(Stock *stock, Oid index)
{
	KttOpenKeyed(&stock->rows, index, key_types, KEY_COLUMNS, RowExclusiveLock,
				 ACL_SELECT | ACL_UPDATE);
	CheckCmdReplicaIdentity(stock->rows.table, CMD_UPDATE);
	stock->free = FreeColumn(stock->rows.table);
	stock->changed = MakeSingleTupleTableSlot(RelationGetDescr(stock->rows.table), &TTSOpsVirtual);
	stock->state = CreateExecutorState();
	(void) GetCurrentCommandId(true);
	stock->state->es_output_cid = GetActiveSnapshot()->curcid;
	stock->result = makeNode(ResultRelInfo);
	InitResultRelInfo(stock->result, stock->rows.table, 0, NULL, 0);
	stock->indexes_open = false;
}

static void
EndStock(Stock *stock)
{
	if (stock->indexes_open)
		ExecCloseIndices(stock->result);
	ExecDropSingleTupleTableSlot(stock->changed);
	FreeExecutorState(stock->state);
	KttCloseKeyed(&stock->rows);
}

/* Whether the row in the slot has this key still, and enough; then the one to be is made. */
static bool
HasEnough(Stock *stock, const Datum *key, int64 units)
{
	TupleTableSlot *row = stock->rows.slot;
	TupleTableSlot *changed = stock->changed;
	int			free = stock->free - 1;

	slot_getallattrs(row);
	for (int i = 0; i < KEY_COLUMNS; i++)
	{
		int			column = stock->rows.index->rd_index->indkey.values[i] - 1;

		if (row->tts_isnull[column] ||
			(key_types[i] == INT4OID ? DatumGetInt32(row->tts_values[column]) != DatumGetInt32(key[i])
			 : DatumGetInt64(row->tts_values[column]) != DatumGetInt64(key[i])))
			return false;
	}
	if (row->tts_isnull[free] || DatumGetInt64(row->tts_values[free]) < units)
		return false;
	ExecClearTuple(changed);
	for (int i = 0; i < changed->tts_tupleDescriptor->natts; i++)
	{
		changed->tts_values[i] = row->tts_values[i];
		changed->tts_isnull[i] = row->tts_isnull[i] || TupleDescAttr(changed->tts_tupleDescriptor, i)->attisdropped;
	}
	changed->tts_values[free] = Int64GetDatum(DatumGetInt64(row->tts_values[free]) - units);
	ExecStoreVirtualTuple(changed);
	changed->tts_tableOid = row->tts_tableOid;
	return true;
}

static void
FailToSerialize(const char *what)
			pg_attribute_noreturn();

static void
FailToSerialize(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access due to concurrent %s", what)));
}

static void
FailOn(TM_Result result)
			pg_attribute_noreturn();

static void
FailOn(TM_Result result)
{
	if (result == TM_SelfModified)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("stock was already changed by the same command")));
	elog(ERROR, "unexpected result %d of a change of stock", result);
}

/*
 * Wait for whoever changed the row, and lock and fetch what he left of it. False
 * when that is nothing.
 */
static bool
LockNewest(Stock *stock, LockTupleMode mode)
{
	TupleTableSlot *row = stock->rows.slot;
	ItemPointerData place = row->tts_tid;
	TM_FailureData failure;
	TM_Result	result = table_tuple_lock(stock->rows.table, &place, GetActiveSnapshot(), row,
										  stock->state->es_output_cid, mode, LockWaitBlock,
										  TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);

	if (result != TM_Ok && result != TM_Deleted)
		FailOn(result);
	return result == TM_Ok;
}

static void
InsertIntoIndexes(Stock *stock, KttIndexesToUpdate which)
{
	if (!stock->indexes_open)
		ExecOpenIndices(stock->result, false);
	stock->indexes_open = true;
	(void) KttInsertIndexTuples(stock->result, stock->changed, stock->state, which);
	ResetPerTupleExprContext(stock->state);
}

/* Take units from the row with the key; false when it has too little, or is not there. */
static bool
Take(Stock *stock, const Datum *key, int64 units)
{
	KttIndexesToUpdate indexes = KTT_NO_INDEXES;
	LockTupleMode mode;
	TM_FailureData failure;

	if (!KttFindKeyed(&stock->rows, key))
		return false;
	for (;;)
	{
		TM_Result	result;

		if (!HasEnough(stock, key, units))
			return false;
		if (RelationGetDescr(stock->rows.table)->constr != NULL)
			ExecConstraints(stock->result, stock->changed, stock->state);
		ResetPerTupleExprContext(stock->state);
		result = table_tuple_update(stock->rows.table, &stock->rows.slot->tts_tid, stock->changed,
									stock->state->es_output_cid, GetActiveSnapshot(), InvalidSnapshot,
									true, &failure, &mode, &indexes);
		if (result == TM_Ok)
			break;
		if (result == TM_Updated || result == TM_Deleted)
		{
			if (IsolationUsesXactSnapshot())
				FailToSerialize(result == TM_Updated ? "update" : "delete");
			if (result == TM_Deleted || !LockNewest(stock, mode))
				return false;
		}
		else
			FailOn(result);
	}
	if (indexes != KTT_NO_INDEXES)
		InsertIntoIndexes(stock, indexes);
	return true;
}

/*
 * Items by rising id, so that two orders queue and never deadlock; slots is NULL
 * for an item that may be sold without end.
 */
typedef struct Wants
{
	const int64 *items;
	const int64 *units;
	const int32 *slots;
	const bits8 *known;			/* of slots, or NULL when all are */
	int			count;
} Wants;

static void
ReadWants(Wants *wants, ArrayType *items, ArrayType *units, ArrayType *slots)
{
	wants->count = ArrayGetNItems(ARR_NDIM(items), ARR_DIMS(items));
	wants->items = (const int64 *) ARR_DATA_PTR(items);
	wants->units = (const int64 *) ARR_DATA_PTR(units);
	wants->slots = (const int32 *) ARR_DATA_PTR(slots);
	wants->known = ARR_NULLBITMAP(slots);
	if (array_contains_nulls(items) || array_contains_nulls(units))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("items and units must not contain nulls")));
	if (ArrayGetNItems(ARR_NDIM(units), ARR_DIMS(units)) != wants->count ||
		ArrayGetNItems(ARR_NDIM(slots), ARR_DIMS(slots)) != wants->count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("items, units and slots must have the same length")));
	for (int i = 0; i < wants->count; i++)
	{
		if (i > 0 && wants->items[i] <= wants->items[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("items must be given once each, by rising id")));
		if (wants->units[i] < 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("units must be above zero")));
	}
}

Datum
ktt_order_take_stock(PG_FUNCTION_ARGS)
{
	Wants		wants;
	Stock		stock;
	const int32 *slots;
	bool		taken = true;

	PreventCommandIfReadOnly("take_stock()");
	PreventCommandIfParallelMode("take_stock()");
	ReadWants(&wants, PG_GETARG_ARRAYTYPE_P(2), PG_GETARG_ARRAYTYPE_P(3), PG_GETARG_ARRAYTYPE_P(4));
	BeginStock(&stock, PG_GETARG_OID(0));
	if (!IsSimple(stock.rows.table))
	{
		EndStock(&stock);
		PG_RETURN_NULL();
	}
	slots = wants.slots;
	for (int i = 0; taken && i < wants.count; i++)
	{
		Datum		key[KEY_COLUMNS] = {PG_GETARG_DATUM(1), Int64GetDatum(wants.items[i])};

		CHECK_FOR_INTERRUPTS();
		if (wants.known != NULL && (wants.known[i / 8] & (1 << (i % 8))) == 0)
			continue;
		if (*slots < 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("number of slots must be above zero")));
		key[2] = Int32GetDatum(MyProcPid % *slots++);
		taken = Take(&stock, key, wants.units[i]);
	}
	EndStock(&stock);
	PG_RETURN_BOOL(taken);
}
