#include "split.h"

#include <string.h>

#define KIND_BITS 0x0f

/* A ladder's packed kind is that of its base, moved up by so much a scale. */
#define SCALE_KINDS 3
#define LADDER_KINDS (KTT_TERM_REST + 1 - KTT_TERM_OF_SALE - SCALE_KINDS)

static bool
IsRate(unsigned kind)
{
	return kind >= KTT_TERM_OF_SALE && kind <= KTT_TERM_OF_MARGIN;
}

static bool
IsAmount(unsigned kind)
{
	return kind == KTT_TERM_PER_UNIT || kind == KTT_TERM_PER_ORDER;
}

/* What the clauses of a rule come to, as far as that needs no price. */
typedef struct Tally
{
	uint64_t	rates[KTT_TERM_REST];	/* by kind */
	unsigned	costs;
	unsigned	rests;
	bool		loose;			/* a part that no rate can make up for */
} Tally;

/*
 * A rule without rest must come to the sale at every price: either the sale
 * alone is dealt out whole, or the cost and the margin both are.
 */
static bool
Covers(const Tally *tally)
{
	uint64_t	sale = tally->rates[KTT_TERM_OF_SALE];
	uint64_t	cost = tally->rates[KTT_TERM_OF_COST] +
		(uint64_t) tally->costs * KTT_RATE_ONE;
	uint64_t	margin = tally->rates[KTT_TERM_OF_MARGIN];

	if (tally->rests > 0)
		return true;
	if (tally->loose)
		return false;
	return (sale == KTT_RATE_ONE && cost == 0 && margin == 0) ||
		(sale == 0 && cost == KTT_RATE_ONE && margin == KTT_RATE_ONE);
}

static ktt_status
CheckTerm(const ktt_term *term, size_t place, Tally *tally, ktt_fault *fault)
{
	static const char *const bases[] = {
		[KTT_TERM_OF_SALE] = "sale",
		[KTT_TERM_OF_COST] = "cost",
		[KTT_TERM_OF_MARGIN] = "margin"
	};

	if (term->kind == KTT_TERM_COST && tally->costs++ > 0)
		return ktt_fail(fault, KTT_VALUE, place,
						"Only one clause can take the cost.");
	if (term->kind == KTT_TERM_REST && tally->rests++ > 0)
		return ktt_fail(fault, KTT_VALUE, place,
						"Only one clause can take the rest.");
	if (IsAmount(term->kind) || term->bounds != 0 || term->scale != KTT_SCALE_NONE)
		tally->loose = true;
	if (!IsRate(term->kind))
		return KTT_OK;

	if (term->bounds == (KTT_TERM_MIN | KTT_TERM_MAX) && term->min > term->max)
		return ktt_fail(fault, KTT_VALUE, place,
						"The min of %lld is above the max of %lld.",
						(long long) term->min, (long long) term->max);
	tally->rates[term->kind] += term->rate;
	if (tally->rates[term->kind] > KTT_RATE_ONE)
	{
		char		sum[32];

		*ktt_rate_print(sum, tally->rates[term->kind]) = '\0';
		return ktt_fail(fault, KTT_VALUE, place,
						"The rates of the %s come to %s, above 100%%.",
						bases[term->kind], sum);
	}
	return KTT_OK;
}

ktt_status
ktt_split_check(const ktt_split *split, const ktt_split_places *places,
				ktt_fault *fault)
{
	Tally		tally = {0};

	for (size_t i = 0; i < split->rule.count; i++)
	{
		const ktt_party *party = &split->parties[i];
		ktt_status	status;

		for (size_t j = 0; j < i; j++)
			if (split->parties[j].length == party->length &&
				memcmp(split->parties[j].text, party->text, party->length) == 0)
				return ktt_fail(fault, KTT_VALUE, places->party[i],
								"Party %.*s appears twice.",
								(int) party->length, party->text);
		status = CheckTerm(&split->rule.terms[i], places->term[i], &tally, fault);
		if (status != KTT_OK)
			return status;
	}
	if (!Covers(&tally))
		return ktt_fail(fault, KTT_VALUE, places->end,
						"No clause takes the rest, and the parts need not come to the sale.");
	return KTT_OK;
}

static unsigned char *
PackSteps(unsigned char *out, const ktt_step *steps, size_t count)
{
	*out++ = (unsigned char) count;
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			out = ktt_varint_put(out, (uint64_t) (steps[i].from - steps[i - 1].from));
		out = ktt_varint_put(out, steps[i].rate);
	}
	return out;
}

