/* Splits applied to sales, and totals apportioned over weights. */
#include "split.h"
#include "core/apportion.h"
#include "core/vector.h"
#include "error.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"

void
KttReportSplit(const ktt_fault *fault)
{
	KttReportFault(fault, fault->status == KTT_UNCOVERED ?
				   "split does not hold for this price" :
				   "split cannot be applied");
}

typedef struct AllocateRows
{
	ktt_split	split;
	int64		parts[KTT_SPLIT_CLAUSES];
} AllocateRows;

PG_FUNCTION_INFO_V1(ktt_split_allocate);
PGDLLEXPORT Datum
ktt_split_allocate(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const AllocateRows *rows;
	size_t		i;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext before;
		AllocateRows *made;
		ktt_sale	sale = {PG_GETARG_INT64(1), PG_GETARG_INT64(2),
			PG_GETARG_INT64(3), PG_GETARG_INT64(4)};
		ktt_fault	fault;

		call = SRF_FIRSTCALL_INIT();
		before = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &call->tuple_desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(call->tuple_desc);
		made = palloc(sizeof(*made));
		KttSplitUnpack(&made->split, KttSplitBytesOf(PG_GETARG_DATUM(0)));
		if (ktt_split_evaluate(&made->split.rule, &sale, made->parts, &fault) != KTT_OK)
			KttReportSplit(&fault);
		call->user_fctx = made;
		MemoryContextSwitchTo(before);
	}
	call = SRF_PERCALL_SETUP();
	rows = call->user_fctx;
	i = (size_t) call->call_cntr;
	if (i >= rows->split.rule.count)
		SRF_RETURN_DONE(call);

	values[0] = KttPartyText(&rows->split.parties[i]);
	values[1] = Int64GetDatum(rows->parts[i]);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc,
															values, nulls)));
}

/*
 * A bigint array read where it lies. A short varlena header shifts everything
 * behind it by three bytes, so offsets are counted from the end of the header
 * and nothing is assumed to be aligned; that saves a copy for every order.
 */
typedef struct Numbers
{
	const unsigned char *values;
	const unsigned char *nulls;		/* bitmap, or NULL when all are there */
	size_t		count;
} Numbers;

