/*
 * ktt.basket and ktt.shares: what a value holds under some keys. Look-ups,
 * tests for keys, slices, and whether a basket covers another.
 */
#include "vector.h"

#include "miscadmin.h"

PG_FUNCTION_INFO_V1(ktt_basket_units_of);
PG_FUNCTION_INFO_V1(ktt_basket_amount_of);
PG_FUNCTION_INFO_V1(ktt_basket_entry);
PG_FUNCTION_INFO_V1(ktt_shares_amount_of);
PG_FUNCTION_INFO_V1(ktt_basket_has);
PG_FUNCTION_INFO_V1(ktt_basket_has_any);
PG_FUNCTION_INFO_V1(ktt_basket_has_all);
PG_FUNCTION_INFO_V1(ktt_shares_has);
PG_FUNCTION_INFO_V1(ktt_shares_has_any);
PG_FUNCTION_INFO_V1(ktt_shares_has_all);
PG_FUNCTION_INFO_V1(ktt_basket_slice);
PG_FUNCTION_INFO_V1(ktt_shares_slice);
PG_FUNCTION_INFO_V1(ktt_basket_covers);
PG_FUNCTION_INFO_V1(ktt_basket_covered);

static int
CompareKeys(const void *a, const void *b)
{
	int64		left = *(const int64 *) a;
	int64		right = *(const int64 *) b;

	CHECK_FOR_INTERRUPTS();
	return (left > right) - (left < right);
}

int64 *
KttSortedKeys(ktt_vector_kind kind, ArrayType *array, int *count)
{
	const char *noun = kind == KTT_BASKET ? "items" : "accounts";
	int64	   *keys = KttInt64Array(array, false, noun, count);
	int			kept = 0;

	qsort(keys, *count, sizeof(int64), CompareKeys);
	for (int i = 0; i < *count; i++)
		if (kept == 0 || keys[i] != keys[kept - 1])
			keys[kept++] = keys[i];
	*count = kept;
	return keys;
}

/* Move on to the entry of a key. What is left unread is not checked. */
static bool
Seek(ktt_vector_reader *reader, int64 key, ktt_entry *entry)
{
	while (reader->key < key)
		if (!KttVectorNext(reader, entry))
			return false;
	return reader->key == key;
}

static bool
Find(FunctionCallInfo fcinfo, ktt_vector_kind kind, ktt_entry *entry)
{
	ktt_vector_reader reader;
	int64		key = PG_GETARG_INT64(1);

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	return key > 0 && Seek(&reader, key, entry);
}

PGDLLEXPORT Datum
ktt_basket_units_of(PG_FUNCTION_ARGS)
{
	ktt_entry	entry;

	if (!Find(fcinfo, KTT_BASKET, &entry))
		PG_RETURN_NULL();
	PG_RETURN_INT64(entry.units);
}

PGDLLEXPORT Datum
ktt_basket_amount_of(PG_FUNCTION_ARGS)
{
	ktt_entry	entry;

	if (!Find(fcinfo, KTT_BASKET, &entry))
		PG_RETURN_NULL();
	PG_RETURN_INT64(entry.amount);
}

PGDLLEXPORT Datum
ktt_basket_entry(PG_FUNCTION_ARGS)
{
	ktt_entry	entry;

	if (!Find(fcinfo, KTT_BASKET, &entry))
		PG_RETURN_NULL();
	return KttVectorFromEntries(KTT_BASKET, &entry, 1);
}

PGDLLEXPORT Datum
ktt_shares_amount_of(PG_FUNCTION_ARGS)
{
	ktt_entry	entry;

	if (!Find(fcinfo, KTT_SHARES, &entry))
		PG_RETURN_NULL();
	PG_RETURN_INT64(entry.amount);
}

PGDLLEXPORT Datum
ktt_basket_has(PG_FUNCTION_ARGS)
{
	ktt_entry	entry;

	PG_RETURN_BOOL(Find(fcinfo, KTT_BASKET, &entry));
}

PGDLLEXPORT Datum
ktt_shares_has(PG_FUNCTION_ARGS)
{
	ktt_entry	entry;

	PG_RETURN_BOOL(Find(fcinfo, KTT_SHARES, &entry));
}

/* Are all keys of the array there, or any of them: the first that decides. */
static bool
Has(FunctionCallInfo fcinfo, ktt_vector_kind kind, bool all)
{
	ktt_vector_reader reader;
	ktt_entry	entry;
	int			count;
	int64	   *keys = KttSortedKeys(kind, PG_GETARG_ARRAYTYPE_P(1), &count);

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	for (int i = 0; i < count; i++)
		if ((keys[i] > 0 && Seek(&reader, keys[i], &entry)) != all)
			return !all;
	return all;
}

PGDLLEXPORT Datum
ktt_basket_has_any(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Has(fcinfo, KTT_BASKET, false));
}

PGDLLEXPORT Datum
ktt_basket_has_all(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Has(fcinfo, KTT_BASKET, true));
}

PGDLLEXPORT Datum
ktt_shares_has_any(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Has(fcinfo, KTT_SHARES, false));
}

PGDLLEXPORT Datum
ktt_shares_has_all(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Has(fcinfo, KTT_SHARES, true));
}

/* The entries whose keys are in the array. */
static Datum
Slice(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	ktt_vector_reader reader;
	ktt_entry  *entries;
	size_t		found = 0;
	int			count;
	int64	   *keys = KttSortedKeys(kind, PG_GETARG_ARRAYTYPE_P(1), &count);

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	entries = KttEntriesAlloc(kind, Min(reader.left, (uint64) count));
	for (int i = 0; i < count; i++)
		if (keys[i] > 0 && Seek(&reader, keys[i], &entries[found]))
			found++;
	return KttVectorFromEntries(kind, entries, found);
}

PGDLLEXPORT Datum
ktt_basket_slice(PG_FUNCTION_ARGS)
{
	return Slice(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_slice(PG_FUNCTION_ARGS)
{
	return Slice(fcinfo, KTT_SHARES);
}

/*
 * Is nothing of whole - part negative. What is not there counts zero, so that
 * the answer is an order of all baskets, debts among them, and never an error.
 */
static bool
Covers(Datum whole, Datum part)
{
	static const ktt_entry nothing = {0, 0, 0};
	ktt_vector_reader wholes;
	ktt_vector_reader parts;
	ktt_entry	whole_entry;
	ktt_entry	part_entry;
	bool		more_whole;
	bool		more_part;

	KttVectorOpen(&wholes, KTT_BASKET, whole);
	KttVectorOpen(&parts, KTT_BASKET, part);
	more_whole = KttVectorNext(&wholes, &whole_entry);
	more_part = KttVectorNext(&parts, &part_entry);
	while (more_whole || more_part)
	{
		bool		take_whole = more_whole &&
			(!more_part || whole_entry.key <= part_entry.key);
		bool		take_part = more_part &&
			(!more_whole || part_entry.key <= whole_entry.key);
		ktt_entry	have = take_whole ? whole_entry : nothing;
		ktt_entry	want = take_part ? part_entry : nothing;

		if (have.units < want.units || have.amount < want.amount)
			return false;
		if (take_whole)
			more_whole = KttVectorNext(&wholes, &whole_entry);
		if (take_part)
			more_part = KttVectorNext(&parts, &part_entry);
	}
	return true;
}

PGDLLEXPORT Datum
ktt_basket_covers(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Covers(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

PGDLLEXPORT Datum
ktt_basket_covered(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Covers(PG_GETARG_DATUM(1), PG_GETARG_DATUM(0)));
}
