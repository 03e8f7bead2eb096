/*
 * ktt.basket and ktt.shares: comparison, multiples, totals, reversal.
 */
#include "vector.h"

#include "core/apportion.h"
#include "core/vector_scale.h"

#include "access/detoast.h"

#include "common/hashfn.h"
#include "miscadmin.h"

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
PG_FUNCTION_INFO_V1(ktt_basket_times);
PG_FUNCTION_INFO_V1(ktt_times_basket);
PG_FUNCTION_INFO_V1(ktt_shares_times);
PG_FUNCTION_INFO_V1(ktt_times_shares);
PG_FUNCTION_INFO_V1(ktt_basket_cardinality);
PG_FUNCTION_INFO_V1(ktt_shares_cardinality);
PG_FUNCTION_INFO_V1(ktt_basket_units);
PG_FUNCTION_INFO_V1(ktt_basket_amount);
PG_FUNCTION_INFO_V1(ktt_shares_total);
PG_FUNCTION_INFO_V1(ktt_shares_reverse);

/*
 * Equal values have equal bytes; the order of the bytes serves as the order.
 * What was detoasted is freed at once: sorting compares in one context.
 */
static int
Compare(FunctionCallInfo fcinfo)
{
	struct varlena *left = PG_GETARG_VARLENA_PP(0);
	struct varlena *right = PG_GETARG_VARLENA_PP(1);
	size_t		left_size = VARSIZE_ANY_EXHDR(left);
	size_t		right_size = VARSIZE_ANY_EXHDR(right);
	int			order = memcmp(VARDATA_ANY(left), VARDATA_ANY(right),
							   Min(left_size, right_size));

	PG_FREE_IF_COPY(left, 0);
	PG_FREE_IF_COPY(right, 1);
	return order != 0 ? order : (left_size > right_size) - (left_size < right_size);
}

/* Values of other sizes differ, which a toasted value tells without its bytes. */
static bool
Same(FunctionCallInfo fcinfo)
{
	return toast_raw_datum_size(PG_GETARG_DATUM(0)) ==
		toast_raw_datum_size(PG_GETARG_DATUM(1)) && Compare(fcinfo) == 0;
}

PGDLLEXPORT Datum
ktt_vector_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Same(fcinfo));
}

PGDLLEXPORT Datum
ktt_vector_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!Same(fcinfo));
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
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum		hash = hash_any((unsigned char *) VARDATA_ANY(value),
								(int) VARSIZE_ANY_EXHDR(value));

	PG_FREE_IF_COPY(value, 0);
	return hash;
}

PGDLLEXPORT Datum
ktt_vector_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum		hash = hash_any_extended((unsigned char *) VARDATA_ANY(value),
										 (int) VARSIZE_ANY_EXHDR(value),
										 PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(value, 0);
	return hash;
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
Times(ktt_vector_kind kind, Datum value, int64 factor)
{
	KttPacked	packed = KttPackedFrom(value);
	struct varlena *result;
	size_t		size;
	ktt_fault	fault;

	if (!ktt_vector_scale_room(kind, packed.bytes, packed.size, &size))
	{
		ktt_vector_broken(&fault);
		KttVectorReport(kind, &fault);
	}
	result = palloc(VARHDRSZ + size);
	if (ktt_vector_scale(kind, factor, packed.bytes, packed.size,
						 (unsigned char *) VARDATA(result), &size,
						 &fault) != KTT_OK)
		KttVectorReport(kind, &fault);
	SET_VARSIZE(result, VARHDRSZ + size);
	return PointerGetDatum(result);
}

PGDLLEXPORT Datum
ktt_basket_times(PG_FUNCTION_ARGS)
{
	return Times(KTT_BASKET, PG_GETARG_DATUM(0), PG_GETARG_INT64(1));
}

PGDLLEXPORT Datum
ktt_times_basket(PG_FUNCTION_ARGS)
{
	return Times(KTT_BASKET, PG_GETARG_DATUM(1), PG_GETARG_INT64(0));
}

PGDLLEXPORT Datum
ktt_shares_times(PG_FUNCTION_ARGS)
{
	return Times(KTT_SHARES, PG_GETARG_DATUM(0), PG_GETARG_INT64(1));
}

PGDLLEXPORT Datum
ktt_times_shares(PG_FUNCTION_ARGS)
{
	return Times(KTT_SHARES, PG_GETARG_DATUM(1), PG_GETARG_INT64(0));
}

static Datum
CountEntries(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	uint64		count;
	ktt_fault	fault;

	if (!KttVectorPeek(kind, PG_GETARG_DATUM(0), &count))
	{
		ktt_vector_broken(&fault);
		KttVectorReport(kind, &fault);
	}
	PG_RETURN_INT32((int32) count);
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

/* Sums over all entries: only the result has to fit. */
static Datum
Total(FunctionCallInfo fcinfo, ktt_vector_kind kind, bool units)
{
	KttPacked	packed = KTT_PACKED_ARG(0);
	int64		total = 0;
	ktt_status	status;
	ktt_fault	fault;

	CHECK_FOR_INTERRUPTS();
	status = ktt_vector_total(kind, units, packed.bytes, packed.size, &total,
							  &fault);
	if (status == KTT_RANGE)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bigint out of range"),
				 errdetail("The total of a value of type %s does not fit into a bigint.",
						   KttVectorName(kind))));
	if (status != KTT_OK)
		KttVectorReport(kind, &fault);
	PG_RETURN_INT64(total);
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
	entries = KttEntriesAlloc(KTT_SHARES, reader.left);
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
