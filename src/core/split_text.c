#include "split.h"

#include <string.h>

typedef struct Reader
{
	const char *start;
	const char *at;
	const char *end;
	ktt_fault  *fault;
} Reader;

/* A number as it stands in the text, before it is known what it counts. */
typedef struct Number
{
	const char *start;
	int64_t		whole;
	bool		fits;
	uint32_t	millionths;		/* the decimals, if any */
	unsigned	decimals;
} Number;

static size_t
Place(const Reader *reader, const char *at)
{
	return (size_t) (at - reader->start) + 1;
}

static ktt_status
Refuse(const Reader *reader, const char *at, ktt_status status,
	   const char *reason)
{
	return ktt_fail(reader->fault, status, Place(reader, at), "%s", reason);
}

static void
SkipSpace(Reader *reader)
{
	while (reader->at < reader->end &&
		   (*reader->at == ' ' || (*reader->at >= '\t' && *reader->at <= '\r')))
		reader->at++;
}

static bool
IsDigit(const Reader *reader)
{
	return reader->at < reader->end &&
		*reader->at >= '0' && *reader->at <= '9';
}

/* The character at the reader as a part of a word in lower case, or 0. */
static char
WordChar(const Reader *reader)
{
	char		c = reader->at < reader->end ? *reader->at : 0;

	if (c >= 'A' && c <= 'Z')
		return (char) (c - 'A' + 'a');
	return c == '_' || (c >= 'a' && c <= 'z') ? c : 0;
}

/*
 * Read a word in lower case, cut at KTT_PARTY_MAX bytes; returns its whole
 * length, 0 when there is none.
 */
static size_t
ReadWord(Reader *reader, ktt_party *word)
{
	const char *start = reader->at;
	char		c;

	word->length = 0;
	while ((c = WordChar(reader)) != 0 ||
		   (reader->at > start && IsDigit(reader)))
	{
		if (word->length < KTT_PARTY_MAX)
			word->text[word->length++] = c != 0 ? c : *reader->at;
		reader->at++;
	}
	return (size_t) (reader->at - start);
}

/* Take the given word if it comes next. */
static bool
TakeWord(Reader *reader, const char *wanted)
{
	const char *start = reader->at;
	size_t		length = strlen(wanted);
	ktt_party	word;

	if (ReadWord(reader, &word) == length &&
		memcmp(word.text, wanted, length) == 0)
	{
		SkipSpace(reader);
		return true;
	}
	reader->at = start;
	return false;
}

static ktt_status
ReadNumber(Reader *reader, Number *number)
{
	uint32_t	place = KTT_RATE_ONE;

	number->start = reader->at;
	number->millionths = 0;
	number->decimals = 0;
	number->fits = ktt_int64_parse(&reader->at, reader->end,
								   &number->whole) == 0;
	if (reader->at < reader->end && *reader->at == '.')
	{
		reader->at++;
		if (!IsDigit(reader))
			return Refuse(reader, reader->at, KTT_SYNTAX,
						  "A digit was expected after the point.");
		for (; IsDigit(reader); reader->at++)
		{
			place /= 10;
			number->millionths += place * (uint32_t) (*reader->at - '0');
			number->decimals++;
		}
	}
	SkipSpace(reader);
	return KTT_OK;
}

/* Take a number for an amount of minor units. */
static ktt_status
TakeAmount(Reader *reader, const Number *number, int64_t *amount)
{
	if (number->decimals > 0)
		return Refuse(reader, number->start, KTT_SYNTAX,
					  "An amount is a whole number of minor units.");
	if (!number->fits)
		return Refuse(reader, number->start, KTT_RANGE,
					  "An amount is at most 9223372036854775807.");
	*amount = number->whole;
	return KTT_OK;
}

/* The amount of min or max. */
static ktt_status
ReadBound(Reader *reader, const char *missing, int64_t *amount)
{
	Number		number;

	if (reader->at < reader->end && *reader->at == '-')
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "An amount cannot be negative.");
	if (!IsDigit(reader))
		return Refuse(reader, reader->at, KTT_SYNTAX, missing);
	if (ReadNumber(reader, &number) != KTT_OK)
		return reader->fault->status;
	return TakeAmount(reader, &number, amount);
}

