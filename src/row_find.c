/*
 * One row by its key, as a value that plpgsql takes over as it is, without a
 * copy of its fields.
 */
#include "row_key.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/expandedrecord.h"

PGDLLEXPORT Datum ktt_row_find(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_row_is_there(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_row_find);
PG_FUNCTION_INFO_V1(ktt_row_is_there);

/* The arguments are an index and the values of its columns. */
static bool
Find(FunctionCallInfo fcinfo, KttKeyedRows *rows)
{
	Oid			types[KTT_KEY_COLUMNS_MAX];
	Datum		key[KTT_KEY_COLUMNS_MAX];
	int			count = PG_NARGS() - 1;

	for (int i = 0; i < Min(count, KTT_KEY_COLUMNS_MAX); i++)
	{
		types[i] = get_fn_expr_argtype(fcinfo->flinfo, i + 1);
		key[i] = PG_GETARG_DATUM(i + 1);
	}
	KttOpenKeyed(rows, PG_GETARG_OID(0), types, count, AccessShareLock, ACL_SELECT);
	KttRefuseOthers(rows->table);
	return KttFindKeyed(rows, key);
}

Datum
ktt_row_find(PG_FUNCTION_ARGS)
{
	KttKeyedRows rows;
	ExpandedRecordHeader *record = NULL;

	if (Find(fcinfo, &rows))
	{
		bool		made;
		HeapTuple	tuple = ExecFetchSlotHeapTuple(rows.slot, false, &made);

		record = make_expanded_record_from_tupdesc(RelationGetDescr(rows.table), CurrentMemoryContext);
		/*
		 * What is stored out of line stays there until somebody asks for it; but
		 * a procedure may keep the record for longer than the row is kept.
		 */
		expanded_record_set_tuple(record, tuple, true, SPI_inside_nonatomic_context() || IsSubTransaction());
		if (made)
			heap_freetuple(tuple);
	}
	KttCloseKeyed(&rows);
	if (record == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(EOHPGetRWDatum(&record->hdr));
}

Datum
ktt_row_is_there(PG_FUNCTION_ARGS)
{
	KttKeyedRows rows;
	bool		found = Find(fcinfo, &rows);

	KttCloseKeyed(&rows);
	PG_RETURN_BOOL(found);
}
