/*
 * A split is a rule that says who gets what part of a sale:
 *
 *	supplier cost, platform 2% of sale, steward 10% of margin min 20 max 500,
 *	sales_leader 15% of sale, supply_leader rest
 *
 * One to 64 clauses of a party and a term; margin is the sale less the cost,
 * amounts are minor units. The parts always sum to the sale.
 *
 * The rate of a ladder depends on what counted towards it before this sale,
 * the volume: "ladder(0: 10%, 1000: 15%) of sale" lays the sale on the scale
 * behind the volume and gives each slice the rate of its step; "whole ladder"
 * gives all of it the rate of the step that the volume and the sale reach.
 *
 * Packed form: version byte, clause count, then the terms of all clauses, then
 * their parties. Terms come first because evaluation never reads the parties.
 * A term is a byte (kind, bits for min and max) followed by varints: rate or
 * steps, min, max, or the amount. Steps are their number, the rate of the first
 * one, then for each further one its distance from the one before and its rate.
 * A party is its length and its bytes.
 */
#ifndef KTT_CORE_SPLIT_H
#define KTT_CORE_SPLIT_H

#include "fault.h"
#include "number.h"

#define KTT_SPLIT_VERSION 1
#define KTT_SPLIT_CLAUSES 64	/* at most */
#define KTT_SPLIT_STEPS 64		/* of all ladders of a rule, at most */
#define KTT_PARTY_MAX 63		/* bytes of a party */
#define KTT_RATE_ONE 1000000	/* rates are parts per million */

typedef enum ktt_term_kind
{
	KTT_TERM_COST = 1,
	KTT_TERM_OF_SALE,
	KTT_TERM_OF_COST,
	KTT_TERM_OF_MARGIN,
	KTT_TERM_PER_UNIT,
	KTT_TERM_PER_ORDER,
	KTT_TERM_REST
} ktt_term_kind;

#define KTT_TERM_MIN 0x10		/* bits of bounds, also in the packed byte */
#define KTT_TERM_MAX 0x20

typedef enum ktt_scale
{
	KTT_SCALE_NONE,				/* one rate at any volume */
	KTT_SCALE_MARGINAL,
	KTT_SCALE_WHOLE
} ktt_scale;

typedef struct ktt_step
{
	int64_t		from;			/* of the volume; 0 in the first step */
	uint32_t	rate;
} ktt_step;

typedef struct ktt_term
{
	uint8_t		kind;
	uint8_t		bounds;
	uint8_t		scale;			/* of sale, cost or margin */
	uint8_t		first_step;		/* in the steps of the rule */
	uint8_t		step_count;
	uint32_t	rate;			/* of sale, cost or margin; the highest of a ladder */
	int64_t		amount;			/* per unit or per order */
	int64_t		min;
	int64_t		max;
} ktt_term;

static inline bool
ktt_term_is_rate(const ktt_term *term)
{
	return term->kind >= KTT_TERM_OF_SALE && term->kind <= KTT_TERM_OF_MARGIN;
}

typedef struct ktt_party
{
	uint8_t		length;
	char		text[KTT_PARTY_MAX];
} ktt_party;

/*
 * What evaluation needs. Steps stand apart, so that a plain term stays small; of
 * a term only what its kind and its bounds speak of has a value.
 */
typedef struct ktt_rule
{
	size_t		count;
	size_t		step_count;
	size_t		rest;			/* number of the clause that takes it, 0 for none */
	bool		is_bounded;		/* by a min or a max in any clause */
	ktt_term	terms[KTT_SPLIT_CLAUSES];
	ktt_step	steps[KTT_SPLIT_STEPS];
} ktt_rule;

static inline void
ktt_rule_begin(ktt_rule *rule)
{
	rule->count = 0;
	rule->step_count = 0;
	rule->rest = 0;
	rule->is_bounded = false;
}

typedef struct ktt_split
{
	ktt_rule	rule;
	ktt_party	parties[KTT_SPLIT_CLAUSES];
} ktt_split;

/* What a rule is applied to, in minor units but for the units sold. */
typedef struct ktt_sale
{
	int64_t		sale;
	int64_t		cost;
	int64_t		units;
	int64_t		volume;
} ktt_sale;

/* Where the clauses stand in a text, for the position of a fault. */
typedef struct ktt_split_places
{
	size_t		party[KTT_SPLIT_CLAUSES];
	size_t		term[KTT_SPLIT_CLAUSES];
	size_t		end;
} ktt_split_places;

#define KTT_TERM_PLAIN_MAX 80	/* bytes of a term but for the steps of a ladder */
#define KTT_STEP_TEXT_MAX 32
#define KTT_TERM_TEXT_MAX \
	(KTT_TERM_PLAIN_MAX + KTT_SPLIT_STEPS * KTT_STEP_TEXT_MAX)
#define KTT_SPLIT_TEXT_MAX \
	(KTT_SPLIT_CLAUSES * (KTT_PARTY_MAX + KTT_TERM_PLAIN_MAX + 3) + \
	 KTT_SPLIT_STEPS * KTT_STEP_TEXT_MAX)
#define KTT_SPLIT_PACKED_MAX \
	(2 + KTT_SPLIT_CLAUSES * (2 + 3 * KTT_VARINT_MAX + KTT_PARTY_MAX) + \
	 KTT_SPLIT_STEPS * 2 * KTT_VARINT_MAX)

/* Read a rule; every refusal names a position in the text. */
extern ktt_status ktt_split_parse(const char *text, size_t length,
								  ktt_split *split, ktt_fault *fault);

/*
 * Read the party or the term of a clause alone; a term goes behind those that
 * the rule has, which are none to begin with and less than KTT_SPLIT_CLAUSES.
 */
extern ktt_status ktt_party_parse(const char *text, size_t length,
								  ktt_party *party, ktt_fault *fault);
extern ktt_status ktt_term_parse(const char *text, size_t length,
								 ktt_rule *rule, ktt_fault *fault);

/* Print in canonical form, without a closing zero, and return the end. */
extern char *ktt_term_print(char *out, const ktt_rule *rule, size_t clause);
extern char *ktt_split_print(char *out, const ktt_split *split);

/* Print a rate as a percentage, such as 2.5%. */
extern char *ktt_rate_print(char *out, uint64_t rate);

/* What makes clauses a rule: one rest, rates within 100 %, and so on. */
extern ktt_status ktt_split_check(const ktt_split *split,
								  const ktt_split_places *places,
								  ktt_fault *fault);

extern unsigned char *ktt_split_pack(unsigned char *out, const ktt_split *split);

/* Read a packed rule from anywhere: refuses whatever ktt_split_pack cannot write. */
extern ktt_status ktt_split_unpack(const unsigned char *packed, size_t size,
								   ktt_split *split, ktt_fault *fault);

/*
 * Read all but the parties of a rule that was packed here; false when the bytes
 * are damaged.
 */
extern bool ktt_rule_unpack(const unsigned char *packed, size_t size,
							ktt_rule *rule);

/* Whether a rule has a ladder. */
extern bool ktt_rule_has_ladder(const ktt_rule *rule);

/*
 * The parts of a sale, one per clause. Refuses a cost outside 0 to sale,
 * negative units or a negative volume (KTT_VALUE), a volume that a sale takes
 * beyond 2^63-1 (KTT_RANGE), and parts above the sale (KTT_UNCOVERED).
 */
extern ktt_status ktt_split_evaluate(const ktt_rule *rule, const ktt_sale *sale,
									 int64_t *parts, ktt_fault *fault);

#endif
