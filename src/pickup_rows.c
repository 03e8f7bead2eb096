#include "pickup_rows.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

void
KttFindColumns(Relation table, const KttColumn *columns, int count, AttrNumber *numbers)
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
Oid
KttFindIndex(Relation table, const AttrNumber *columns, int count)
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

Oid
KttRequiredIndex(Relation table, const AttrNumber *columns, int count)
{
	Oid			index = KttFindIndex(table, columns, count);

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
Relation
KttOpenTable(Oid oid)
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

void
KttBeginRows(KttRows *rows, Relation table, Oid index)
{
	rows->table = table;
	rows->index = index;
	rows->snapshot = GetActiveSnapshot();
	rows->fetch = table_index_fetch_begin(table);
	rows->slot = table_slot_create(table, NULL);
	rows->blocks = RelationGetNumberOfBlocks(table);
}

/* The same for a table of which the tree remembers what it needs. */
void
KttBeginKeyedRows(KttRows *rows, KttKeyedTable *known, Oid oid, const KttColumn *columns,
			   int count, int keys)
{
	Relation	table = KttOpenTable(oid);

	if (known->table != oid || !OidIsValid(known->index))
	{
		KttFindColumns(table, columns, count, known->columns);
		known->table = oid;
		known->index = KttRequiredIndex(table, known->columns, keys);
	}
	KttBeginRows(rows, table, known->index);
}

void
KttEndRows(KttRows *rows)
{
	if (rows->table == NULL)
		return;
	ExecDropSingleTupleTableSlot(rows->slot);
	table_index_fetch_end(rows->fetch);
	table_close(rows->table, AccessShareLock);
}

static bool
HasKeys(const KttRows *rows, const AttrNumber *columns, const int64 *keys, int count)
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
bool
KttFindRow(KttRows *rows, const AttrNumber *columns, const int64 *keys, int count,
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
