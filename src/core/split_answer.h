/*
 * Questions about a rule: what it leaves of a sale, how each clause came to its
 * part, and for which sales it holds.
 */
#ifndef KTT_CORE_SPLIT_ANSWER_H
#define KTT_CORE_SPLIT_ANSWER_H

#include "apportion.h"
#include "split.h"

/*
 * All parts but the rest, which is 0 here, and their sum; false when an amount
 * per unit fits no number. The sale is one that ktt_split_evaluate() takes, or
 * refuses as KTT_UNCOVERED.
 */
extern bool ktt_split_claims(const ktt_rule *rule, const ktt_sale *sale,
							 int64_t *parts, ktt_uint128 *sum);

/* How a clause came to its part. */
typedef struct ktt_reason
{
	bool		is_rate;
	uint8_t		bound;			/* KTT_TERM_MIN or KTT_TERM_MAX where it counted, or 0 */
	uint32_t	millionths;		/* of the exact share */
	int64_t		base;			/* of a rate */
	int64_t		whole;			/* of the exact share: before rounding, min and max */
	int64_t		rounded;		/* the exact share, up or down */
	int64_t		part;
} ktt_reason;

/* The reasons of all clauses; refuses what ktt_split_evaluate() refuses. */
extern ktt_status ktt_split_explain(const ktt_rule *rule, const ktt_sale *sale,
									ktt_reason *reasons, ktt_fault *fault);

/* The lowest and the highest sale of a range for which a rule does not hold. */
typedef struct ktt_failures
{
	bool		any;
	int64_t		lowest;
	int64_t		highest;
} ktt_failures;

/*
 * Search [lowest, highest] for sales that ktt_split_evaluate() refuses; the
 * sale of the given one does not count. Exact for any range, and never slower
 * than some 10^6 sales for each stretch between two steps, mins or maxes;
 * pause is called now and then, and need not return.
 */
extern void ktt_split_search(const ktt_rule *rule, const ktt_sale *given,
							 int64_t lowest, int64_t highest,
							 void (*pause) (void), ktt_failures *failures);

#endif
