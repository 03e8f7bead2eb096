/*
 * What an order needs to know of its lines, in one walk over them: a statement
 * that joins and aggregates costs ten times as much to start.
 */
#include "pickup_rows.h"
#include "row_key.h"
#include "split.h"
#include "vector.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/expandedrecord.h"

PGDLLEXPORT Datum ktt_order_lines(PG_FUNCTION_ARGS);
extern Datum ktt_split_allocate_shares(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_order_lines);

#define LINES_MAX 1000
#define UNITS_MAX 1000000

/* Columns of the items. */
typedef enum ItemColumn
{
	ITEM_CAMPAIGN, ITEM_RETIRED, ITEM_SALE, ITEM_SUPPLY, ITEM_RULE, ITEM_PAYEES, ITEM_SLOTS, ITEM_PLAIN,
	ITEM_COLUMNS
} ItemColumn;

static const KttColumn item_columns[ITEM_COLUMNS] = {
	{"campaign_id", INT8OID}, {"retired", BOOLOID}, {"sale_price", INT8OID}, {"supply_price", INT8OID},
	{"rule", InvalidOid, "split"}, {"payees", INT8ARRAYOID}, {"slots", INT4OID}, {"plain", BOOLOID}
};

typedef struct Line
{
	int64		item;
	int64		units;
} Line;

/* What is gathered of the lines, and what is one for all of them. */
typedef struct Lines
{
	KttKeyedRows rows;
	AttrNumber	columns[ITEM_COLUMNS];
	int64		campaign;
	NullableDatum seller;		/* account */
	NullableDatum steward;
	Line	   *lines;
	int			count;
	Datum	   *slots;
	bool	   *endless;		/* items without slots */
	bool		plain;
	ktt_entry  *goods;
	ktt_entry  *parts;
	size_t		parts_used;
} Lines;

static int
CompareLines(const void *left, const void *right)
{
	int64		a = ((const Line *) left)->item;
	int64		b = ((const Line *) right)->item;

	return (a > b) - (a < b);
}

/* By rising item; false when some line is none: NULL, out of bounds, or given twice. */
static bool
ReadLines(Lines *lines, ArrayType *items, ArrayType *units)
{
	int			count = ArrayGetNItems(ARR_NDIM(items), ARR_DIMS(items));
	const int64 *item = (const int64 *) ARR_DATA_PTR(items);
	const int64 *number = (const int64 *) ARR_DATA_PTR(units);

	if (count == 0 || count > LINES_MAX || array_contains_nulls(items) || array_contains_nulls(units) ||
		ArrayGetNItems(ARR_NDIM(units), ARR_DIMS(units)) != count)
		return false;
	lines->lines = palloc(count * sizeof(Line));
	lines->count = count;
	for (int i = 0; i < count; i++)
	{
		if (number[i] < 1 || number[i] > UNITS_MAX)
			return false;
		lines->lines[i] = (Line) {item[i], number[i]};
	}
	qsort(lines->lines, count, sizeof(Line), CompareLines);
	for (int i = 1; i < count; i++)
		if (lines->lines[i].item == lines->lines[i - 1].item)
			return false;
	return true;
}

static int64
Times(int64 units, int64 price)
{
	int64		product;

	if (pg_mul_s64_overflow(units, price, &product))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bigint out of range")));
	return product;
}

