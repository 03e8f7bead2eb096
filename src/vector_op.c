/*
 * ktt.basket and ktt.shares: comparison, look-ups, totals, slices, reversal.
 */
#include "vector.h"

#include "core/apportion.h"

#include "common/hashfn.h"

PG_FUNCTION_INFO_V1(ktt_vector_eq);
PG_FUNCTION_INFO_V1(ktt_vector_ne);
PG_FUNCTION_INFO_V1(ktt_vector_lt);
PG_FUNCTION_INFO_V1(ktt_vector_le);
PG_FUNCTION_INFO_V1(ktt_vector_gt);
PG_FUNCTION_INFO_V1(ktt_vector_ge);
PG_FUNCTION_INFO_V1(ktt_vector_cmp);
PG_FUNCTION_INFO_V1(ktt_vector_hash);
PG_FUNCTION_INFO_V1(ktt_vector_hash_extended);
PG_FUNCTION_INFO_V1(ktt_basket_negate);
PG_FUNCTION_INFO_V1(ktt_shares_negate);
PG_FUNCTION_INFO_V1(ktt_basket_cardinality);
PG_FUNCTION_INFO_V1(ktt_shares_cardinality);
PG_FUNCTION_INFO_V1(ktt_basket_units);
PG_FUNCTION_INFO_V1(ktt_basket_amount);
PG_FUNCTION_INFO_V1(ktt_shares_total);
PG_FUNCTION_INFO_V1(ktt_basket_units_of);
PG_FUNCTION_INFO_V1(ktt_basket_amount_of);
PG_FUNCTION_INFO_V1(ktt_shares_amount_of);
PG_FUNCTION_INFO_V1(ktt_basket_has);
PG_FUNCTION_INFO_V1(ktt_shares_has);
PG_FUNCTION_INFO_V1(ktt_basket_covers);
PG_FUNCTION_INFO_V1(ktt_basket_covered);
PG_FUNCTION_INFO_V1(ktt_basket_slice);
PG_FUNCTION_INFO_V1(ktt_shares_reverse);

/* Equal values have equal bytes; the order of the bytes serves as the order. */
static int
Compare(FunctionCallInfo fcinfo)
{
	KttPacked	a = KTT_PACKED_ARG(0);
	KttPacked	b = KTT_PACKED_ARG(1);
	int			order = memcmp(a.bytes, b.bytes, Min(a.size, b.size));

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

PGDLLEXPORT Datum
ktt_vector_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) == 0);
}

PGDLLEXPORT Datum
ktt_vector_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) != 0);
}

PGDLLEXPORT Datum
ktt_vector_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) < 0);
}

PGDLLEXPORT Datum
ktt_vector_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) <= 0);
}

PGDLLEXPORT Datum
ktt_vector_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) > 0);
}

PGDLLEXPORT Datum
ktt_vector_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) >= 0);
}

PGDLLEXPORT Datum
ktt_vector_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(Compare(fcinfo));
}

PGDLLEXPORT Datum
ktt_vector_hash(PG_FUNCTION_ARGS)
{
	KttPacked	packed = KTT_PACKED_ARG(0);

	return hash_any(packed.bytes, (int) packed.size);
}

PGDLLEXPORT Datum
ktt_vector_hash_extended(PG_FUNCTION_ARGS)
{
	KttPacked	packed = KTT_PACKED_ARG(0);

	return hash_any_extended(packed.bytes, (int) packed.size,
							 PG_GETARG_INT64(1));
}

static Datum
Negate(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	static const unsigned char nothing[] = {KTT_VECTOR_VERSION, 0};
	KttPacked	empty = {nothing, sizeof(nothing)};

	return KttVectorMerge(kind, -1, empty, KTT_PACKED_ARG(0));
}