unsigned char *
ktt_split_pack(unsigned char *out, const ktt_split *split)
{
	const ktt_rule *rule = &split->rule;

	*out++ = KTT_SPLIT_VERSION;
	*out++ = (unsigned char) rule->count;
	for (size_t i = 0; i < rule->count; i++)
	{
		const ktt_term *term = &rule->terms[i];
		unsigned	kind = term->kind;

		if (term->scale != KTT_SCALE_NONE)
			kind += LADDER_KINDS + SCALE_KINDS * (unsigned) term->scale;
		*out++ = (unsigned char) (kind | term->bounds);
		if (term->scale != KTT_SCALE_NONE)
			out = PackSteps(out, rule->steps + term->first_step, term->step_count);
		else if (IsRate(term->kind))
			out = ktt_varint_put(out, term->rate);
		if (IsAmount(term->kind))
			out = ktt_varint_put(out, (uint64_t) term->amount);
		if (term->bounds & KTT_TERM_MIN)
			out = ktt_varint_put(out, (uint64_t) term->min);
		if (term->bounds & KTT_TERM_MAX)
			out = ktt_varint_put(out, (uint64_t) term->max);
	}
	for (size_t i = 0; i < rule->count; i++)
	{
		const ktt_party *party = &split->parties[i];

		*out++ = party->length;
		memcpy(out, party->text, party->length);
		out += party->length;
	}
	return out;
}

/* Read an amount of minor units; NULL when broken. */
static const unsigned char *
ReadAmount(const unsigned char *in, const unsigned char *end, int64_t *amount)
{
	uint64_t	value;

	in = ktt_varint_get(in, end, &value);
	if (in == NULL || value > INT64_MAX)
		return NULL;
	*amount = (int64_t) value;
	return in;
}

/*
 * Read a rate; NULL when broken. It takes three bytes at most, and behind it
 * stands a party at least, so a rule that ends here is broken anyway.
 */
static inline const unsigned char *
ReadRate(const unsigned char *in, const unsigned char *end, uint32_t *rate)
{
	uint32_t	low;
	uint32_t	middle;
	uint32_t	high;

	if (end - in < 3)
		return NULL;
	low = in[0];
	middle = in[1];
	high = in[2];
	if (low < 128)
	{
		*rate = low;
		return in + 1;
	}
	low = (low & 127) | (middle & 127) << 7;
	if (middle < 128)
	{
		*rate = low;
		return middle > 0 ? in + 2 : NULL;
	}
	low |= high << 14;
	*rate = low;
	return high > 0 && low <= KTT_RATE_ONE ? in + 3 : NULL;
}

/*
 * Read the steps of a ladder behind those read before, its kind being still
 * the packed one; NULL when broken.
 */
static const unsigned char *
ReadSteps(const unsigned char *in, const unsigned char *end, ktt_rule *rule,
		  ktt_term *term)
{
	ktt_step   *steps = rule->steps + rule->step_count;
	unsigned	ladder = term->kind - KTT_TERM_REST - 1u;
	size_t		count;

	term->scale = (uint8_t) (KTT_SCALE_MARGINAL + ladder / SCALE_KINDS);
	term->kind = (uint8_t) (KTT_TERM_OF_SALE + ladder % SCALE_KINDS);
	term->rate = 0;
	if (term->scale > KTT_SCALE_WHOLE || in >= end)
		return NULL;
	count = *in++;
	if (count < 1 || count > KTT_SPLIT_STEPS - rule->step_count)
		return NULL;
	for (size_t i = 0; i < count; i++)
	{
		int64_t		distance = 0;

		if (i > 0 && ((in = ReadAmount(in, end, &distance)) == NULL ||
					  distance == 0 ||
					  distance > INT64_MAX - steps[i - 1].from))
			return NULL;
		steps[i].from = i > 0 ? steps[i - 1].from + distance : 0;
		in = ReadRate(in, end, &steps[i].rate);
		if (in == NULL)
			return NULL;
		if (steps[i].rate > term->rate)
			term->rate = steps[i].rate;
	}
	term->first_step = (uint8_t) rule->step_count;
	term->step_count = (uint8_t) count;
	rule->step_count += count;
	return in;
}

/* Read min and max; NULL when broken. */
static const unsigned char *
ReadBounds(const unsigned char *in, const unsigned char *end, ktt_term *term)
{
	if (!IsRate(term->kind) ||
		(term->bounds & ~(KTT_TERM_MIN | KTT_TERM_MAX)) != 0)
		return NULL;
	if ((term->bounds & KTT_TERM_MIN) &&
		(in = ReadAmount(in, end, &term->min)) == NULL)
		return NULL;
	if ((term->bounds & KTT_TERM_MAX) &&
		(in = ReadAmount(in, end, &term->max)) == NULL)
		return NULL;
	return in;
}

