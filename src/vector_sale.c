/*
 * Whether an order adds up: what a table of orders asks of every row, in one
 * call with the row itself. A constraint costs its text anew in every
 * statement, as much for each column that it names as reading the column here.
 */
#include "vector.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PGDLLEXPORT Datum ktt_adds_up(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_adds_up);

static int128
SumOf(ktt_vector_kind kind, Datum value)
{
	ktt_vector_reader reader;
	ktt_entry	entry;
	int128		sum = 0;

	KttVectorOpen(&reader, kind, value);
	while (KttVectorNext(&reader, &entry))
		sum += entry.amount;
	return sum;
}

/* No entry below zero, and none above its like in the whole. */
static bool
IsPartOf(Datum part, Datum whole)
{
	ktt_vector_reader parts;
	ktt_vector_reader wholes;
	ktt_entry	part_entry;
	ktt_entry	whole_entry = {0};
	bool		more = true;

	KttVectorOpen(&parts, KTT_BASKET, part);
	KttVectorOpen(&wholes, KTT_BASKET, whole);
	while (KttVectorNext(&parts, &part_entry))
	{
		while (more && whole_entry.key < part_entry.key)
			more = KttVectorNext(&wholes, &whole_entry);
		if (!more || whole_entry.key != part_entry.key ||
			part_entry.units < 0 || part_entry.units > whole_entry.units ||
			part_entry.amount < 0 || part_entry.amount > whole_entry.amount)
			return false;
	}
	return true;
}

/* Columns of an order that its constraint looks at. */
typedef enum OrderColumn
{
	ORDER_AMOUNT, ORDER_BASKET, ORDER_SHARES, ORDER_REFUNDED, ORDER_PART_PAID, ORDER_PAID_AT, ORDER_DUE_AT,
	ORDER_STATE, ORDER_COLUMNS
} OrderColumn;

static const char *const column_names[ORDER_COLUMNS] = {
	"amount", "basket", "shares", "refunded", "part_paid", "paid_at", "due_at", "state"
};

/* Whether a column may be read as this one. */
static bool
HasType(OrderColumn column, Oid type)
{
	switch (column)
	{
		case ORDER_AMOUNT:
		case ORDER_PART_PAID:
			return type == INT8OID;
		case ORDER_PAID_AT:
		case ORDER_DUE_AT:
			return type == TIMESTAMPTZOID;
		case ORDER_STATE:
			return type_is_enum(type);
		default:
			return type == GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
										   CStringGetDatum(column == ORDER_SHARES ? "shares" : "basket"),
										   ObjectIdGetDatum(get_namespace_oid("ktt", false)));
	}
}

/* The columns of an order from its row; raises when one is missing. */
static void
ReadOrder(HeapTupleHeader row, NullableDatum *order)
{
	TupleDesc	columns = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	Datum	   *values = palloc(columns->natts * sizeof(Datum));
	bool	   *nulls = palloc(columns->natts * sizeof(bool));
	int			at = 0;

	heap_deform_tuple(&tuple, columns, values, nulls);
	for (int wanted = 0; wanted < ORDER_COLUMNS; wanted++)
	{
		int			left = columns->natts;

		/* From the last one found: the columns mostly come in one order. */
		while (left > 0 && (TupleDescAttr(columns, at)->attisdropped ||
							strcmp(NameStr(TupleDescAttr(columns, at)->attname), column_names[wanted]) != 0))
		{
			at = (at + 1) % columns->natts;
			left--;
		}
		if (left == 0 || !HasType(wanted, TupleDescAttr(columns, at)->atttypid))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("an order has a column \"%s\" of its type", column_names[wanted])));
		order[wanted] = (NullableDatum) {values[at], nulls[at]};
	}
	ReleaseTupleDesc(columns);
}

static bool
IsCompleted(Datum state)
{
	HeapTuple	label = SearchSysCache1(ENUMOID, state);
	bool		completed;

	if (!HeapTupleIsValid(label))
		elog(ERROR, "cache lookup failed for enum %u", DatumGetObjectId(state));
	completed = strcmp(NameStr(((Form_pg_enum) GETSTRUCT(label))->enumlabel), "completed") == 0;
	ReleaseSysCache(label);
	return completed;
}

Datum
ktt_adds_up(PG_FUNCTION_ARGS)
{
	NullableDatum order[ORDER_COLUMNS];
	int64		amount;
	int64		part;

	ReadOrder(PG_GETARG_HEAPTUPLEHEADER(0), order);
	for (int i = ORDER_AMOUNT; i <= ORDER_REFUNDED; i++)
		if (order[i].isnull)
			PG_RETURN_NULL();
	amount = DatumGetInt64(order[ORDER_AMOUNT].value);
	part = DatumGetInt64(order[ORDER_PART_PAID].value);
	PG_RETURN_BOOL(amount > 0 &&
				   SumOf(KTT_BASKET, order[ORDER_BASKET].value) == amount &&
				   SumOf(KTT_SHARES, order[ORDER_SHARES].value) == amount &&
				   IsPartOf(order[ORDER_REFUNDED].value, order[ORDER_BASKET].value) &&
				   (order[ORDER_PART_PAID].isnull ||
					(part > 0 && part < amount && order[ORDER_PAID_AT].isnull)) &&
				   (order[ORDER_STATE].isnull ||
					IsCompleted(order[ORDER_STATE].value) == !order[ORDER_DUE_AT].isnull));
}
