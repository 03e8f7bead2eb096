/*
 * ktt.basket and ktt.shares in an inverted index (GIN) over their keys: the
 * operators ?, ?|, ?& and, for baskets, @>.
 */
#include "vector.h"

#include "access/gin.h"
#include "access/stratnum.h"

PG_FUNCTION_INFO_V1(ktt_basket_gin_value);
PG_FUNCTION_INFO_V1(ktt_shares_gin_value);
PG_FUNCTION_INFO_V1(ktt_basket_gin_query);
PG_FUNCTION_INFO_V1(ktt_shares_gin_query);
PG_FUNCTION_INFO_V1(ktt_vector_gin_decide);

/* The strategies, numbered as the server's own classes do. */
#define COVERS 7
#define HAS 9
#define HAS_ANY 10
#define HAS_ALL 11

/* The keys of a value; only those that @> asks for, if so wanted. */
static Datum *
KeysOf(ktt_vector_kind kind, Datum value, bool only_asked, int32 *count)
{
	ktt_vector_reader reader;
	ktt_entry	entry;
	Datum	   *keys;

	KttVectorOpen(&reader, kind, value);
	keys = palloc(Max(reader.left, 1) * sizeof(Datum));
	*count = 0;
	while (KttVectorNext(&reader, &entry))
		if (!only_asked || entry.units > 0 || entry.amount > 0)
			keys[(*count)++] = Int64GetDatum(entry.key);
	return keys;
}

PGDLLEXPORT Datum
ktt_basket_gin_value(PG_FUNCTION_ARGS)
{
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);

	PG_RETURN_POINTER(KeysOf(KTT_BASKET, PG_GETARG_DATUM(0), false, count));
}

PGDLLEXPORT Datum
ktt_shares_gin_value(PG_FUNCTION_ARGS)
{
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);

	PG_RETURN_POINTER(KeysOf(KTT_SHARES, PG_GETARG_DATUM(0), false, count));
}

/*
 * What to look for. Every value has all of no keys, and a basket without
 * anything to ask for may be covered by any: then the whole index is read.
 */
static Datum
Query(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);
	StrategyNumber strategy = PG_GETARG_UINT16(2);
	int32	   *search_mode = (int32 *) PG_GETARG_POINTER(6);
	Datum	   *keys;
	int64	   *numbers;

	switch (strategy)
	{
		case COVERS:
			keys = KeysOf(kind, PG_GETARG_DATUM(0), true, count);
			break;
		case HAS:
			keys = palloc(sizeof(Datum));
			keys[0] = PG_GETARG_DATUM(0);
			*count = 1;
			break;
		case HAS_ANY:
		case HAS_ALL:
			numbers = KttSortedKeys(kind, PG_GETARG_ARRAYTYPE_P(0), count);
			keys = palloc(Max(*count, 1) * sizeof(Datum));
			for (int i = 0; i < *count; i++)
				keys[i] = Int64GetDatum(numbers[i]);
			break;
		default:
			elog(ERROR, "unrecognized strategy number: %d", strategy);
	}
	if (*count == 0 && strategy != HAS_ANY)
		*search_mode = GIN_SEARCH_MODE_ALL;
	PG_RETURN_POINTER(keys);
}

PGDLLEXPORT Datum
ktt_basket_gin_query(PG_FUNCTION_ARGS)
{
	return Query(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_gin_query(PG_FUNCTION_ARGS)
{
	return Query(fcinfo, KTT_SHARES);
}

/* Keys settle everything but @>, which asks for units and amounts as well. */
PGDLLEXPORT Datum
ktt_vector_gin_decide(PG_FUNCTION_ARGS)
{
	const GinTernaryValue *found = (GinTernaryValue *) PG_GETARG_POINTER(0);
	StrategyNumber strategy = PG_GETARG_UINT16(1);
	int32		count = PG_GETARG_INT32(3);
	bool		any = strategy == HAS_ANY;
	GinTernaryValue decisive = any ? GIN_TRUE : GIN_FALSE;
	GinTernaryValue result = any ? GIN_FALSE : GIN_TRUE;

	for (int32 i = 0; i < count; i++)
	{
		if (found[i] == decisive)
			PG_RETURN_GIN_TERNARY_VALUE(decisive);
		if (found[i] == GIN_MAYBE)
			result = GIN_MAYBE;
	}
	if (strategy == COVERS)
		result = GIN_MAYBE;
	PG_RETURN_GIN_TERNARY_VALUE(result);
}