/* Take a number for a rate. */
static ktt_status
TakeRate(Reader *reader, const Number *number, uint32_t *rate)
{
	if (number->decimals > 4)
		return Refuse(reader, number->start, KTT_SYNTAX,
					  "A rate has at most 4 decimals.");
	if (!number->fits || number->whole > 100 ||
		(number->whole == 100 && number->millionths > 0))
		return Refuse(reader, number->start, KTT_VALUE,
					  "A rate is at most 100%.");
	/* One percent is 10,000 ppm, and millionths are of a percent. */
	*rate = (uint32_t) number->whole * (KTT_RATE_ONE / 100) +
		number->millionths / 100;
	return KTT_OK;
}

/* What follows a rate or a ladder: of a base, then perhaps min and max. */
static ktt_status
ReadBase(Reader *reader, const char *missing, ktt_rule *rule, ktt_term *term)
{
	if (!TakeWord(reader, "of"))
		return Refuse(reader, reader->at, KTT_SYNTAX, missing);
	if (TakeWord(reader, "sale"))
		term->kind = KTT_TERM_OF_SALE;
	else if (TakeWord(reader, "cost"))
		term->kind = KTT_TERM_OF_COST;
	else if (TakeWord(reader, "margin"))
		term->kind = KTT_TERM_OF_MARGIN;
	else
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "A rate is of sale, cost or margin.");

	if (TakeWord(reader, "min"))
	{
		term->bounds |= KTT_TERM_MIN;
		if (ReadBound(reader, "An amount was expected after \"min\".",
					  &term->min) != KTT_OK)
			return reader->fault->status;
	}
	if (TakeWord(reader, "max"))
	{
		term->bounds |= KTT_TERM_MAX;
		if (ReadBound(reader, "An amount was expected after \"max\".",
					  &term->max) != KTT_OK)
			return reader->fault->status;
	}
	rule->is_bounded = rule->is_bounded || term->bounds != 0;
	return KTT_OK;
}

/* Take a mark of punctuation and the space behind it, if it comes next. */
static bool
TakeMark(Reader *reader, char wanted)
{
	if (reader->at == reader->end || *reader->at != wanted)
		return false;
	reader->at++;
	SkipSpace(reader);
	return true;
}

/* A step of a ladder, "FROM: R%". */
static ktt_status
ReadStep(Reader *reader, const ktt_step *before, ktt_step *step)
{
	Number		from;
	Number		rate;

	if (!IsDigit(reader))
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "A step was expected, such as 1000: 15%.");
	if (ReadNumber(reader, &from) != KTT_OK ||
		TakeAmount(reader, &from, &step->from) != KTT_OK)
		return reader->fault->status;
	if (before == NULL && step->from > 0)
		return Refuse(reader, from.start, KTT_VALUE,
					  "The first step of a ladder starts at 0.");
	if (before != NULL && step->from <= before->from)
		return ktt_fail(reader->fault, KTT_VALUE, Place(reader, from.start),
						"The step from %lld does not start above the one before, from %lld.",
						(long long) step->from, (long long) before->from);
	if (!TakeMark(reader, ':'))
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "A colon was expected after the start of a step.");
	if (!IsDigit(reader))
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "The rate of a step was expected, such as 15%.");
	if (ReadNumber(reader, &rate) != KTT_OK)
		return reader->fault->status;
	if (reader->at == reader->end || *reader->at != '%')
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "The rate of a step is followed by %.");
	reader->at++;
	SkipSpace(reader);
	return TakeRate(reader, &rate, &step->rate);
}

/* What follows "ladder": steps in parentheses, then what follows a rate. */
static ktt_status
ReadLadder(Reader *reader, ktt_rule *rule, ktt_term *term)
{
	term->first_step = (uint8_t) rule->step_count;
	if (!TakeMark(reader, '('))
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "An opening parenthesis was expected after \"ladder\".");
	do
	{
		ktt_step   *step = &rule->steps[rule->step_count];

		if (rule->step_count == KTT_SPLIT_STEPS)
			return Refuse(reader, reader->at, KTT_LIMIT,
						  "The ladders of a rule have at most 64 steps.");
		if (ReadStep(reader, term->step_count > 0 ? step - 1 : NULL, step) != KTT_OK)
			return reader->fault->status;
		if (step->rate > term->rate)
			term->rate = step->rate;
		rule->step_count++;
		term->step_count++;
	} while (TakeMark(reader, ','));
	if (!TakeMark(reader, ')'))
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "A comma or a closing parenthesis was expected.");
	return ReadBase(reader, "The word \"of\" was expected after the ladder.", rule, term);
}

