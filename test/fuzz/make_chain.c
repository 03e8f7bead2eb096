/* Chains that must be accepted, written by their documented formats alone. */
#include "targets.h"

#include <inttypes.h>

#define MEMBERS_MAX 64

static int
make_members(int64_t *members, bool wrong)
{
	int			depth = 1 + (int) chance_below(one_in(10) ? MEMBERS_MAX : 6);

	for (int i = 0; i < depth; i++)
	{
		bool		again;

		do
		{
			members[i] = chance_between(1, INT64_MAX);
			again = false;
			for (int j = 0; j < i; j++)
				again = again || members[j] == members[i];
		} while (again);
	}
	if (!wrong)
		return depth;

	/* One member too many, one twice, or no id. */
	if (one_in(4))
	{
		for (depth = 0; depth <= MEMBERS_MAX; depth++)
			members[depth] = 1 + depth;
		return depth;
	}
	if (depth > 1 && one_in(2))
		members[depth - 1] = members[chance_below((uint64_t) depth - 1)];
	else
		members[chance_below((uint64_t) depth)] = 0;
	return depth;
}

static void
put_space(input *in)
{
	if (one_in(12))
		put(in, "%c", " \t\n\v\f\r"[chance_below(6)]);
}

void
make_chain_text(input *in, bool wrong)
{
	int64_t		members[MEMBERS_MAX + 1];
	int			depth = make_members(members, wrong);

	put_space(in);
	for (int i = 0; i < depth; i++)
	{
		put(in, "%s%s", i > 0 ? ">" : "", one_in(20) ? " " : "");
		put(in, "%s%" PRId64, one_in(30) ? "00" : "", members[i]);
		put_space(in);
	}
}

void
make_chain_packed(input *in, bool wrong)
{
	int64_t		members[MEMBERS_MAX + 1];
	int			depth = make_members(members, wrong);

	put_bytes(in, "\1", 1);
	for (int i = 0; i < depth; i++)
	{
		uint8_t		bytes[9] = {0};

		for (int64_t rest = members[i]; rest > 0; rest /= 256)
			bytes[0]++;
		for (int at = bytes[0], j = 0; at > 0; at--, j++)
			bytes[at] = (uint8_t) (members[i] / ((int64_t) 1 << (8 * j)) % 256);
		put_bytes(in, bytes, 1 + (size_t) bytes[0]);
	}
}
