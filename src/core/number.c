#include "number.h"

#include <string.h>

const unsigned char *
ktt_varint_get_slow(const unsigned char *in, const unsigned char *end,
					uint64_t *value)
{
	uint64_t	result = 0;

	/* The tenth byte ends a number or is none of one. */
	for (unsigned shift = 0; in < end; shift += 7)
	{
		unsigned char byte = *in++;

		if (shift == 63 && byte > 1)
			return NULL;
		result |= (uint64_t) (byte & 127) << shift;
		if (byte < 128)
		{
			if (byte == 0 && shift > 0)
				return NULL;
			*value = result;
			return in;
		}
	}
	return NULL;
}

int
ktt_int64_parse(const char **cursor, const char *end, int64_t *value)
{
	const char *at = *cursor;
	bool		negative = false;
	bool		fits = true;
	int64_t		result = 0;
	const char *digits;

	if (at < end && (*at == '-' || *at == '+'))
		negative = (*at++ == '-');
	for (digits = at; at < end && *at >= '0' && *at <= '9'; at++)
	{
		int			digit = *at - '0';

		/* Collect downwards: the negative range is the longer one. */
		if (__builtin_mul_overflow(result, 10, &result) ||
			__builtin_sub_overflow(result, digit, &result))
			fits = false;
	}
	if (at == digits)
		return -1;
	if (!negative && __builtin_sub_overflow(0, result, &result))
		fits = false;
	*cursor = at;
	*value = result;
	return fits ? 0 : -2;
}

char *
ktt_int64_print(char *out, int64_t value)
{
	char		digits[KTT_INT64_TEXT_MAX];
	size_t		used = 0;
	uint64_t	rest = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;

	do
		digits[sizeof(digits) - ++used] = (char) ('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		*out++ = '-';
	memcpy(out, digits + sizeof(digits) - used, used);
	return out + used;
}
