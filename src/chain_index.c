/* Chains in order and hashed, and how "below this chain" uses a btree. */
#include "chain.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/lsyscache.h"
#include "utils/sortsupport.h"

static int
Compare(Datum left, Datum right)
{
	struct varlena *a = PG_DETOAST_DATUM_PACKED(left);
	struct varlena *b = PG_DETOAST_DATUM_PACKED(right);
	int			order = ktt_chain_compare((const unsigned char *) VARDATA_ANY(a),
										  VARSIZE_ANY_EXHDR(a),
										  (const unsigned char *) VARDATA_ANY(b),
										  VARSIZE_ANY_EXHDR(b));

	/* Long chains are compressed in an index; a scan compares many of them. */
	if ((Pointer) a != DatumGetPointer(left))
		pfree(a);
	if ((Pointer) b != DatumGetPointer(right))
		pfree(b);
	return order;
}

PG_FUNCTION_INFO_V1(ktt_chain_cmp);
PGDLLEXPORT Datum
ktt_chain_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

PG_FUNCTION_INFO_V1(ktt_chain_eq);
PGDLLEXPORT Datum
ktt_chain_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) == 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_ne);
PGDLLEXPORT Datum
ktt_chain_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) != 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_lt);
PGDLLEXPORT Datum
ktt_chain_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) < 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_le);
PGDLLEXPORT Datum
ktt_chain_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) <= 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_gt);
PGDLLEXPORT Datum
ktt_chain_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) > 0);
}

PG_FUNCTION_INFO_V1(ktt_chain_ge);
PGDLLEXPORT Datum
ktt_chain_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(Compare(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) >= 0);
}

static int
CompareToSort(Datum left, Datum right, SortSupport sort)
{
	return Compare(left, right);
}

PG_FUNCTION_INFO_V1(ktt_chain_sortsupport);
PGDLLEXPORT Datum
ktt_chain_sortsupport(PG_FUNCTION_ARGS)
{
	((SortSupport) PG_GETARG_POINTER(0))->comparator = CompareToSort;
	PG_RETURN_VOID();
}

/* Equal chains have equal bytes, so the bytes are what is hashed. */
PG_FUNCTION_INFO_V1(ktt_chain_hash);
PGDLLEXPORT Datum
ktt_chain_hash(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	PG_RETURN_DATUM(hash_any(packed.bytes, packed.size));
}

PG_FUNCTION_INFO_V1(ktt_chain_hash_extended);
PGDLLEXPORT Datum
ktt_chain_hash_extended(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	PG_RETURN_DATUM(hash_any_extended(packed.bytes, packed.size,
									  PG_GETARG_INT64(1)));
}

static Expr *
Bound(SupportRequestIndexCondition *request, int strategy, Expr *column,
	  Oid type, Datum value)
{
	Oid			operator = get_opfamily_member(request->opfamily, type, type,
											   strategy);

	if (!OidIsValid(operator))
		return NULL;
	return make_opclause(operator, BOOLOID, false, column,
						 (Expr *) makeConst(type, -1, InvalidOid, -1, value,
											false, false),
						 InvalidOid, InvalidOid);
}

/*
 * Everything below a chain lies in one stretch of a btree: from the chain
 * itself up to its next sibling. The stretch may hold a little more (the
 * sibling may be the next but one), so the operator is checked again.
 */
static List *
BelowChain(SupportRequestIndexCondition *request, Expr *column, Node *above)
{
	Oid			type = exprType(above);
	Datum		value;
	ktt_chain	chain;
	Expr	   *lower;
	Expr	   *upper;

	if (!IsA(above, Const) || ((Const *) above)->constisnull)
		return NIL;
	value = ((Const *) above)->constvalue;
	lower = Bound(request, BTGreaterEqualStrategyNumber, column, type, value);
	if (lower == NULL)
		return NIL;
	request->lossy = true;
	KttChainUnpack(&chain, KttChainBytesOf(value));
	if (!ktt_chain_beyond(&chain))
		return list_make1(lower);
	upper = Bound(request, BTLessStrategyNumber, column, type,
				  KttChainMake(&chain));
	return upper == NULL ? list_make1(lower) : list_make2(lower, upper);
}

/* Planner support of @> and <@: an index on the lower side can be used. */
static List *
IndexCondition(SupportRequestIndexCondition *request, int lower_side)
{
	List	   *args;

	if (request->index->relam != BTREE_AM_OID ||
		request->indexarg != lower_side)
		return NIL;
	if (is_opclause(request->node))
		args = ((OpExpr *) request->node)->args;
	else if (is_funcclause(request->node))
		args = ((FuncExpr *) request->node)->args;
	else
		return NIL;
	return BelowChain(request, list_nth(args, lower_side),
					  list_nth(args, 1 - lower_side));
}

PG_FUNCTION_INFO_V1(ktt_chain_leads_support);
PGDLLEXPORT Datum
ktt_chain_leads_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (!IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(IndexCondition((SupportRequestIndexCondition *) request, 1));
}

PG_FUNCTION_INFO_V1(ktt_chain_follows_support);
PGDLLEXPORT Datum
ktt_chain_follows_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (!IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(IndexCondition((SupportRequestIndexCondition *) request, 0));
}
