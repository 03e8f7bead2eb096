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

/*
 * Whom the planner asks about. Anybody may have named an estimator of ktt for
 * an operator of other types: values are looked at only if they are chains.
 */
typedef struct KttChainQuestion
{
	Oid			function;		/* behind the operator: may it see the statistics? */
	Oid			chain;			/* the type */
	KttLowerSide lower;
} KttChainQuestion;

extern Selectivity KttChainRestriction(PlannerInfo *root, List *args, int relation,
									   KttChainQuestion question);
extern Selectivity KttChainJoin(PlannerInfo *root, List *args, JoinType type,
								SpecialJoinInfo *join, KttChainQuestion question);

#endif
