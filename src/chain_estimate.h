/*
 * How many rows the planner should expect of "below this chain" and "above
 * this chain". For its estimators, which must never raise.
 */
#ifndef KTT_CHAIN_ESTIMATE_H
#define KTT_CHAIN_ESTIMATE_H

#include "chain.h"

#include "nodes/pathnodes.h"

/* Which argument of the operator or function is the lower chain. */
typedef enum KttLowerSide
{
	KTT_LOWER_IS_LEFT,			/* <@ */
	KTT_LOWER_IS_RIGHT			/* @> */
} KttLowerSide;

/* function is the one behind the operator: may it see the statistics? */
extern Selectivity KttChainRestriction(PlannerInfo *root, List *args, int relation,
									   Oid function, KttLowerSide lower);
extern Selectivity KttChainJoin(PlannerInfo *root, List *args, JoinType type,
								SpecialJoinInfo *join, Oid function,
								KttLowerSide lower);

#endif
