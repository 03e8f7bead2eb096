/* What chains can be asked, and how they grow. */
#include "chain.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(ktt_chain_leads_chain);
PGDLLEXPORT Datum
ktt_chain_leads_chain(PG_FUNCTION_ARGS)
{
	KttChainBytes a = KTT_GETARG_CHAIN(0);
	KttChainBytes b = KTT_GETARG_CHAIN(1);

	PG_RETURN_BOOL(ktt_chain_leads(a.bytes, a.size, b.bytes, b.size));
}

PG_FUNCTION_INFO_V1(ktt_chain_follows_chain);
PGDLLEXPORT Datum
ktt_chain_follows_chain(PG_FUNCTION_ARGS)
{
	KttChainBytes a = KTT_GETARG_CHAIN(0);
	KttChainBytes b = KTT_GETARG_CHAIN(1);

	PG_RETURN_BOOL(ktt_chain_leads(b.bytes, b.size, a.bytes, a.size));
}

PG_FUNCTION_INFO_V1(ktt_chain_has_member);
PGDLLEXPORT Datum
ktt_chain_has_member(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	PG_RETURN_BOOL(ktt_chain_place(packed.bytes, packed.size,
								   PG_GETARG_INT64(1)) > 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_get_depth);
PGDLLEXPORT Datum
ktt_chain_get_depth(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	PG_RETURN_INT32(ktt_chain_depth(packed.bytes, packed.size));
}

PG_FUNCTION_INFO_V1(ktt_chain_upline);
PGDLLEXPORT Datum
ktt_chain_upline(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	int32		depth = PG_GETARG_INT32(1);
	size_t		size = 0;

	if (depth > 0)
		size = ktt_chain_upline_size(packed.bytes, packed.size, depth);
	if (size == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("upline of %d members is out of range", depth),
				 errdetail("The chain has %d members.",
						   ktt_chain_depth(packed.bytes, packed.size))));
	PG_RETURN_DATUM(KttChainFromBytes(packed.bytes, size));
}

/*
 * The member id that a chain is extended by. SQL declares it anynonarray: an
 * operator (chain, bigint) would capture 'order ' || id as well, because an
 * untyped literal goes wherever the other side fits exactly.
 */
static int64
MemberArg(FunctionCallInfo fcinfo, int number)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, number);

	switch (type)
	{
		case INT8OID:
			return PG_GETARG_INT64(number);
		case INT4OID:
			return PG_GETARG_INT32(number);
		case INT2OID:
			return PG_GETARG_INT16(number);
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("a chain is extended by a member id, not by a value of type %s",
							OidIsValid(type) ? format_type_be(type) : "unknown"),
					 errhint("Cast the member id to bigint, or the chain to text.")));
	}
	return 0;
}

PG_FUNCTION_INFO_V1(ktt_chain_append);
PGDLLEXPORT Datum
ktt_chain_append(PG_FUNCTION_ARGS)
{
	ktt_chain	chain;

	KttChainUnpack(&chain, KTT_GETARG_CHAIN(0));
	KttChainPush(&chain, MemberArg(fcinfo, 1));
	PG_RETURN_DATUM(KttChainMake(&chain));
}

static Datum
Concatenate(ktt_chain *head, const ktt_chain *tail)
{
	for (int i = 0; i < tail->depth; i++)
		KttChainPush(head, tail->members[i]);
	return KttChainMake(head);
}

PG_FUNCTION_INFO_V1(ktt_chain_prepend);
PGDLLEXPORT Datum
ktt_chain_prepend(PG_FUNCTION_ARGS)
{
	ktt_chain	head = {0};
	ktt_chain	tail;

	KttChainPush(&head, MemberArg(fcinfo, 0));
	KttChainUnpack(&tail, KTT_GETARG_CHAIN(1));
	PG_RETURN_DATUM(Concatenate(&head, &tail));
}

PG_FUNCTION_INFO_V1(ktt_chain_concat);
PGDLLEXPORT Datum
ktt_chain_concat(PG_FUNCTION_ARGS)
{
	ktt_chain	head;
	ktt_chain	tail;

	KttChainUnpack(&head, KTT_GETARG_CHAIN(0));
	KttChainUnpack(&tail, KTT_GETARG_CHAIN(1));
	PG_RETURN_DATUM(Concatenate(&head, &tail));
}
