/* The four types as jsonb, right and nearly so; only the server reads these. */
#include "targets.h"

#include <inttypes.h>

/* Anything, where something else belongs. */
static void
put_odd(input *in, int depth)
{
	static const char *const odd[] = {
		"null", "true", "\"\"", "\"7\"", "1.5", "1.0", "1e3", "-0", "0.1e1", "9223372036854775807",
		"9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1e400", "{}", "[]",
		"\"rest\"", "\"10% of sale\"", "\"ladder(0: 10%) of sale\"", "\"\\u00e9\"", "[[1]]", "{\"1\": 1}"
	};

	if (depth < 3 && one_in(6))
	{
		bool		object = one_in(2);

		put(in, object ? "{\"a\": " : "[");
		put_odd(in, depth + 1);
		put(in, object ? "}" : "]");
	}
	else
		put(in, "%s", odd[chance_below(sizeof(odd) / sizeof(odd[0]))]);
}

/* A number, or now and then something else. */
static void
put_value(input *in, int64_t number)
{
	if (one_in(60))
		put_odd(in, 0);
	else
		put(in, "%" PRId64 "%s", number, one_in(40) ? ".0" : "");
}

static void
put_key(input *in, int64_t key)
{
	static const char *const odd[] = {
		"", "0", "-1", "+1", "01", " 1", "1 ", "1.0", "1e3", "9223372036854775808", "units", "amount", "\\u0000"
	};

	if (one_in(100))
		put(in, "\"%s\": ", odd[chance_below(sizeof(odd) / sizeof(odd[0]))]);
	else
		put(in, "\"%" PRId64 "\": ", key);
}

void
make_chain_json(input *in)
{
	int			depth = (int) chance_below(one_in(20) ? 70 : 6);

	if (one_in(30))
		put_odd(in, 0);
	else
	{
		put(in, "[");
		for (int i = 0; i < depth; i++)
		{
			put(in, "%s", i > 0 ? ", " : "");
			put_value(in, chance_between(1, INT64_MAX));
		}
		put(in, "]");
	}
}

static void
make_vector_json(input *in, bool basket)
{
	int			count = (int) chance_below(one_in(20) ? 60 : 6);

	if (one_in(30))
	{
		put_odd(in, 0);
		return;
	}
	put(in, "{");
	for (int i = 0; i < count; i++)
	{
		put(in, "%s", i > 0 ? ", " : "");
		put_key(in, chance_between(1, one_in(2) ? 20 : INT64_MAX));
		if (!basket || one_in(50))
		{
			put_value(in, chance_number());
			continue;
		}
		put(in, "{");
		if (!one_in(100))
		{
			put(in, "\"units\": ");
			put_value(in, chance_number());
		}
		if (!one_in(100))
		{
			put(in, ", \"%s\": ", one_in(100) ? "Amount" : "amount");
			put_value(in, chance_number());
		}
		if (one_in(100))
			put(in, ", \"units\": 1");
		put(in, "}");
	}
	put(in, "}");
}

void
make_basket_json(input *in)
{
	make_vector_json(in, true);
}

void
make_shares_json(input *in)
{
	make_vector_json(in, false);
}

static void
put_string(input *in, const uint8_t *text, size_t size)
{
	put(in, "\"");
	for (size_t i = 0; i < size; i++)
		put(in, text[i] < ' ' ? "\\u%04x" : "%c", text[i]);
	put(in, "\"");
}

static bool
is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* A rule in text, clause by clause: a comma in parentheses parts no clauses. */
void
make_split_json(input *in)
{
	static input text;
	size_t		begin = 0;
	int			open = 0;

	if (one_in(30))
	{
		put_odd(in, 0);
		return;
	}
	text.size = 0;
	make_split_text(&text, one_in(8));
	put(in, "[");
	for (size_t at = 0; at <= text.size; at++)
	{
		size_t		party;

		if (at < text.size)
			open += (text.bytes[at] == '(') - (text.bytes[at] == ')');
		if (at < text.size && (text.bytes[at] != ',' || open > 0))
			continue;
		while (begin < at && is_space(text.bytes[begin]) && !one_in(60))
			begin++;
		for (party = begin; party < at && !is_space(text.bytes[party]); party++)
			;
		put(in, "{\"party\": ");
		if (one_in(100))
			put_odd(in, 0);
		else
			put_string(in, text.bytes + begin, party - begin);
		while (party < at && is_space(text.bytes[party]) && !one_in(60))
			party++;
		put(in, ", \"%s\": ", one_in(100) ? "Term" : "term");
		if (one_in(100))
			put_odd(in, 0);
		else
			put_string(in, text.bytes + party, at - party);
		put(in, "%s}%s", one_in(100) ? ", \"note\": 1" : "", at < text.size ? ", " : "");
		begin = at + 1;
	}
	put(in, "]");
}