PGDLLEXPORT Datum
ktt_basket_negate(PG_FUNCTION_ARGS)
{
	return Negate(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_negate(PG_FUNCTION_ARGS)
{
	return Negate(fcinfo, KTT_SHARES);
}

static Datum
CountEntries(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	ktt_vector_reader reader;

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	PG_RETURN_INT32((int32) reader.left);
}

PGDLLEXPORT Datum
ktt_basket_cardinality(PG_FUNCTION_ARGS)
{
	return CountEntries(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_cardinality(PG_FUNCTION_ARGS)
{
	return CountEntries(fcinfo, KTT_SHARES);
}

/* Sums over all entries, held in 128 bits: only the result has to fit. */
static Datum
Total(FunctionCallInfo fcinfo, ktt_vector_kind kind, bool units)
{
	ktt_vector_reader reader;
	ktt_entry	entry;
	int128		total = 0;

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	while (KttVectorNext(&reader, &entry))
		total += units ? entry.units : entry.amount;
	if (total > PG_INT64_MAX || total < PG_INT64_MIN)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bigint out of range"),
				 errdetail("The total of a value of type %s does not fit into a bigint.",
						   KttVectorName(kind))));
	PG_RETURN_INT64((int64) total);
}

PGDLLEXPORT Datum
ktt_basket_units(PG_FUNCTION_ARGS)
{
	return Total(fcinfo, KTT_BASKET, true);
}

PGDLLEXPORT Datum
ktt_basket_amount(PG_FUNCTION_ARGS)
{
	return Total(fcinfo, KTT_BASKET, false);
}

PGDLLEXPORT Datum
ktt_shares_total(PG_FUNCTION_ARGS)
{
	return Total(fcinfo, KTT_SHARES, false);
}

static bool
Find(FunctionCallInfo fcinfo, ktt_vector_kind kind, ktt_entry *entry)
{
	ktt_vector_reader reader;
	int64		key = PG_GETARG_INT64(1);

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	while (KttVectorNext(&reader, entry))
		if (entry->key >= key)
			return entry->key == key;
	return false;
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

/* The next entry of a basket that must hold goods, not debts. */
static bool
NextGoods(ktt_vector_reader *reader, ktt_entry *entry)
{
	if (!KttVectorNext(reader, entry))
		return false;
	if (entry->units < 0 || entry->amount < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("baskets with negative entries cannot cover each other"),
				 errdetail("Item %lld has " INT64_FORMAT " units and the amount " INT64_FORMAT ".",
						   (long long) entry->key, entry->units, entry->amount)));
	return true;
}

/* Both are read to their ends, so that the answer does not depend on luck. */
static bool
Covers(Datum whole, Datum part)
{
	ktt_vector_reader wholes;
	ktt_vector_reader parts;
	ktt_entry	have;
	ktt_entry	want;
	bool		more;
	bool		covers = true;

	KttVectorOpen(&wholes, KTT_BASKET, whole);
	KttVectorOpen(&parts, KTT_BASKET, part);
	more = NextGoods(&wholes, &have);
	while (NextGoods(&parts, &want))
	{
		while (more && have.key < want.key)
			more = NextGoods(&wholes, &have);
		if (!more || have.key != want.key ||
			have.units < want.units || have.amount < want.amount)
			covers = false;
	}
	while (more)
		more = NextGoods(&wholes, &have);
	return covers;
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

static int
CompareKeys(const void *a, const void *b)
{
	int64		left = *(const int64 *) a;
	int64		right = *(const int64 *) b;

	return (left > right) - (left < right);
}

/* The entries whose keys are in the array. NULL elements name nothing. */
PGDLLEXPORT Datum
ktt_basket_slice(PG_FUNCTION_ARGS)
{
	ktt_vector_reader reader;
	ktt_entry  *entries;
	size_t		count = 0;
	int64	   *keys;
	int			key_count;
	int			at = 0;

	keys = KttInt64Array(PG_GETARG_ARRAYTYPE_P(1), false, "items", &key_count);
	KttVectorOpen(&reader, KTT_BASKET, PG_GETARG_DATUM(0));
	qsort(keys, key_count, sizeof(int64), CompareKeys);
	entries = KttEntriesAlloc(KTT_BASKET, Min(reader.left, (uint64) key_count) + 1);
	while (KttVectorNext(&reader, &entries[count]))
	{
		while (at < key_count && keys[at] < entries[count].key)
			at++;
		if (at < key_count && keys[at] == entries[count].key)
			count++;
	}
	return KttVectorFromEntries(KTT_BASKET, entries, count);
}

/*
 * The part of what is left that a refund takes back: the refund apportioned
 * over the amounts left, so that no part goes below zero and refunds that sum
 * to the whole take back exactly the whole.
 */
PGDLLEXPORT Datum
ktt_shares_reverse(PG_FUNCTION_ARGS)
{
	int64		refund = PG_GETARG_INT64(1);
	ktt_vector_reader reader;
	ktt_entry  *entries;
	uint64	   *parts;
	ktt_remainder *scratch;
	size_t		count = 0;
	int128		total = 0;
	ktt_fault	fault;

	KttVectorOpen(&reader, KTT_SHARES, PG_GETARG_DATUM(0));
	entries = KttEntriesAlloc(KTT_SHARES, reader.left + 1);
	for (; KttVectorNext(&reader, &entries[count]); count++)
	{
		if (entries[count].amount < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("shares with negative amounts cannot be reversed"),
					 errdetail("Account %lld has the amount " INT64_FORMAT ".",
							   (long long) entries[count].key,
							   entries[count].amount)));
		total += entries[count].amount;
	}
	if (refund < 0 || refund > total)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("refund is not between zero and what is left"),
				 errdetail("The refund is " INT64_FORMAT ", what is left is %s.", refund,
						   total > PG_INT64_MAX ? "more than a bigint holds"
						   : psprintf(INT64_FORMAT, (int64) total))));

	/* Nothing left means nothing to give back: the refund is zero here. */
	if (count > 0)
	{
		parts = palloc(count * sizeof(*parts));
		scratch = palloc(count * sizeof(*scratch));
		for (size_t i = 0; i < count; i++)
			parts[i] = (uint64) entries[i].amount;
		if (ktt_apportion((uint64) refund, parts, count, parts, scratch,
						  &fault) != KTT_OK)
			KttVectorReport(KTT_SHARES, &fault);
		for (size_t i = 0; i < count; i++)
			entries[i].amount = (int64) parts[i];
	}
	return KttVectorFromEntries(KTT_SHARES, entries, count);
}
