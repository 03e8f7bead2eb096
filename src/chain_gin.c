/* The inverted index of chains: which member takes part where. */
#include "chain.h"

#include "access/gin.h"
#include "access/stratnum.h"
#include "utils/array.h"

/* Strategies of chain_gin_ops. */
#define HAS 1					/* ? */
#define HAS_ANY 2				/* ?| */
#define HAS_ALL 3				/* ?& */

PG_FUNCTION_INFO_V1(ktt_chain_gin_keys);
PGDLLEXPORT Datum
ktt_chain_gin_keys(PG_FUNCTION_ARGS)
{
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);
	ktt_chain	chain;
	Datum	   *keys;

	KttChainUnpack(&chain, KTT_GETARG_CHAIN(0));
	*count = chain.depth;
	keys = palloc(sizeof(Datum) * chain.depth);
	for (int i = 0; i < chain.depth; i++)
		keys[i] = Int64GetDatum(chain.members[i]);
	PG_RETURN_POINTER(keys);
}

PG_FUNCTION_INFO_V1(ktt_chain_gin_query);
PGDLLEXPORT Datum
ktt_chain_gin_query(PG_FUNCTION_ARGS)
{
	int32	   *count = (int32 *) PG_GETARG_POINTER(1);
	int32	   *mode = (int32 *) PG_GETARG_POINTER(6);
	KttMembers	members;
	Datum	   *keys;
	int64		member;

	if (PG_GETARG_UINT16(2) == HAS)
	{
		keys = palloc(sizeof(Datum));
		keys[0] = PG_GETARG_DATUM(0);
		*count = 1;
		PG_RETURN_POINTER(keys);
	}
	members = KttMembersOf(PG_GETARG_ARRAYTYPE_P(0));
	keys = palloc(sizeof(Datum) * Max(members.count, 1));
	*count = 0;
	while (KttMembersNext(&members, &member))
		keys[(*count)++] = Int64GetDatum(member);
	/* All of nobody take part in every chain, any of nobody in none. */
	if (*count == 0 && PG_GETARG_UINT16(2) == HAS_ALL)
		*mode = GIN_SEARCH_MODE_ALL;
	PG_RETURN_POINTER(keys);
}

/*
 * One function for both questions: true and false are the same among the
 * boolean and the ternary values.
 */
static GinTernaryValue
Consistent(const GinTernaryValue *check, StrategyNumber strategy, int32 count)
{
	GinTernaryValue decided = strategy == HAS_ALL ? GIN_FALSE : GIN_TRUE;
	bool		maybe = false;

	for (int32 i = 0; i < count; i++)
	{
		if (check[i] == decided)
			return decided;
		maybe = maybe || check[i] == GIN_MAYBE;
	}
	if (maybe)
		return GIN_MAYBE;
	return strategy == HAS_ALL ? GIN_TRUE : GIN_FALSE;
}

PG_FUNCTION_INFO_V1(ktt_chain_gin_consistent);
PGDLLEXPORT Datum
ktt_chain_gin_consistent(PG_FUNCTION_ARGS)
{
	/* The index holds the very members, so its answer is final. */
	*(bool *) PG_GETARG_POINTER(5) = false;
	PG_RETURN_BOOL(Consistent((GinTernaryValue *) PG_GETARG_POINTER(0),
							  PG_GETARG_UINT16(1), PG_GETARG_INT32(3)) == GIN_TRUE);
}

PG_FUNCTION_INFO_V1(ktt_chain_gin_triconsistent);
PGDLLEXPORT Datum
ktt_chain_gin_triconsistent(PG_FUNCTION_ARGS)
{
	PG_RETURN_GIN_TERNARY_VALUE(Consistent((GinTernaryValue *) PG_GETARG_POINTER(0),
										   PG_GETARG_UINT16(1), PG_GETARG_INT32(3)));
}