/* Read the terms behind the head of a rule; NULL when the next one is broken. */
static inline const unsigned char *
ReadTerms(const unsigned char *in, const unsigned char *end, size_t count,
		  ktt_rule *rule)
{
	ktt_rule_begin(rule);
	for (size_t i = 0; i < count; i++)
	{
		ktt_term   *term = &rule->terms[i];
		unsigned	kind;
		unsigned	bounds;

		rule->count = i;
		if (in >= end)
			return NULL;
		kind = *in & KIND_BITS;
		bounds = *in++ & ~(unsigned) KIND_BITS;
		term->kind = (uint8_t) kind;
		term->bounds = (uint8_t) bounds;
		term->scale = KTT_SCALE_NONE;
		if (IsRate(kind))
			in = ReadRate(in, end, &term->rate);
		else if (IsAmount(kind))
			in = ReadAmount(in, end, &term->amount);
		else if (kind > KTT_TERM_REST)
			in = ReadSteps(in, end, rule, term);
		else if (kind == KTT_TERM_REST)
			rule->rest = i + 1;
		else if (kind != KTT_TERM_COST)
			return NULL;
		if (in == NULL)
			return NULL;
		if (bounds != 0)
		{
			rule->is_bounded = true;
			in = ReadBounds(in, end, term);
			if (in == NULL)
				return NULL;
		}
	}
	rule->count = count;
	return in;
}

/* Read a party; NULL when broken. */
static const unsigned char *
ReadParty(const unsigned char *in, const unsigned char *end, ktt_party *party)
{
	if (in >= end)
		return NULL;
	party->length = *in++;
	if (party->length < 1 || party->length > KTT_PARTY_MAX ||
		party->length > end - in)
		return NULL;
	for (size_t i = 0; i < party->length; i++)
	{
		unsigned char byte = *in++;

		if (!(byte == '_' || (byte >= 'a' && byte <= 'z') ||
			  (i > 0 && byte >= '0' && byte <= '9')))
			return NULL;
		party->text[i] = (char) byte;
	}
	return in;
}

ktt_status
ktt_split_unpack(const unsigned char *packed, size_t size, ktt_split *split,
				 ktt_fault *fault)
{
	static const ktt_split_places nowhere;
	const unsigned char *in = packed + 2;
	const unsigned char *end = packed + size;
	ktt_rule   *rule = &split->rule;

	if (size < 2)
		return ktt_fail(fault, KTT_BINARY, 0, "The rule is cut off.");
	if (packed[0] != KTT_SPLIT_VERSION)
		return ktt_fail(fault, KTT_BINARY, 0,
						"Version %u is not known.", (unsigned) packed[0]);
	if (packed[1] < 1 || packed[1] > KTT_SPLIT_CLAUSES)
		return ktt_fail(fault, KTT_BINARY, 0, "A rule has 1 to %d clauses, not %u.",
						KTT_SPLIT_CLAUSES, (unsigned) packed[1]);
	in = ReadTerms(in, end, packed[1], rule);
	if (in == NULL)
		return ktt_fail(fault, KTT_BINARY, 0,
						"The term of clause %zu is broken.", rule->count + 1);
	for (size_t i = 0; i < rule->count; i++)
	{
		in = ReadParty(in, end, &split->parties[i]);
		if (in == NULL)
			return ktt_fail(fault, KTT_BINARY, 0,
							"The party of clause %zu is broken.", i + 1);
	}
	if (in != end)
		return ktt_fail(fault, KTT_BINARY, 0, "Bytes are left over behind the rule.");
	if (ktt_split_check(split, &nowhere, fault) != KTT_OK)
		return fault->status = KTT_BINARY;
	return KTT_OK;
}

bool
ktt_rule_unpack(const unsigned char *packed, size_t size, ktt_rule *rule)
{
	const unsigned char *in = packed + 2;
	const unsigned char *end = packed + size;

	if (size < 2 || packed[0] != KTT_SPLIT_VERSION ||
		packed[1] < 1 || packed[1] > KTT_SPLIT_CLAUSES)
		return false;
	return ReadTerms(in, end, packed[1], rule) != NULL;
}

bool
ktt_rule_has_ladder(const ktt_rule *rule)
{
	return rule->step_count > 0;
}