/* Read a term behind those that the rule has. */
static ktt_status
ReadTerm(Reader *reader, ktt_rule *rule)
{
	ktt_term   *term = &rule->terms[rule->count++];
	Number		number;

	memset(term, 0, sizeof(*term));
	if (TakeWord(reader, "cost"))
		term->kind = KTT_TERM_COST;
	else if (TakeWord(reader, "rest"))
	{
		term->kind = KTT_TERM_REST;
		rule->rest = rule->count;
	}
	else if (TakeWord(reader, "ladder"))
	{
		term->scale = KTT_SCALE_MARGINAL;
		return ReadLadder(reader, rule, term);
	}
	else if (TakeWord(reader, "whole"))
	{
		term->scale = KTT_SCALE_WHOLE;
		if (!TakeWord(reader, "ladder"))
			return Refuse(reader, reader->at, KTT_SYNTAX,
						  "The word \"ladder\" was expected after \"whole\".");
		return ReadLadder(reader, rule, term);
	}
	else if (reader->at < reader->end && *reader->at == '-')
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "A rate or an amount cannot be negative.");
	else if (!IsDigit(reader))
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "A term was expected, such as cost, 2% of sale, 5 per unit or rest.");
	else if (ReadNumber(reader, &number) != KTT_OK)
		return reader->fault->status;
	else if (reader->at < reader->end && *reader->at == '%')
	{
		reader->at++;
		SkipSpace(reader);
		if (TakeRate(reader, &number, &term->rate) != KTT_OK)
			return reader->fault->status;
		return ReadBase(reader, "The word \"of\" was expected after the rate.", rule, term);
	}
	else if (TakeWord(reader, "per"))
	{
		if (TakeAmount(reader, &number, &term->amount) != KTT_OK)
			return reader->fault->status;
		if (TakeWord(reader, "unit"))
			term->kind = KTT_TERM_PER_UNIT;
		else if (TakeWord(reader, "order"))
			term->kind = KTT_TERM_PER_ORDER;
		else
			return Refuse(reader, reader->at, KTT_SYNTAX,
						  "An amount is per unit or per order.");
	}
	else
		return Refuse(reader, reader->at, KTT_SYNTAX,
					  "A number is followed by %, per unit or per order.");
	return KTT_OK;
}

static ktt_status
ReadParty(Reader *reader, ktt_party *party)
{
	const char *start = reader->at;
	size_t		length = ReadWord(reader, party);

	if (length == 0)
		return Refuse(reader, start, KTT_SYNTAX,
					  "A party was expected: a letter or an underscore, then also digits.");
	if (length > KTT_PARTY_MAX)
		return Refuse(reader, start, KTT_LIMIT,
					  "A party has at most 63 characters.");
	SkipSpace(reader);
	return KTT_OK;
}

/* Why a clause does not end where its term ended. */
static ktt_status
RefuseTail(Reader *reader, const ktt_term *term, const char *expected)
{
	const char *at = reader->at;

	if (TakeWord(reader, "min"))
		return Refuse(reader, at, KTT_SYNTAX,
					  term->bounds & KTT_TERM_MIN ? "A rate has one min." :
					  term->bounds & KTT_TERM_MAX ? "Write min before max." :
					  "Only a rate can have a min.");
	if (TakeWord(reader, "max"))
		return Refuse(reader, at, KTT_SYNTAX,
					  term->bounds & KTT_TERM_MAX ? "A rate has one max." :
					  "Only a rate can have a max.");
	return Refuse(reader, at, KTT_SYNTAX, expected);
}

