/* Key files and pickup codes that must be accepted. */
#include "core/code.h"
#include "targets.h"

#include <inttypes.h>

static void
put_blank(input *in)
{
	put(in, "%s", one_in(6) ? "\t" : one_in(10) ? "  " : " ");
}

static void
put_key(input *in, uint64_t id, const char *purpose, const char *state)
{
	put(in, "%s1", one_in(10) ? " " : "");
	put_blank(in);
	put(in, "%" PRIu64, id);
	put_blank(in);
	put(in, "%s", purpose);
	put_blank(in);
	put(in, "%s", state);
	put_blank(in);

	/* The id in front makes it the only secret of its kind. */
	put(in, "%016" PRIx64, id);
	for (int i = 0; i < 3; i++)
		put(in, one_in(2) ? "%016" PRIx64 : "%016" PRIX64, chance());
	put(in, "%s", one_in(10) ? " \r\n" : "\n");
}

void
make_key_file(input *in, bool wrong)
{
	static const char *const purposes[] = {"kek", "index", "code", "link", "sign"};
	uint64_t	id = 0;

	for (int i = 0; i < 5; i++)
	{
		if (one_in(12))
			put(in, "# %016" PRIx64 "\n", chance());
		if (one_in(8))
			put(in, "%s\n", one_in(2) ? "" : " \t");
		if (!one_in(5))
			continue;
		id += 1 + chance_below(one_in(10) ? 400000000 : 5);
		put_key(in, id, purposes[i], "active");
		for (uint64_t more = chance_below(one_in(10) ? 12 : 2); more > 0; more--)
			put_key(in, ++id, purposes[i], one_in(2) ? "verify" : "retired");
	}
	if (wrong)
	{
		/* The same id, a second active key, or none; a line may have no end yet. */
		switch (chance_below(3))
		{
			case 0:
				put_key(in, ++id, "sign", "verify");
				put_key(in, id, "code", "active");
				break;
			case 1:
				put_key(in, id + 1, "kek", "active");
				put_key(in, id + 2, "kek", "active");
				break;
			default:
				in->size = 0;
				put_key(in, id + 1, "link", one_in(2) ? "verify" : "retired");
				break;
		}
	}
	if (in->size > 0 && one_in(3))
		in->size--;
}

void
make_code(input *in, bool wrong)
{
	uint8_t		symbols[KTT_CODE_SYMBOLS];
	char		printed[KTT_CODE_PRINTED];

	for (int i = 0; i < KTT_CODE_RANDOM; i++)
		symbols[i] = (uint8_t) chance_below(KTT_CODE_BASE);
	ktt_code_print(symbols, printed);
	if (wrong)
	{
		/* Another symbol in one place, the check symbol's too. */
		size_t		place = (size_t) chance_below(KTT_CODE_PRINTED - 1);
		char		was = printed[place += place >= KTT_CODE_SYMBOLS / 2];

		while (printed[place] == was)
			printed[place] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[chance_below(KTT_CODE_BASE)];
	}
	for (int i = 0; i < KTT_CODE_PRINTED; i++)
	{
		char		symbol = printed[i];

		if (symbol == '-')
		{
			put(in, "%s", one_in(4) ? "" : one_in(4) ? " " : "-");
			continue;
		}
		if (symbol == '0' && one_in(3))
			symbol = 'O';
		if (symbol == '1' && one_in(3))
			symbol = one_in(2) ? 'I' : 'l';
		if (symbol >= 'A' && one_in(4))
			symbol = (char) (symbol | 32);
		put(in, "%c%s", symbol, one_in(20) ? " " : "");
	}
}
