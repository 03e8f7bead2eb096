#include "row_key.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/index.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

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

/* Unique, usable at any time, of columns and not of expressions, and of all rows. */
static bool
IsKey(Relation index, int count)
{
	Form_pg_index form = index->rd_index;
	bool		fits = index->rd_rel->relkind == RELKIND_INDEX &&
		index->rd_rel->relam == BTREE_AM_OID && form->indisunique &&
		form->indimmediate && form->indisvalid && form->indnkeyatts == count &&
		heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL);

	for (int i = 0; fits && i < count; i++)
		fits = form->indkey.values[i] > 0;
	return fits;
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

void
KttOpenKeyed(KttKeyedRows *rows, Oid index, const Oid *types, int count,
			 LOCKMODE lock, AclMode rights)
{
	Oid			table = IndexGetRelation(index, true);

	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation with OID %u is not an index", index)));
	rows->table = table_open(table, lock);
	if (rows->table->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a plain table", RelationGetRelationName(rows->table))));
	if (pg_class_aclmask(table, GetUserId(), rights, ACLMASK_ALL) != rights)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(rows->table));
	rows->index = index_open(index, AccessShareLock);
	rows->count = count;
	/* Between the look at the catalog and the lock it may have become another. */
	if (rows->index->rd_index->indrelid != table || count > KTT_KEY_COLUMNS_MAX ||
		!IsKey(rows->index, count))
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
}

bool
KttHasRowSecurity(Relation table)
{
	return check_enable_rls(RelationGetRelid(table), InvalidOid, false) == RLS_ENABLED;
}

void
KttRefuseRowSecurity(Relation table)
{
	if (KttHasRowSecurity(table))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a look-up by key cannot apply row security of table \"%s\"",
						RelationGetRelationName(table))));
}
