/* What chains can be asked, and how they grow. */
#include "chain.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

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

KttMembers
KttMembersOf(ArrayType *array)
{
	return (KttMembers)
	{
		.next = (const int64 *) ARR_DATA_PTR(array),
		.nulls = ARR_NULLBITMAP(array),
		.count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array))
	};
}

bool
KttMembersNext(KttMembers *members, int64 *member)
{
	while (members->place < members->count)
	{
		int			place = members->place++;

		CHECK_FOR_INTERRUPTS();
		/* A null takes no room among the values. */
		if (members->nulls != NULL && !(members->nulls[place / 8] & (1 << place % 8)))
			continue;
		*member = *members->next++;
		return true;
	}
	return false;
}

/* As jsonb does: nulls are left out, any of nobody is false, all of nobody true. */
static bool
Has(FunctionCallInfo fcinfo, bool all)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	KttMembers	members = KttMembersOf(PG_GETARG_ARRAYTYPE_P(1));
	int64		member;

	while (KttMembersNext(&members, &member))
		if ((ktt_chain_place(packed.bytes, packed.size, member) > 0) != all)
			return !all;
	return all;
}

PG_FUNCTION_INFO_V1(ktt_chain_has_any);
PGDLLEXPORT Datum
ktt_chain_has_any(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Has(fcinfo, false));
}

PG_FUNCTION_INFO_V1(ktt_chain_has_all);
PGDLLEXPORT Datum
ktt_chain_has_all(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Has(fcinfo, true));
}

PG_FUNCTION_INFO_V1(ktt_chain_get_place);
PGDLLEXPORT Datum
ktt_chain_get_place(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	int			place = ktt_chain_place(packed.bytes, packed.size, PG_GETARG_INT64(1));

	if (place == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(place);
}

PG_FUNCTION_INFO_V1(ktt_chain_get_depth);
PGDLLEXPORT Datum
ktt_chain_get_depth(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	PG_RETURN_INT32(ktt_chain_depth(packed.bytes, packed.size));
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

	switch (OidIsValid(type) ? getBaseType(type) : InvalidOid)
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
