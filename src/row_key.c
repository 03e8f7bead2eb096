#include "row_key.h"

#include "pickup_rows.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static RegProcedure
EqualityOf(Oid type)
{
	switch (type)
	{
		case INT8OID:
			return F_INT8EQ;
		case INT4OID:
			return F_INT4EQ;
		case TEXTOID:
			return F_TEXTEQ;
		default:
			return InvalidOid;
	}
}

/*
 * Whether it has the rows that the snapshot sees. One that was made while rows
 * had versions with other keys has only the newest of each.
 */
static bool
IsOldEnough(Relation index)
{
	TransactionId maker = HeapTupleHeaderGetXmin(index->rd_indextuple->t_data);

	return !index->rd_index->indcheckxmin ||
		!(TransactionIdIsCurrentTransactionId(maker) || XidInMVCCSnapshot(maker, GetActiveSnapshot()));
}

/* Unique, usable at any time, of columns and not of expressions, and of all rows. */
static bool
IsKey(Relation index, int count)
{
	Form_pg_index form = index->rd_index;
	bool		fits = index->rd_rel->relkind == RELKIND_INDEX &&
		index->rd_rel->relam == BTREE_AM_OID && form->indisunique &&
		form->indimmediate && form->indisvalid && form->indnkeyatts == count &&
		heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL) && IsOldEnough(index);

	for (int i = 0; fits && i < count; i++)
		fits = form->indkey.values[i] > 0;
	return fits;
}

/*
 * Open the index, or the one that REINDEX CONCURRENTLY has put in its place since
 * its name was looked up.
 */
static Relation
OpenIndex(Relation table, Oid index)
{
	Relation	opened = try_relation_open(index, AccessShareLock);
	Oid			other = InvalidOid;

	if (opened == NULL || opened->rd_index == NULL ||
		opened->rd_index->indrelid != RelationGetRelid(table))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("index with OID %u of table \"%s\" was dropped", index, RelationGetRelationName(table))));
	if (!opened->rd_index->indisvalid)
		other = KttFindIndex(table, opened->rd_index->indkey.values, opened->rd_index->indnkeyatts);
	if (!OidIsValid(other))
		return opened;
	relation_close(opened, NoLock);
	return index_open(other, AccessShareLock);
}

static void
PrepareKeys(KttKeyedRows *rows, const Oid *types)
{
	for (int i = 0; i < rows->count; i++)
	{
		RegProcedure equals = EqualityOf(types[i]);

		/* Compared as what it is not, a value could be anything. */
		if (!OidIsValid(equals) || rows->index->rd_opcintype[i] != types[i] ||
			TupleDescAttr(RelationGetDescr(rows->index), i)->atttypid != types[i])
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("key %d of index \"%s\" cannot be looked up by a value of type %s",
							i + 1, RelationGetRelationName(rows->index),
							OidIsValid(types[i]) ? format_type_be(types[i]) : "unknown"),
					 errdetail("Its type is %s; keys are bigint, integer or text.",
							   format_type_be(TupleDescAttr(RelationGetDescr(rows->index), i)->atttypid))));
		ScanKeyEntryInitialize(&rows->keys[i], 0, i + 1, BTEqualStrategyNumber, InvalidOid,
							   rows->index->rd_indcollation[i], equals, (Datum) 0);
	}
}

/* Whether the table was rewritten, or changed otherwise, behind the snapshot. */
static bool
IsYounger(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	TransactionId maker;

	if (!HeapTupleIsValid(tuple))
		return false;
	maker = HeapTupleHeaderGetXmin(tuple->t_data);
	ReleaseSysCache(tuple);
	return !TransactionIdIsCurrentTransactionId(maker) && XidInMVCCSnapshot(maker, GetActiveSnapshot());
}

/*
 * Open the table and lock it first. What was rewritten meanwhile is empty to a
 * snapshot from before, so there is a new one then; a statement, too, takes its
 * snapshot behind its locks.
 */
static void
OpenTable(KttKeyedRows *rows, Oid table, LOCKMODE lock)
{
	bool		waited = !ConditionalLockRelationOid(table, lock);

	if (waited)
		LockRelationOid(table, lock);
	rows->table = table_open(table, NoLock);
	rows->renewed = waited || IsYounger(table);
	if (rows->renewed)
		PushActiveSnapshot(GetTransactionSnapshot());
}

void
KttOpenKeyed(KttKeyedRows *rows, Oid index, const Oid *types, int count,
			 LOCKMODE lock, AclMode rights)
{
	Oid			table = IndexGetRelation(index, true);

	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation with OID %u is not an index", index)));
	OpenTable(rows, table, lock);
	if (rows->table->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a plain table", RelationGetRelationName(rows->table))));
	if (pg_class_aclmask(table, GetUserId(), rights, ACLMASK_ALL) != rights)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(rows->table));
	rows->index = OpenIndex(rows->table, index);
	rows->count = count;
	if (count > KTT_KEY_COLUMNS_MAX || !IsKey(rows->index, count))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("index \"%s\" cannot find rows by a key of %d columns",
						RelationGetRelationName(rows->index), count),
				 errdetail("It has to be a valid unique B-tree over just these, of all rows.")));
	PrepareKeys(rows, types);
	rows->slot = table_slot_create(rows->table, NULL);
	rows->scan = KttIndexBeginScan(rows->table, rows->index, GetActiveSnapshot(), count);
}

bool
KttFindKeyed(KttKeyedRows *rows, const Datum *key)
{
	for (int i = 0; i < rows->count; i++)
		rows->keys[i].sk_argument = key[i];
	index_rescan(rows->scan, rows->keys, rows->count, NULL, 0);
	return index_getnext_slot(rows->scan, ForwardScanDirection, rows->slot);
}

void
KttCloseKeyed(KttKeyedRows *rows)
{
	index_endscan(rows->scan);
	ExecDropSingleTupleTableSlot(rows->slot);
	index_close(rows->index, NoLock);
	table_close(rows->table, NoLock);
	if (rows->renewed)
		PopActiveSnapshot();
}

bool
KttHasRowSecurity(Relation table)
{
	return check_enable_rls(RelationGetRelid(table), InvalidOid, false) == RLS_ENABLED;
}

void
KttRefuseOthers(Relation table)
{
	if (table->rd_rel->relhassubclass && find_inheritance_children(RelationGetRelid(table), NoLock) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a look-up by key cannot see the tables that inherit from \"%s\"",
						RelationGetRelationName(table))));
	if (KttHasRowSecurity(table))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a look-up by key cannot apply row security of table \"%s\"",
						RelationGetRelationName(table))));
}
