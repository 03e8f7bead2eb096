#include "code.h"

static const char alphabet[KTT_CODE_BASE + 1] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Times x in GF(32), modulo x^5 + x^2 + 1. */
static uint8_t
times_x(uint8_t value)
{
	unsigned	doubled = (unsigned) value << 1;

	return (uint8_t) (doubled & 32 ? doubled ^ 37 : doubled);
}

uint8_t
ktt_code_check(const uint8_t *symbols)
{
	uint8_t		sum = 0;

	/* Horner: symbol i gets the weight x^(7-i), the check symbol weight 1. */
	for (int i = 0; i < KTT_CODE_RANDOM; i++)
		sum = times_x(sum ^ symbols[i]);
	return sum;
}

void
ktt_code_print(const uint8_t *symbols, char *out)
{
	for (int i = 0; i < KTT_CODE_SYMBOLS; i++)
	{
		if (i == KTT_CODE_SYMBOLS / 2)
			*out++ = '-';
		*out++ = alphabet[i < KTT_CODE_RANDOM ? symbols[i]
						  : ktt_code_check(symbols)];
	}
}

/* The symbol's value, or -1 when the character is not in the alphabet. */
static int
symbol_value(char typed)
{
	if (typed >= 'a' && typed <= 'z')
		typed = (char) (typed - 'a' + 'A');
	if (typed == 'O')
		typed = '0';
	if (typed == 'I' || typed == 'L')
		typed = '1';
	for (int value = 0; value < KTT_CODE_BASE; value++)
		if (alphabet[value] == typed)
			return value;
	return -1;
}

bool
ktt_code_read(const char *typed, size_t length, uint8_t *symbols)
{
	int			count = 0;

	if (length > KTT_CODE_TYPED_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		int			value;

		if (typed[i] == ' ' || typed[i] == '-')
			continue;
		value = symbol_value(typed[i]);
		if (value < 0 || count == KTT_CODE_SYMBOLS)
			return false;
		symbols[count++] = (uint8_t) value;
	}
	return count == KTT_CODE_SYMBOLS &&
		ktt_code_check(symbols) == symbols[KTT_CODE_RANDOM];
}
