/* chain[1]: a member by his place, read only, NULL outside the chain. */
#include "chain.h"

#include "catalog/pg_type.h"
#include "executor/execExpr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/subscripting.h"
#include "parser/parse_coerce.h"
#include "parser/parse_expr.h"

static void
Transform(SubscriptingRef *reference, List *indirection, ParseState *pstate,
		  bool is_slice, bool is_assignment)
{
	A_Indices  *indices;
	Node	   *place;
	Oid			type;

	if (is_slice)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("type %s does not support slices", KTT_CHAIN_NAME),
				 errhint("Use ktt.upline(chain, n) for the first members."),
				 parser_errposition(pstate,
									exprLocation((Node *) indirection))));
	if (list_length(indirection) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("type %s takes one subscript", KTT_CHAIN_NAME),
				 parser_errposition(pstate,
									exprLocation((Node *) indirection))));

	indices = linitial_node(A_Indices, indirection);
	place = transformExpr(pstate, indices->uidx, pstate->p_expr_kind);
	type = exprType(place);
	place = coerce_to_target_type(pstate, place, type, INT4OID, -1,
								  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST,
								  -1);
	if (place == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a subscript of type %s must be an integer",
						KTT_CHAIN_NAME),
				 parser_errposition(pstate, exprLocation(indices->uidx))));

	reference->refupperindexpr = list_make1(place);
	reference->reflowerindexpr = NIL;
	reference->refrestype = INT8OID;
	reference->reftypmod = -1;
}

/* The chain is not null: fetch_strict keeps null chains away. */
static void
Fetch(ExprState *state, ExprEvalStep *op, ExprContext *context)
{
	SubscriptingRefState *reference = op->d.sbsref.state;
	int64		member = 0;

	if (!reference->upperindexnull[0])
	{
		KttChainBytes packed = KttChainBytesOf(*op->resvalue);
		int32		place = DatumGetInt32(reference->upperindex[0]);

		member = ktt_chain_member(packed.bytes, packed.size, place);
	}
	*op->resnull = member == 0;
	*op->resvalue = member == 0 ? (Datum) 0 : Int64GetDatum(member);
}

static void
ExecSetup(const SubscriptingRef *reference, SubscriptingRefState *state,
		  SubscriptExecSteps *steps)
{
	/* No assign step: the server then refuses assignment by itself. */
	steps->sbs_fetch = Fetch;
}

PG_FUNCTION_INFO_V1(ktt_chain_subscript);
PGDLLEXPORT Datum
ktt_chain_subscript(PG_FUNCTION_ARGS)
{
	static const SubscriptRoutines routines = {
		.transform = Transform,
		.exec_setup = ExecSetup,
		.fetch_strict = true,
		.fetch_leakproof = true,
		.store_leakproof = false
	};

	PG_RETURN_POINTER(&routines);
}
