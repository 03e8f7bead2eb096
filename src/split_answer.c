/* Questions about splits: does it hold, why a cent, for which sales. */
#include "split.h"
#include "core/split_answer.h"
#include "error.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

static TupleDesc
RowType(FunctionCallInfo fcinfo)
{
	TupleDesc	row;

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return BlessTupleDesc(row);
}

/* The arguments from the second one on: sale, cost, units, volume. */
static ktt_sale
SaleFrom(FunctionCallInfo fcinfo)
{
	return (ktt_sale)
	{
		PG_GETARG_INT64(1), PG_GETARG_INT64(2), PG_GETARG_INT64(3), PG_GETARG_INT64(4)
	};
}

/* The parts as an object of amounts by party. */
static Datum
PartsJson(const ktt_split *split, const int64 *parts)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (size_t i = 0; i < split->rule.count; i++)
	{
		JsonbValue	value;

		value.type = jbvString;
		value.val.string.val = pnstrdup(split->parties[i].text, split->parties[i].length);
		value.val.string.len = split->parties[i].length;
		pushJsonbValue(&state, WJB_KEY, &value);
		value.type = jbvNumeric;
		value.val.numeric = int64_to_numeric(parts[i]);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/*
 * What the clauses leave of a sale for the rest, below zero where they take
 * more; false when it fits no number.
 */
static bool
LeftOver(const ktt_rule *rule, const ktt_sale *sale, int64 *left_over)
{
	int64		parts[KTT_SPLIT_CLAUSES];
	ktt_uint128 sum;

	if (!ktt_split_claims(rule, sale, parts, &sum) || sum > PG_INT64_MAX)
		return false;
	*left_over = sale->sale - (int64) sum;
	return true;
}

PG_FUNCTION_INFO_V1(ktt_split_check_sale);
PGDLLEXPORT Datum
ktt_split_check_sale(PG_FUNCTION_ARGS)
{
	TupleDesc	row = RowType(fcinfo);
	ktt_sale	sale = SaleFrom(fcinfo);
	ktt_split	split;
	int64		parts[KTT_SPLIT_CLAUSES];
	int64		left_over;
	ktt_fault	fault;
	ktt_status	status;
	Datum		values[4];
	bool		nulls[4] = {false, true, true, true};

	KttSplitUnpack(&split, KttSplitBytesOf(PG_GETARG_DATUM(0)));
	status = ktt_split_evaluate(&split.rule, &sale, parts, &fault);
	values[0] = BoolGetDatum(status == KTT_OK);
	if ((status == KTT_OK || status == KTT_UNCOVERED) &&
		LeftOver(&split.rule, &sale, &left_over))
	{
		values[1] = Int64GetDatum(left_over);
		nulls[1] = false;
	}
	if (status == KTT_OK)
	{
		values[2] = PartsJson(&split, parts);
		nulls[2] = false;
	}
	else
	{
		values[3] = CStringGetTextDatum(fault.reason);
		nulls[3] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row, values, nulls)));
}

/* A numeric with six decimals, from its sign, whole part and millionths. */
static Datum
NumericFromParts(const char *sign, int64 whole, uint32 millionths)
{
	char	   *text = psprintf("%s" INT64_FORMAT ".%06u", sign, whole, millionths);

	return DirectFunctionCall3(numeric_in, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* What rounding added to an exact share: less than a unit, up or down. */
static Datum
Rounding(const ktt_reason *reason)
{
	if (reason->rounded > reason->whole)
		return NumericFromParts("", 0, KTT_RATE_ONE - reason->millionths);
	return NumericFromParts(reason->millionths > 0 ? "-" : "", 0, reason->millionths);
}

typedef struct ExplainRows
{
	ktt_split	split;
	ktt_reason	reasons[KTT_SPLIT_CLAUSES];
} ExplainRows;

PG_FUNCTION_INFO_V1(ktt_split_explain_sale);
PGDLLEXPORT Datum
ktt_split_explain_sale(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	const ExplainRows *rows;
	const ktt_reason *reason;
	size_t		i;
	Datum		values[8];
	bool		nulls[8] = {false};

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext before;
		ExplainRows *made;
		ktt_sale	sale = SaleFrom(fcinfo);
		ktt_fault	fault;

		call = SRF_FIRSTCALL_INIT();
		before = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		call->tuple_desc = RowType(fcinfo);
		made = palloc(sizeof(*made));
		KttSplitUnpack(&made->split, KttSplitBytesOf(PG_GETARG_DATUM(0)));
		if (ktt_split_explain(&made->split.rule, &sale, made->reasons, &fault) != KTT_OK)
			KttReportSplit(&fault);
		call->user_fctx = made;
		MemoryContextSwitchTo(before);
	}
	call = SRF_PERCALL_SETUP();
	rows = call->user_fctx;
	i = (size_t) call->call_cntr;
	if (i >= rows->split.rule.count)
		SRF_RETURN_DONE(call);

	reason = &rows->reasons[i];
	values[0] = Int32GetDatum((int32) i + 1);
	values[1] = KttPartyText(&rows->split.parties[i]);
	values[2] = KttTermText(&rows->split.rule, i);
	values[3] = Int64GetDatum(reason->base);
	nulls[3] = !reason->is_rate;
	values[4] = NumericFromParts("", reason->whole, reason->millionths);
	values[5] = Rounding(reason);
	values[6] = CStringGetTextDatum(reason->bound == KTT_TERM_MIN ? "min" : "max");
	nulls[6] = reason->bound == 0;
	values[7] = Int64GetDatum(reason->part);
	SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc,
															values, nulls)));
}

static void
Pause(void)
{
	CHECK_FOR_INTERRUPTS();
}

PG_FUNCTION_INFO_V1(ktt_split_bounds);
PGDLLEXPORT Datum
ktt_split_bounds(PG_FUNCTION_ARGS)
{
	TupleDesc	row = RowType(fcinfo);
	int64		lowest = PG_GETARG_INT64(1);
	int64		highest = PG_GETARG_INT64(2);
	ktt_sale	given = {.cost = PG_GETARG_INT64(3), .units = PG_GETARG_INT64(4),
		.volume = PG_GETARG_INT64(5)};
	ktt_rule	rule;
	ktt_failures failures;
	Datum		values[3];
	bool		nulls[3] = {false};

	if (lowest > highest)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lowest sale must not be above the highest"),
				 errdetail("The range is from %lld to %lld.",
						   (long long) lowest, (long long) highest)));
	KttRuleUnpack(&rule, KttSplitBytesOf(PG_GETARG_DATUM(0)));
	ktt_split_search(&rule, &given, lowest, highest, Pause, &failures);

	values[0] = BoolGetDatum(!failures.any);
	values[1] = Int64GetDatum(failures.lowest);
	nulls[1] = !failures.any;
	if (!failures.any)
		values[2] = Int64GetDatum(lowest);
	else if (failures.highest < highest)
		values[2] = Int64GetDatum(failures.highest + 1);
	else
		nulls[2] = true;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row, values, nulls)));
}