/* The accounts of an item's payees, with the order's sales leader and steward in their places. */
static Datum
Accounts(const Lines *lines, Datum payees)
{
	Datum	   *accounts;
	bool	   *absent;
	int			count;
	int			low = 1;

	deconstruct_array(DatumGetArrayTypeP(payees), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &accounts, &absent, &count);
	for (int i = 0; i < count; i++)
	{
		const NullableDatum *account = absent[i] ? NULL :
			DatumGetInt64(accounts[i]) == -1 ? &lines->seller :
			DatumGetInt64(accounts[i]) == -2 ? &lines->steward : NULL;

		if (account != NULL)
		{
			accounts[i] = account->value;
			absent[i] = account->isnull;
		}
	}
	return PointerGetDatum(construct_md_array(accounts, absent, 1, &count, &low, INT8OID, sizeof(int64),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Add a line to the sums; false when its item cannot be ordered here. */
static bool
AddLine(Lines *lines, int i)
{
	Line		line = lines->lines[i];
	Datum		key = Int64GetDatum(line.item);
	Datum		values[ITEM_COLUMNS];
	int64		sale;
	ktt_vector_reader reader;

	if (!KttFindKeyed(&lines->rows, &key))
		return false;
	for (int column = 0; column < ITEM_COLUMNS; column++)
	{
		bool		null;

		values[column] = slot_getattr(lines->rows.slot, lines->columns[column], &null);
		if (column == ITEM_SLOTS)
			lines->endless[i] = null;
		else if (null)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("column \"%s\" of item %lld must not be null",
							item_columns[column].name, (long long) line.item)));
	}
	if (DatumGetInt64(values[ITEM_CAMPAIGN]) != lines->campaign || DatumGetBool(values[ITEM_RETIRED]))
		return false;
	sale = Times(line.units, DatumGetInt64(values[ITEM_SALE]));
	lines->goods[i] = (ktt_entry) {line.item, line.units, sale};
	lines->slots[i] = values[ITEM_SLOTS];
	lines->plain = lines->plain && DatumGetBool(values[ITEM_PLAIN]);
	KttVectorOpen(&reader, KTT_SHARES,
				  DirectFunctionCall6(ktt_split_allocate_shares, values[ITEM_RULE], Int64GetDatum(sale),
									  Int64GetDatum(Times(line.units, DatumGetInt64(values[ITEM_SUPPLY]))),
									  Int64GetDatum(line.units), Accounts(lines, values[ITEM_PAYEES]),
									  Int64GetDatum(0)));
	while (KttVectorNext(&reader, &lines->parts[lines->parts_used]))
		lines->parts_used++;
	return true;
}

static bool
AddLines(Lines *lines, Oid index)
{
	const Oid	key_type = INT8OID;
	bool		added = true;

	lines->goods = palloc(lines->count * sizeof(ktt_entry));
	/* And one more, for the look that finds the end. */
	lines->parts = palloc((lines->count * KTT_SPLIT_CLAUSES + 1) * sizeof(ktt_entry));
	lines->slots = palloc(lines->count * sizeof(Datum));
	lines->endless = palloc(lines->count * sizeof(bool));
	lines->plain = true;
	KttOpenKeyed(&lines->rows, index, &key_type, 1, AccessShareLock, ACL_SELECT);
	KttRefuseOthers(lines->rows.table);
	KttFindColumns(lines->rows.table, item_columns, ITEM_COLUMNS, lines->columns);
	for (int i = 0; added && i < lines->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		added = AddLine(lines, i);
	}
	KttCloseKeyed(&lines->rows);
	return added;
}

static Datum
Int64Array(const Lines *lines, size_t offset)
{
	ArrayType  *array = palloc(ARR_OVERHEAD_NONULLS(1) + lines->count * sizeof(int64));

	SET_VARSIZE(array, ARR_OVERHEAD_NONULLS(1) + lines->count * sizeof(int64));
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = INT8OID;
	ARR_DIMS(array)[0] = lines->count;
	ARR_LBOUND(array)[0] = 1;
	for (int i = 0; i < lines->count; i++)
		((int64 *) ARR_DATA_PTR(array))[i] = *(const int64 *) ((const char *) &lines->lines[i] + offset);
	return PointerGetDatum(array);
}

/* In the order of the type ktt.line_sums. */
typedef enum SumsColumn
{
	SUMS_ITEMS, SUMS_UNITS, SUMS_SLOTS, SUMS_PLAIN, SUMS_BASKET, SUMS_SHARES,
	SUMS_COLUMNS
} SumsColumn;

Datum
ktt_order_lines(PG_FUNCTION_ARGS)
{
	Lines		lines = {0};
	Datum		values[SUMS_COLUMNS];
	bool		nulls[SUMS_COLUMNS] = {0};
	int			low = 1;
	ExpandedRecordHeader *sums;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) ||
		!ReadLines(&lines, PG_GETARG_ARRAYTYPE_P(2), PG_GETARG_ARRAYTYPE_P(3)))
		PG_RETURN_NULL();
	lines.campaign = PG_GETARG_INT64(1);
	lines.seller = fcinfo->args[4];
	lines.steward = fcinfo->args[5];
	if (!AddLines(&lines, PG_GETARG_OID(0)))
		PG_RETURN_NULL();
	values[SUMS_ITEMS] = Int64Array(&lines, offsetof(Line, item));
	values[SUMS_UNITS] = Int64Array(&lines, offsetof(Line, units));
	values[SUMS_SLOTS] = PointerGetDatum(construct_md_array(lines.slots, lines.endless, 1, &lines.count, &low, INT4OID,
														   sizeof(int32), true, TYPALIGN_INT));
	values[SUMS_PLAIN] = BoolGetDatum(lines.plain);
	values[SUMS_BASKET] = KttVectorFromEntries(KTT_BASKET, lines.goods, lines.count);
	values[SUMS_SHARES] = KttVectorFromEntries(KTT_SHARES, lines.parts, lines.parts_used);
	sums = make_expanded_record_from_typeid(get_fn_expr_rettype(fcinfo->flinfo), -1, CurrentMemoryContext);
	expanded_record_set_fields(sums, values, nulls, false);
	PG_RETURN_DATUM(EOHPGetRWDatum(&sums->hdr));
}
