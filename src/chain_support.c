/*
 * What the planner asks about @> and <@: an index condition that serves them,
 * and how many rows to expect.
 *
 * Everything below a chain lies in one stretch of a btree, from the chain
 * itself to the last that can be downline of it; everything above it is one
 * value for each of its members. Both hold of every row that is found and of
 * no other, so an index scan checks nothing again, and both are computed when
 * the scan starts: the other chain may be a parameter or come from another table.
 *
 * Nothing here may raise. Functions are looked up without asking whether the
 * user may use the schema; he who may use the operator may use them.
 */
#include "chain_estimate.h"

#include "access/nbtree.h"
#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

/* A call of the function of this name beside the one that is asked about. */
static Expr *
Call(Oid beside, const char *name, Oid result, Expr *chain, Oid type)
{
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
										   CStringGetDatum(name),
										   PointerGetDatum(buildoidvector(&type, 1)),
										   ObjectIdGetDatum(get_func_namespace(beside)));

	if (!OidIsValid(function))
		return NULL;
	return (Expr *) makeFuncExpr(function, result, list_make1(chain), InvalidOid,
								 InvalidOid, COERCE_EXPLICIT_CALL);
}

/* column >= chain AND column <= last_downline(chain) */
static List *
BelowCondition(SupportRequestIndexCondition *request, Expr *column, Expr *chain, Oid type)
{
	Oid			from = get_opfamily_member(request->opfamily, type, type,
										   BTGreaterEqualStrategyNumber);
	Oid			to = get_opfamily_member(request->opfamily, type, type,
										 BTLessEqualStrategyNumber);
	Expr	   *last = Call(request->funcid, "last_downline", type, copyObject(chain), type);

	if (!OidIsValid(from) || !OidIsValid(to) || last == NULL)
		return NIL;
	return list_make2(make_opclause(from, BOOLOID, false, column, chain,
									InvalidOid, InvalidOid),
					  make_opclause(to, BOOLOID, false, copyObject(column), last,
									InvalidOid, InvalidOid));
}

/* column = ANY (uplines(chain)) */
static List *
AboveCondition(SupportRequestIndexCondition *request, Expr *column, Expr *chain, Oid type)
{
	Oid			equal = get_opfamily_member(request->opfamily, type, type,
											BTEqualStrategyNumber);
	Oid			array = get_array_type(type);
	Expr	   *above;
	ScalarArrayOpExpr *any;

	if (!OidIsValid(equal) || !OidIsValid(array))
		return NIL;
	above = Call(request->funcid, "uplines", array, chain, type);
	if (above == NULL)
		return NIL;
	any = makeNode(ScalarArrayOpExpr);
	any->opno = equal;
	any->opfuncid = get_opcode(equal);
	any->useOr = true;
	any->args = list_make2(column, above);
	any->location = -1;
	return list_make1(any);
}

/* The type of chains, in the schema of a function of ktt. */
static Oid
ChainType(Oid beside)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, PointerGetDatum("chain"),
						   ObjectIdGetDatum(get_func_namespace(beside)));
}

/* Does an operator family order chains as we do? Others may order them by anything. */
static bool
IsOurOrder(Oid family, Oid type, Oid beside)
{
	Oid			compare = get_opfamily_proc(family, type, type, BTORDER_PROC);
	char	   *name;

	if (!OidIsValid(compare) || get_func_namespace(compare) != get_func_namespace(beside))
		return false;
	name = get_func_name(compare);
	return name != NULL && strcmp(name, "chain_cmp") == 0;
}