static int32
ReadInt32(const unsigned char *from)
{
	int32		value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static int64
ReadInt64(const unsigned char *from)
{
	int64		value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static Numbers
NumbersOf(Datum datum)
{
	struct varlena *array = PG_DETOAST_DATUM_PACKED(datum);
	const unsigned char *body = (const unsigned char *) VARDATA_ANY(array);
	int32		dimensions = ReadInt32(body + offsetof(ArrayType, ndim) - VARHDRSZ);
	int32		data_offset = ReadInt32(body + offsetof(ArrayType, dataoffset) - VARHDRSZ);
	Numbers		numbers = {NULL, NULL, 0};

	if (dimensions == 0)
		return numbers;
	if (dimensions != 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array must have one dimension, not %d", dimensions)));
	numbers.count = (size_t) ReadInt32(body + sizeof(ArrayType) - VARHDRSZ);
	if (data_offset == 0)
		data_offset = ARR_OVERHEAD_NONULLS(1);
	else
		numbers.nulls = body + sizeof(ArrayType) + 2 * sizeof(int32) - VARHDRSZ;
	numbers.values = body + data_offset - VARHDRSZ;
	return numbers;
}

static bool
IsAbsent(const Numbers *numbers, size_t i)
{
	return numbers->nulls != NULL && !(numbers->nulls[i / 8] & (1 << (i % 8)));
}

/* Give the parts of absent parties to the rest; raises when that is not possible. */
static void
MoveAbsentParts(const ktt_rule *rule, const Numbers *accounts, int64 *parts)
{
	for (size_t i = 0; i < rule->count; i++)
	{
		if (!IsAbsent(accounts, i))
			continue;
		if (rule->rest == 0)
			ereport(ERROR,
					(errcode(ERRCODE_KTT_ABSENT_PARTY),
					 errmsg("a party of the split is absent"),
					 errdetail("Clause %zu has no account, and no clause takes the rest.",
							   i + 1)));
		if (IsAbsent(accounts, rule->rest - 1))
			ereport(ERROR,
					(errcode(ERRCODE_KTT_ABSENT_PARTY),
					 errmsg("the party that takes the rest is absent"),
					 errdetail("Clause %zu takes the rest and has no account.",
							   rule->rest)));
		parts[rule->rest - 1] += parts[i];
		parts[i] = 0;
	}
}

/*
 * Add a part to entries that are sorted by account. They are few, and accounts
 * that stand twice cannot exceed the sale together.
 */
static inline size_t
AddPart(ktt_entry *entries, size_t used, int64 account, int64 part)
{
	size_t		at = used;

	while (at > 0 && entries[at - 1].key >= account)
		at--;
	if (at < used && entries[at].key == account)
	{
		entries[at].amount += part;
		return used;
	}
	for (size_t i = used; i > at; i--)
		entries[i] = entries[i - 1];
	entries[at] = (ktt_entry) {.key = account, .amount = part};
	return used + 1;
}

PG_FUNCTION_INFO_V1(ktt_split_allocate_shares);
PGDLLEXPORT Datum
ktt_split_allocate_shares(PG_FUNCTION_ARGS)
{
	KttSplitBytes packed = KttSplitBytesOf(PG_GETARG_DATUM(0));
	Numbers		accounts = NumbersOf(PG_GETARG_DATUM(4));
	ktt_sale	sale = {PG_GETARG_INT64(1), PG_GETARG_INT64(2),
		PG_GETARG_INT64(3), PG_GETARG_INT64(5)};
	ktt_rule	rule;
	int64		parts[KTT_SPLIT_CLAUSES];
	ktt_entry	entries[KTT_SPLIT_CLAUSES];
	size_t		used = 0;
	struct varlena *result;
	ktt_fault	fault;

	KttRuleUnpack(&rule, packed);
	if (accounts.count != rule.count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of accounts does not match the split"),
				 errdetail("The split has %zu clauses, the array %zu accounts.",
						   rule.count, accounts.count),
				 errhint("Give one account for each clause, NULL for a party that is absent.")));
	if (ktt_split_evaluate(&rule, &sale, parts, &fault) != KTT_OK)
		KttReportSplit(&fault);
	if (accounts.nulls != NULL)
		MoveAbsentParts(&rule, &accounts, parts);

	for (size_t i = 0, at = 0; i < rule.count; i++)
	{
		int64		account;

		if (IsAbsent(&accounts, i))
			continue;
		account = ReadInt64(accounts.values + sizeof(int64) * at++);
		if (account < 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("account %lld is out of range", (long long) account),
					 errdetail("Accounts are numbered from 1.")));
		if (parts[i] > 0)
			used = AddPart(entries, used, account, parts[i]);
	}

	/* The longest they can be: sizing them costs more than the room left over. */
	result = palloc(VARHDRSZ + KTT_VECTOR_HEAD_MAX + used * 2 * KTT_VARINT_MAX);
	SET_VARSIZE(result, (char *) ktt_vector_pack(KTT_SHARES, entries, used,
												 (unsigned char *) VARDATA(result)) -
				(char *) result);
	PG_RETURN_POINTER(result);
}

/* The weights as the core takes them; raises for NULL and for less than zero. */
static void
ReadWeights(const Numbers *numbers, uint64 *weights)
{
	bool		any = false;

	for (size_t i = 0; i < numbers->count; i++)
	{
		int64		weight;

		if (IsAbsent(numbers, i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("weight must not be null")));
		weight = ReadInt64(numbers->values + sizeof(int64) * i);
		if (weight < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("weight must not be negative"),
					 errdetail("Weight %zu is %lld.", i + 1, (long long) weight)));
		any = any || weight > 0;
		weights[i] = (uint64) weight;
	}
	if (!any)
		ereport(ERROR,
				(errcode(ERRCODE_DIVISION_BY_ZERO),
				 errmsg("weights must not all be zero")));
}

PG_FUNCTION_INFO_V1(ktt_split_apportion);
PGDLLEXPORT Datum
ktt_split_apportion(PG_FUNCTION_ARGS)
{
	int64		total = PG_GETARG_INT64(0);
	Numbers		numbers = NumbersOf(PG_GETARG_DATUM(1));
	ktt_remainder small[KTT_APPORTION_SMALL];
	ktt_remainder *scratch = small;
	size_t		count = numbers.count;
	size_t		size = ARR_OVERHEAD_NONULLS(1) + count * sizeof(int64);
	ArrayType  *result;
	uint64	   *parts;
	ktt_fault	fault;

	if (count > MaxAllocSize / sizeof(ktt_remainder))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many weights: %zu", count),
				 errdetail("At most %zu are possible.",
						   MaxAllocSize / sizeof(ktt_remainder))));
	if (count > lengthof(small))
		scratch = palloc(count * sizeof(ktt_remainder));
	result = palloc0(size);
	SET_VARSIZE(result, size);
	result->ndim = 1;
	result->elemtype = INT8OID;
	ARR_DIMS(result)[0] = (int) count;
	ARR_LBOUND(result)[0] = 1;

	parts = (uint64 *) ARR_DATA_PTR(result);
	ReadWeights(&numbers, parts);
	if (ktt_apportion(total < 0 ? 0 - (uint64) total : (uint64) total, parts,
					  count, parts, scratch, &fault) != KTT_OK)
		KttReportFault(&fault, "total cannot be apportioned");
	if (total < 0)
		for (size_t i = 0; i < count; i++)
			parts[i] = 0 - parts[i];
	if (scratch != small)
		pfree(scratch);
	PG_RETURN_ARRAYTYPE_P(result);
}
