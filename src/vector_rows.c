/*
 * ktt.basket and ktt.shares: constructors from numbers and arrays, and back to
 * rows.
 */
#include "vector.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "nodes/pathnodes.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(ktt_basket_make);
PG_FUNCTION_INFO_V1(ktt_shares_make);
PG_FUNCTION_INFO_V1(ktt_basket_from_arrays);
PG_FUNCTION_INFO_V1(ktt_shares_from_arrays);
PG_FUNCTION_INFO_V1(ktt_basket_items);
PG_FUNCTION_INFO_V1(ktt_shares_entries);
PG_FUNCTION_INFO_V1(ktt_vector_rows_support);

int64 *
KttInt64Array(ArrayType *array, bool refuse_nulls, const char *noun, int *count)
{
	Datum	   *elements;
	bool	   *nulls;
	int			length;
	int64	   *numbers;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array of %s must have one dimension", noun)));
	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, &length);
	numbers = palloc(Max(length, 1) * sizeof(int64));
	*count = 0;
	for (int i = 0; i < length; i++)
	{
		if (!nulls[i])
			numbers[(*count)++] = DatumGetInt64(elements[i]);
		else if (refuse_nulls)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("array of %s must not contain nulls", noun)));
	}
	pfree(elements);
	pfree(nulls);
	return numbers;
}

PGDLLEXPORT Datum
ktt_basket_make(PG_FUNCTION_ARGS)
{
	ktt_entry	entry = {PG_GETARG_INT64(0), PG_GETARG_INT64(1), PG_GETARG_INT64(2)};

	return KttVectorFromEntries(KTT_BASKET, &entry, 1);
}

PGDLLEXPORT Datum
ktt_shares_make(PG_FUNCTION_ARGS)
{
	ktt_entry	entry = {PG_GETARG_INT64(0), 0, PG_GETARG_INT64(1)};

	return KttVectorFromEntries(KTT_SHARES, &entry, 1);
}

static void
RequireLength(int count, int expected, const char *noun, const char *key_noun)
{
	if (count != expected)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("array of %s does not fit the array of %s", noun, key_noun),
				 errdetail("There are %d %s for %d %s.", count, noun, expected, key_noun)));
}

static Datum
FromArrays(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	const char *key_noun = kind == KTT_BASKET ? "items" : "accounts";
	int64	   *keys;
	int64	   *units = NULL;
	int64	   *amounts;
	int			count;
	int			other;
	ktt_entry  *entries;

	keys = KttInt64Array(PG_GETARG_ARRAYTYPE_P(0), true, key_noun, &count);
	if (kind == KTT_BASKET)
	{
		units = KttInt64Array(PG_GETARG_ARRAYTYPE_P(1), true, "units", &other);
		RequireLength(other, count, "units", key_noun);
	}
	amounts = KttInt64Array(PG_GETARG_ARRAYTYPE_P((int) kind), true, "amounts", &other);
	RequireLength(other, count, "amounts", key_noun);

	entries = KttEntriesAlloc(kind, count);
	for (int i = 0; i < count; i++)
	{
		entries[i].key = keys[i];
		entries[i].units = units != NULL ? units[i] : 0;
		entries[i].amount = amounts[i];
	}
	return KttVectorFromEntries(kind, entries, count);
}

PGDLLEXPORT Datum
ktt_basket_from_arrays(PG_FUNCTION_ARGS)
{
	return FromArrays(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_from_arrays(PG_FUNCTION_ARGS)
{
	return FromArrays(fcinfo, KTT_SHARES);
}

/*
 * Rows by way of a tuple store: a function in FROM is put into one anyway, and
 * filling it here saves a call and a composite value a row.
 */
static Datum
Rows(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ktt_vector_reader reader;
	ktt_entry	entry;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	InitMaterializedSRF(fcinfo, 0);
	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	while (KttVectorNext(&reader, &entry))
	{
		values[0] = Int64GetDatum(entry.key);
		values[1] = Int64GetDatum(entry.units);
		values[kind] = Int64GetDatum(entry.amount);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PGDLLEXPORT Datum
ktt_basket_items(PG_FUNCTION_ARGS)
{
	return Rows(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_entries(PG_FUNCTION_ARGS)
{
	return Rows(fcinfo, KTT_SHARES);
}

/* Bytes of a usual entry: a near key, a few units, an amount of some digits. */
#define USUAL_ENTRY_SIZE 6
#define HEAD_SIZE 3				/* short varlena header, version, count */

/*
 * How many rows a value becomes: counted in a constant, guessed from the
 * average width of a column, else left to the ROWS of the function.
 */
PGDLLEXPORT Datum
ktt_vector_rows_support(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	Node	   *arg;

	if (!IsA(request, SupportRequestRows) || !is_funcclause(request->node))
		PG_RETURN_POINTER(NULL);
	arg = linitial(((FuncExpr *) request->node)->args);
	if (IsA(arg, Const) && !((Const *) arg)->constisnull)
	{
		KttPacked	packed = KttPackedFrom(((Const *) arg)->constvalue);
		ktt_vector_reader reader;

		/* Both kinds begin alike, and the head is all that is read. */
		if (!ktt_vector_open(&reader, KTT_SHARES, packed.bytes, packed.size))
			PG_RETURN_POINTER(NULL);
		request->rows = Max(reader.left, 1);
		PG_RETURN_POINTER(request);
	}
	if (IsA(arg, Var) && request->root != NULL)
	{
		Var		   *var = (Var *) arg;
		RangeTblEntry *rte;
		int32		width;

		if (var->varlevelsup > 0 || var->varno < 1 ||
			var->varno >= request->root->simple_rel_array_size)
			PG_RETURN_POINTER(NULL);
		rte = request->root->simple_rte_array[var->varno];
		if (rte == NULL || rte->rtekind != RTE_RELATION)
			PG_RETURN_POINTER(NULL);
		width = get_attavgwidth(rte->relid, var->varattno);
		if (width <= 0)
			PG_RETURN_POINTER(NULL);
		request->rows = Max((width - HEAD_SIZE) / USUAL_ENTRY_SIZE, 1);
		PG_RETURN_POINTER(request);
	}
	PG_RETURN_POINTER(NULL);
}