static List *
IndexCondition(SupportRequestIndexCondition *request, KttLowerSide lower)
{
	List	   *args;
	Expr	   *column;
	Expr	   *chain;
	Oid			type;

	if (request->index->relam != BTREE_AM_OID)
		return NIL;
	if (is_opclause(request->node))
		args = ((OpExpr *) request->node)->args;
	else if (is_funcclause(request->node))
		args = ((FuncExpr *) request->node)->args;
	else
		return NIL;
	if (list_length(args) != 2)
		return NIL;
	column = list_nth(args, request->indexarg);
	chain = list_nth(args, 1 - request->indexarg);
	type = exprType((Node *) chain);
	if (!is_pseudo_constant_for_index(request->root, (Node *) chain, request->index) ||
		!IsOurOrder(request->opfamily, type, request->funcid))
		return NIL;
	request->lossy = false;
	if ((request->indexarg == 0) == (lower == KTT_LOWER_IS_LEFT))
		return BelowCondition(request, column, chain, type);
	return AboveCondition(request, column, chain, type);
}

static Node *
Support(Node *node, KttLowerSide lower)
{
	if (IsA(node, SupportRequestIndexCondition))
		return (Node *) IndexCondition((SupportRequestIndexCondition *) node, lower);
	if (IsA(node, SupportRequestSelectivity))
	{
		SupportRequestSelectivity *request = (SupportRequestSelectivity *) node;
		KttChainQuestion question = {request->funcid, ChainType(request->funcid), lower};

		request->selectivity = request->is_join
			? KttChainJoin(request->root, request->args, request->jointype,
						   request->sjinfo, question)
			: KttChainRestriction(request->root, request->args, request->varRelid,
								  question);
		return node;
	}
	return NULL;
}

PG_FUNCTION_INFO_V1(ktt_chain_follows_support);
PGDLLEXPORT Datum
ktt_chain_follows_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(Support((Node *) PG_GETARG_POINTER(0), KTT_LOWER_IS_LEFT));
}

PG_FUNCTION_INFO_V1(ktt_chain_leads_support);
PGDLLEXPORT Datum
ktt_chain_leads_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(Support((Node *) PG_GETARG_POINTER(0), KTT_LOWER_IS_RIGHT));
}

/* The estimators of the operators: root, operator, arguments, ... */
static Datum
EstimateRestriction(FunctionCallInfo fcinfo, KttLowerSide lower)
{
	KttChainQuestion question = {
		get_opcode(PG_GETARG_OID(1)), ChainType(fcinfo->flinfo->fn_oid), lower
	};

	PG_RETURN_FLOAT8(KttChainRestriction((PlannerInfo *) PG_GETARG_POINTER(0),
										 (List *) PG_GETARG_POINTER(2), PG_GETARG_INT32(3),
										 question));
}

static Datum
EstimateJoin(FunctionCallInfo fcinfo, KttLowerSide lower)
{
	KttChainQuestion question = {
		get_opcode(PG_GETARG_OID(1)), ChainType(fcinfo->flinfo->fn_oid), lower
	};

	PG_RETURN_FLOAT8(KttChainJoin((PlannerInfo *) PG_GETARG_POINTER(0),
								  (List *) PG_GETARG_POINTER(2),
								  (JoinType) PG_GETARG_INT16(3),
								  (SpecialJoinInfo *) PG_GETARG_POINTER(4), question));
}

PG_FUNCTION_INFO_V1(ktt_chain_follows_sel);
PGDLLEXPORT Datum
ktt_chain_follows_sel(PG_FUNCTION_ARGS)
{
	return EstimateRestriction(fcinfo, KTT_LOWER_IS_LEFT);
}

PG_FUNCTION_INFO_V1(ktt_chain_leads_sel);
PGDLLEXPORT Datum
ktt_chain_leads_sel(PG_FUNCTION_ARGS)
{
	return EstimateRestriction(fcinfo, KTT_LOWER_IS_RIGHT);
}

PG_FUNCTION_INFO_V1(ktt_chain_follows_joinsel);
PGDLLEXPORT Datum
ktt_chain_follows_joinsel(PG_FUNCTION_ARGS)
{
	return EstimateJoin(fcinfo, KTT_LOWER_IS_LEFT);
}

PG_FUNCTION_INFO_V1(ktt_chain_leads_joinsel);
PGDLLEXPORT Datum
ktt_chain_leads_joinsel(PG_FUNCTION_ARGS)
{
	return EstimateJoin(fcinfo, KTT_LOWER_IS_RIGHT);
}
