/* Baskets and shares that must be accepted, by their documented formats alone. */
#include "targets.h"

#include <inttypes.h>

#define ENTRIES_MAX 200

typedef struct line
{
	int64_t		key;
	int64_t		units;
	int64_t		amount;
} line;

static size_t
make_lines(line *lines, bool basket)
{
	size_t		count = (size_t) chance_below(one_in(100) ? ENTRIES_MAX : one_in(10) ? 20 : 5);
	int64_t		key = 0;

	for (size_t i = 0; i < count; i++)
	{
		int64_t		room = INT64_MAX - key - (int64_t) (count - i);
		unsigned	bits = (unsigned) chance_below(one_in(8) ? 63 : 10);

		key += 1 + (int64_t) chance_below((uint64_t) (room >> bits < 1 ? 1 : one_in(4) ? room >> bits : 20));
		lines[i].key = key;
		lines[i].units = chance_number();
		lines[i].amount = chance_number();
		if (lines[i].amount == 0 && (!basket || lines[i].units == 0))
			lines[i].amount = 1;
	}
	return count;
}

static void
put_space(input *in)
{
	if (one_in(15))
		put(in, "%c", " \t\n\v\f\r"[chance_below(6)]);
}

static void
put_number(input *in, int64_t number)
{
	put_space(in);
	put(in, "%s%" PRId64, number >= 0 && one_in(20) ? "+0" : "", number);
	put_space(in);
}

static void
make_text(input *in, bool basket, bool wrong)
{
	line		lines[ENTRIES_MAX];
	size_t		count = make_lines(lines, basket);

	/* No id, or the same one twice. */
	if (wrong && count > 1 && one_in(2))
		lines[chance_below(count - 1)].key = lines[count - 1].key;
	else if (wrong)
	{
		count += count == 0;
		lines[chance_below(count)].key = one_in(2) ? 0 : -1;
	}

	/* In any order. */
	for (size_t i = count; i > 1 && one_in(2); i--)
	{
		size_t		other = (size_t) chance_below(i);
		line		moved = lines[i - 1];

		lines[i - 1] = lines[other];
		lines[other] = moved;
	}
	put_space(in);
	put(in, "{");
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			put(in, ",");
		put_number(in, lines[i].key);
		put(in, ":");
		if (basket)
		{
			put_number(in, lines[i].units);
			put(in, "@");
		}
		put_number(in, lines[i].amount);
	}
	put(in, "}");
	put_space(in);
}

static void
make_packed(input *in, bool basket, bool wrong)
{
	line		lines[ENTRIES_MAX];
	size_t		count = make_lines(lines, basket);
	int64_t		key = 0;

	/* More entries than there are, an entry of zeros, or the same key twice. */
	put_bytes(in, "\1", 1);
	if (wrong && (count < 2 || one_in(3)))
		put_varint(in, count + 1 + chance_below(one_in(2) ? 3 : 1 << 25));
	else
	{
		put_varint(in, count);
		if (wrong && one_in(2))
			lines[count - 1].units = lines[count - 1].amount = 0;
		else if (wrong)
			lines[count - 1].key = lines[count - 2].key;
	}
	for (size_t i = 0; i < count; i++)
	{
		put_varint(in, (uint64_t) (lines[i].key - key));
		if (basket)
			put_zigzag(in, lines[i].units);
		put_zigzag(in, lines[i].amount);
		key = lines[i].key;
	}
}

void
make_basket_text(input *in, bool wrong)
{
	make_text(in, true, wrong);
}

void
make_basket_packed(input *in, bool wrong)
{
	make_packed(in, true, wrong);
}

void
make_shares_text(input *in, bool wrong)
{
	make_text(in, false, wrong);
}

void
make_shares_packed(input *in, bool wrong)
{
	make_packed(in, false, wrong);
}
