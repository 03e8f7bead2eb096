/*
 * ktt.basket and ktt.shares: constructors from numbers and arrays, and back to
 * rows, all of them or the greatest.
 */
#include "vector.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(ktt_basket_make);
PG_FUNCTION_INFO_V1(ktt_shares_make);
PG_FUNCTION_INFO_V1(ktt_basket_from_arrays);
PG_FUNCTION_INFO_V1(ktt_shares_from_arrays);
PG_FUNCTION_INFO_V1(ktt_basket_items);
PG_FUNCTION_INFO_V1(ktt_shares_entries);
PG_FUNCTION_INFO_V1(ktt_basket_top);
PG_FUNCTION_INFO_V1(ktt_shares_top);

int64 *
KttInt64Array(ArrayType *array, bool refuse_nulls, const char *noun, int *count)
{
	int			length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const bits8 *present = ARR_NULLBITMAP(array);
	const int64 *element = (const int64 *) ARR_DATA_PTR(array);
	int64	   *numbers;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array of %s must have one dimension", noun)));
	numbers = palloc(Max(length, 1) * sizeof(int64));
	*count = 0;
	for (int i = 0; i < length; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (present == NULL || (present[i / 8] & (1 << (i % 8))) != 0)
			numbers[(*count)++] = *element++;
		else if (refuse_nulls)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("array of %s must not contain nulls", noun)));
	}
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
	ArrayType  *key_array = PG_GETARG_ARRAYTYPE_P(0);
	int64	   *keys;
	int64	   *units = NULL;
	int64	   *amounts;
	int			count;
	int			other;
	ktt_entry  *entries;

	/* Before anything is copied: the limit holds for what is given, too. */
	entries = KttEntriesAlloc(kind, ArrayGetNItems(ARR_NDIM(key_array),
												   ARR_DIMS(key_array)));
	keys = KttInt64Array(key_array, true, key_noun, &count);
	if (kind == KTT_BASKET)
	{
		units = KttInt64Array(PG_GETARG_ARRAYTYPE_P(1), true, "units", &other);
		RequireLength(other, count, "units", key_noun);
	}
	amounts = KttInt64Array(PG_GETARG_ARRAYTYPE_P((int) kind), true, "amounts", &other);
	RequireLength(other, count, "amounts", key_noun);

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
static void
PutEntry(ReturnSetInfo *result, ktt_vector_kind kind, const ktt_entry *entry)
{
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	values[0] = Int64GetDatum(entry->key);
	values[1] = Int64GetDatum(entry->units);
	values[kind] = Int64GetDatum(entry->amount);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static Datum
Rows(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ktt_vector_reader reader;
	ktt_entry	entry;

	InitMaterializedSRF(fcinfo, 0);
	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	while (KttVectorNext(&reader, &entry))
		PutEntry(result, kind, &entry);
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

/* What entries are ranked by. */
typedef enum Rank
{
	BY_AMOUNT,
	BY_UNITS
} Rank;

/* Whether a ranks before b: greater first, among equals the lower key. */
static inline bool
RanksBefore(Rank rank, const ktt_entry *a, const ktt_entry *b)
{
	int64		left = rank == BY_UNITS ? a->units : a->amount;
	int64		right = rank == BY_UNITS ? b->units : b->amount;

	return left != right ? left > right : a->key < b->key;
}

static int
CompareRanks(const void *a, const void *b, void *rank)
{
	CHECK_FOR_INTERRUPTS();
	return RanksBefore(*(Rank *) rank, a, b) ? -1 : RanksBefore(*(Rank *) rank, b, a);
}

/* Put an entry in the place of another, or below entries that rank behind it. */
static void
SiftDown(Rank rank, ktt_entry *heap, size_t count, size_t at, ktt_entry entry)
{
	size_t		child;

	while ((child = 2 * at + 1) < count)
	{
		if (child + 1 < count && RanksBefore(rank, &heap[child], &heap[child + 1]))
			child++;
		if (!RanksBefore(rank, &entry, &heap[child]))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = entry;
}

/*
 * Memory for as many entries as are wanted, whatever the size of the value.
 * Once they are there, a heap with the last of them on top tells which others
 * rank before it; only what it holds in the end is sorted.
 */
static Datum
Top(FunctionCallInfo fcinfo, ktt_vector_kind kind, Rank rank)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int32		wanted = PG_GETARG_INT32(1);
	ktt_vector_reader reader;
	ktt_entry	entry;
	ktt_entry  *best;
	size_t		room;

	if (wanted < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of entries must not be negative")));
	InitMaterializedSRF(fcinfo, 0);
	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	room = Min((uint64) wanted, reader.left);
	best = KttEntriesAlloc(kind, room);
	for (size_t i = 0; i < room; i++)
		(void) KttVectorNext(&reader, &best[i]);
	if (room > 0 && reader.left > 0)
	{
		for (size_t at = room / 2; at-- > 0;)
			SiftDown(rank, best, room, at, best[at]);
		while (KttVectorNext(&reader, &entry))
			if (RanksBefore(rank, &entry, &best[0]))
				SiftDown(rank, best, room, 0, entry);
	}
	qsort_arg(best, room, sizeof(ktt_entry), CompareRanks, &rank);
	for (size_t i = 0; i < room; i++)
	{
		CHECK_FOR_INTERRUPTS();
		PutEntry(result, kind, &best[i]);
	}
	pfree(best);
	return (Datum) 0;
}

PGDLLEXPORT Datum
ktt_basket_top(PG_FUNCTION_ARGS)
{
	char	   *by = text_to_cstring(PG_GETARG_TEXT_PP(2));
	bool		by_units = strcmp(by, "units") == 0;

	if (!by_units && strcmp(by, "amount") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("items cannot be ranked by \"%.*s\"",
						pg_mbcliplen(by, strlen(by), 64), by),
				 errhint("Rank them by \"amount\" or \"units\".")));
	return Top(fcinfo, KTT_BASKET, by_units ? BY_UNITS : BY_AMOUNT);
}

PGDLLEXPORT Datum
ktt_shares_top(PG_FUNCTION_ARGS)
{
	return Top(fcinfo, KTT_SHARES, BY_AMOUNT);
}