ktt_status
ktt_split_parse(const char *text, size_t length, ktt_split *split,
				ktt_fault *fault)
{
	Reader		reader = {text, text, text + length, fault};
	ktt_split_places places;
	ktt_rule   *rule = &split->rule;

	ktt_rule_begin(rule);
	for (;;)
	{
		size_t		i = rule->count;

		SkipSpace(&reader);
		if (i == KTT_SPLIT_CLAUSES)
			return Refuse(&reader, reader.at, KTT_LIMIT,
						  "A rule has at most 64 clauses.");
		places.party[i] = Place(&reader, reader.at);
		if (ReadParty(&reader, &split->parties[i]) != KTT_OK)
			return fault->status;
		places.term[i] = Place(&reader, reader.at);
		if (ReadTerm(&reader, rule) != KTT_OK)
			return fault->status;
		if (reader.at == reader.end)
			break;
		if (*reader.at != ',')
			return RefuseTail(&reader, &rule->terms[i],
							  "A comma or the end was expected.");
		reader.at++;
	}
	places.end = Place(&reader, reader.end);
	return ktt_split_check(split, &places, fault);
}

ktt_status
ktt_party_parse(const char *text, size_t length, ktt_party *party,
				ktt_fault *fault)
{
	Reader		reader = {text, text, text + length, fault};

	SkipSpace(&reader);
	if (ReadParty(&reader, party) != KTT_OK)
		return fault->status;
	if (reader.at != reader.end)
		return Refuse(&reader, reader.at, KTT_SYNTAX,
					  "The end of the party was expected.");
	return KTT_OK;
}

ktt_status
ktt_term_parse(const char *text, size_t length, ktt_rule *rule,
			   ktt_fault *fault)
{
	Reader		reader = {text, text, text + length, fault};

	SkipSpace(&reader);
	if (ReadTerm(&reader, rule) != KTT_OK)
		return fault->status;
	if (reader.at != reader.end)
		return RefuseTail(&reader, &rule->terms[rule->count - 1],
						  "The end of the term was expected.");
	return KTT_OK;
}

static char *
Append(char *out, const char *text)
{
	size_t		length = strlen(text);

	memcpy(out, text, length);
	return out + length;
}

char *
ktt_rate_print(char *out, uint64_t rate)
{
	uint32_t	rest = (uint32_t) (rate % (KTT_RATE_ONE / 100));

	out = ktt_int64_print(out, (int64_t) (rate / (KTT_RATE_ONE / 100)));
	if (rest > 0)
	{
		*out++ = '.';
		for (uint32_t place = KTT_RATE_ONE / 1000; rest > 0; place /= 10)
		{
			*out++ = (char) ('0' + rest / place);
			rest %= place;
		}
	}
	*out++ = '%';
	return out;
}

static char *
PrintLadder(char *out, const ktt_rule *rule, const ktt_term *term)
{
	const ktt_step *steps = rule->steps + term->first_step;

	out = Append(out, term->scale == KTT_SCALE_WHOLE ? "whole ladder(" : "ladder(");
	for (size_t i = 0; i < term->step_count; i++)
	{
		out = ktt_int64_print(i > 0 ? Append(out, ", ") : out, steps[i].from);
		out = ktt_rate_print(Append(out, ": "), steps[i].rate);
	}
	*out++ = ')';
	return out;
}

char *
ktt_term_print(char *out, const ktt_rule *rule, size_t clause)
{
	const ktt_term *term = &rule->terms[clause];

	switch (term->kind)
	{
		case KTT_TERM_COST:
			return Append(out, "cost");
		case KTT_TERM_REST:
			return Append(out, "rest");
		case KTT_TERM_PER_UNIT:
			return Append(ktt_int64_print(out, term->amount), " per unit");
		case KTT_TERM_PER_ORDER:
			return Append(ktt_int64_print(out, term->amount), " per order");
	}
	if (term->scale != KTT_SCALE_NONE)
		out = PrintLadder(out, rule, term);
	else
		out = ktt_rate_print(out, term->rate);
	out = Append(out, term->kind == KTT_TERM_OF_SALE ? " of sale" :
				 term->kind == KTT_TERM_OF_COST ? " of cost" : " of margin");
	if (term->bounds & KTT_TERM_MIN)
		out = ktt_int64_print(Append(out, " min "), term->min);
	if (term->bounds & KTT_TERM_MAX)
		out = ktt_int64_print(Append(out, " max "), term->max);
	return out;
}

char *
ktt_split_print(char *out, const ktt_split *split)
{
	for (size_t i = 0; i < split->rule.count; i++)
	{
		const ktt_party *party = &split->parties[i];

		if (i > 0)
			out = Append(out, ", ");
		memcpy(out, party->text, party->length);
		out += party->length;
		*out++ = ' ';
		out = ktt_term_print(out, &split->rule, i);
	}
	return out;
}
