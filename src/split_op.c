/* Splits compared, hashed and taken apart. */
#include "split.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* Order by bytes: any total order will do, equal rules have equal bytes. */
static int
Compare(FunctionCallInfo fcinfo)
{
	KttSplitBytes left = KttSplitBytesOf(PG_GETARG_DATUM(0));
	KttSplitBytes right = KttSplitBytesOf(PG_GETARG_DATUM(1));
	int			order = memcmp(left.bytes, right.bytes,
							   Min(left.size, right.size));

	if (order == 0)
		order = (left.size > right.size) - (left.size < right.size);
	return order;
}

PG_FUNCTION_INFO_V1(ktt_split_cmp);
PGDLLEXPORT Datum
ktt_split_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(Compare(fcinfo));
}

PG_FUNCTION_INFO_V1(ktt_split_eq);
PGDLLEXPORT Datum
ktt_split_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) == 0);
}

PG_FUNCTION_INFO_V1(ktt_split_ne);
PGDLLEXPORT Datum
ktt_split_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) != 0);
}

PG_FUNCTION_INFO_V1(ktt_split_lt);
PGDLLEXPORT Datum
ktt_split_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) < 0);
}

PG_FUNCTION_INFO_V1(ktt_split_le);
PGDLLEXPORT Datum
ktt_split_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) <= 0);
}

PG_FUNCTION_INFO_V1(ktt_split_gt);
PGDLLEXPORT Datum
ktt_split_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) > 0);
}

PG_FUNCTION_INFO_V1(ktt_split_ge);
PGDLLEXPORT Datum
ktt_split_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(fcinfo) >= 0);
}

PG_FUNCTION_INFO_V1(ktt_split_hash);
PGDLLEXPORT Datum
ktt_split_hash(PG_FUNCTION_ARGS)
{
	KttSplitBytes packed = KttSplitBytesOf(PG_GETARG_DATUM(0));

	return hash_any(packed.bytes, (int) packed.size);
}

PG_FUNCTION_INFO_V1(ktt_split_hash_extended);
PGDLLEXPORT Datum
ktt_split_hash_extended(PG_FUNCTION_ARGS)
{
	KttSplitBytes packed = KttSplitBytesOf(PG_GETARG_DATUM(0));

	return hash_any_extended(packed.bytes, (int) packed.size,
							 (uint64) PG_GETARG_INT64(1));
}

PG_FUNCTION_INFO_V1(ktt_split_parties);
PGDLLEXPORT Datum
ktt_split_parties(PG_FUNCTION_ARGS)
{
	ktt_split	split;
	Datum		parties[KTT_SPLIT_CLAUSES];

	KttSplitUnpack(&split, KttSplitBytesOf(PG_GETARG_DATUM(0)));
	for (size_t i = 0; i < split.rule.count; i++)
		parties[i] = KttPartyText(&split.parties[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(parties, (int) split.rule.count, TEXTOID,
										  -1, false, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(ktt_split_needs_volume);
PGDLLEXPORT Datum
ktt_split_needs_volume(PG_FUNCTION_ARGS)
{
	ktt_rule	rule;

	KttRuleUnpack(&rule, KttSplitBytesOf(PG_GETARG_DATUM(0)));
	PG_RETURN_BOOL(ktt_rule_has_ladder(&rule));
}

PG_FUNCTION_INFO_V1(ktt_split_clauses);
PGDLLEXPORT Datum
ktt_split_clauses(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const ktt_split *split;
	size_t		i;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext before;
		ktt_split  *unpacked;

		call = SRF_FIRSTCALL_INIT();
		before = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &call->tuple_desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(call->tuple_desc);
		unpacked = palloc(sizeof(*unpacked));
		KttSplitUnpack(unpacked, KttSplitBytesOf(PG_GETARG_DATUM(0)));
		call->user_fctx = unpacked;
		MemoryContextSwitchTo(before);
	}
	call = SRF_PERCALL_SETUP();
	split = call->user_fctx;
	i = (size_t) call->call_cntr;
	if (i >= split->rule.count)
		SRF_RETURN_DONE(call);

	values[0] = Int32GetDatum((int32) i + 1);
	values[1] = KttPartyText(&split->parties[i]);
	values[2] = KttTermText(&split->rule, i);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc,
															values, nulls)));
}
