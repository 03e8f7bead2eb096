/* Pickup codes: what is printed can be read, and typos are seen. */
#include "core/code.h"
#include "unit.h"

#include <string.h>

static uint64_t seed = 20240607;

static uint8_t
RandomSymbol(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint8_t) (seed >> 40) % KTT_CODE_BASE;
}

static bool
Reads(const char *typed, const char *printed)
{
	uint8_t		symbols[KTT_CODE_SYMBOLS];
	char		again[KTT_CODE_PRINTED];

	if (!ktt_code_read(typed, strlen(typed), symbols))
		return printed == NULL;
	ktt_code_print(symbols, again);
	return printed != NULL && memcmp(again, printed, KTT_CODE_PRINTED) == 0;
}

/* The definition of the check symbol, without Horner: weights are powers of x. */
static uint8_t
Times(uint8_t a, uint8_t b)
{
	unsigned	product = 0;

	for (int bit = 0; bit < 5; bit++)
		if (b >> bit & 1)
			product ^= (unsigned) a << bit;
	for (int bit = 9; bit >= 5; bit--)
		if (product >> bit & 1)
			product ^= 37u << (bit - 5);
	return (uint8_t) product;
}

static bool
SumsToZero(const uint8_t *symbols)
{
	uint8_t		weight = 1;
	uint8_t		sum = 0;

	for (int i = KTT_CODE_SYMBOLS - 1; i >= 0; i--)
	{
		sum ^= Times(weight, symbols[i]);
		weight = Times(weight, 2);
	}
	return sum == 0;
}

static bool
Valid(const uint8_t *symbols)
{
	return ktt_code_check(symbols) == symbols[KTT_CODE_RANDOM];
}

static void
TestTyping(void)
{
	uint8_t		zeros[KTT_CODE_RANDOM] = {0};
	uint8_t		ones[KTT_CODE_RANDOM] = {1, 1, 1, 1, 1, 1, 1};
	char		printed[KTT_CODE_PRINTED];
	char		long_input[KTT_CODE_TYPED_MAX + 2];

	ktt_code_print(zeros, printed);
	CHECK(memcmp(printed, "0000-0000", KTT_CODE_PRINTED) == 0, "zeros print as zeros");
	ktt_code_print(ones, printed);
	CHECK(memcmp(printed, "1111-111", 8) == 0, "ones print as ones");

	CHECK(Reads("0000-0000", "0000-0000"), "as printed");
	CHECK(Reads("OoOo oooo", "0000-0000"), "O is 0");
	CHECK(Reads("00000000", "0000-0000"), "without the hyphen");
	CHECK(Reads("  00-00 -- 00-00 ", "0000-0000"), "spaces and hyphens anywhere");
	CHECK(Reads("V1RJ-PNCX", "V1RJ-PNCX"), "a code");
	CHECK(Reads("viRj pncx", "V1RJ-PNCX"), "lower case, I is 1");
	CHECK(Reads("VLRJPNCX", "V1RJ-PNCX"), "L is 1");
	CHECK(Reads("", NULL), "empty");
	CHECK(Reads("-- --", NULL), "no symbol");
	CHECK(Reads("0000-000", NULL), "too short");
	CHECK(Reads("0000-00000", NULL), "too long");
	CHECK(Reads("U000-0000", NULL), "U is not in the alphabet");
	CHECK(Reads("0000*0000", NULL), "a stray character");
	CHECK(Reads("0000-0001", NULL), "wrong check symbol");
	CHECK(Reads("0000\t0000", NULL), "a tab");

	memset(long_input, ' ', sizeof(long_input));
	memcpy(long_input, "00000000", 8);
	long_input[KTT_CODE_TYPED_MAX] = '\0';
	CHECK(Reads(long_input, "0000-0000"), "as long as allowed");
	long_input[KTT_CODE_TYPED_MAX] = ' ';
	long_input[KTT_CODE_TYPED_MAX + 1] = '\0';
	CHECK(Reads(long_input, NULL), "longer than allowed");
	CHECK(!ktt_code_read("0000\0" "000", 8, zeros), "a zero byte");
}

static void
TestTypos(void)
{
	unsigned long wrong_unseen = 0;
	unsigned long swap_unseen = 0;
	unsigned long unreadable = 0;
	unsigned long not_zero = 0;

	for (int round = 0; round < 2000; round++)
	{
		uint8_t		symbols[KTT_CODE_SYMBOLS];
		uint8_t		read[KTT_CODE_SYMBOLS];
		char		printed[KTT_CODE_PRINTED];

		for (int i = 0; i < KTT_CODE_RANDOM; i++)
			symbols[i] = RandomSymbol();
		symbols[KTT_CODE_RANDOM] = ktt_code_check(symbols);
		not_zero += !SumsToZero(symbols);
		ktt_code_print(symbols, printed);
		unreadable += !ktt_code_read(printed, sizeof(printed), read) ||
			memcmp(read, symbols, sizeof(read)) != 0;

		for (int i = 0; i < KTT_CODE_SYMBOLS; i++)
		{
			uint8_t		right = symbols[i];

			for (uint8_t other = 0; other < KTT_CODE_BASE; other++)
			{
				symbols[i] = other;
				wrong_unseen += other != right && Valid(symbols);
			}
			symbols[i] = right;
			for (int j = i + 1; j < KTT_CODE_SYMBOLS; j++)
			{
				symbols[i] = symbols[j];
				symbols[j] = right;
				swap_unseen += symbols[i] != symbols[j] && Valid(symbols);
				symbols[j] = symbols[i];
				symbols[i] = right;
			}
		}
	}
	CHECK(not_zero == 0, "the weighted sum is zero");
	CHECK(unreadable == 0, "what is printed can be read");
	CHECK(wrong_unseen == 0, "every wrong symbol is seen");
	CHECK(swap_unseen == 0, "every exchange of two symbols is seen");
}

int
main(void)
{
	TestTyping();
	TestTypos();
	return unit_report();
}
