/*
 * Integers as ktt reads, prints and packs them.
 *
 * A packed number is a little-endian base-128 varint: seven bits a byte, the
 * high bit set on all but the last. Signed numbers are zigzagged first. Every
 * number has exactly one packed form; the reader refuses any other.
 */
#ifndef KTT_CORE_NUMBER_H
#define KTT_CORE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KTT_VARINT_MAX 10		/* bytes of the longest varint */
#define KTT_INT64_TEXT_MAX 20	/* bytes of "-9223372036854775808" */

static inline uint64_t
ktt_zigzag(int64_t value)
{
	return ((uint64_t) value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t
ktt_unzigzag(uint64_t value)
{
	uint64_t	bits = (value >> 1) ^ ((value & 1) ? UINT64_MAX : 0);

	return bits <= INT64_MAX ? (int64_t) bits
		: -1 - (int64_t) (UINT64_MAX - bits);
}

static inline size_t
ktt_varint_size(uint64_t value)
{
	return value < 128 ? 1 : (size_t) (70 - __builtin_clzll(value)) / 7;
}

/* Write value at out and return the first free byte behind it. */
static inline unsigned char *
ktt_varint_put(unsigned char *out, uint64_t value)
{
	while (value >= 128)
	{
		*out++ = (unsigned char) (value | 128);
		value >>= 7;
	}
	*out++ = (unsigned char) value;
	return out;
}

/*
 * Read a varint from [in, end) and return the byte behind it, or NULL when it
 * is cut off, longer than 64 bits, or not in its shortest form.
 */
extern const unsigned char *ktt_varint_get_slow(const unsigned char *in,
												const unsigned char *end,
												uint64_t *value);

/* Numbers of one and two bytes, which most are, are read in line. */
static inline const unsigned char *
ktt_varint_get(const unsigned char *in, const unsigned char *end,
			   uint64_t *value)
{
	if (end - in >= 2)
	{
		uint64_t	first = in[0];
		uint64_t	second = in[1];

		if (first < 128)
		{
			*value = first;
			return in + 1;
		}
		if (second - 1 < 127)
		{
			*value = first - 128 + (second << 7);
			return in + 2;
		}
	}
	return ktt_varint_get_slow(in, end, value);
}

/*
 * Read a decimal int64 (optional sign, digits) at *cursor, at most to end, and
 * move the cursor behind it. Returns 0, -1 when there is no number, -2 when it
 * does not fit.
 */
extern int	ktt_int64_parse(const char **cursor, const char *end,
							int64_t *value);

/* Print value at out (KTT_INT64_TEXT_MAX bytes of room) and return the end. */
extern char *ktt_int64_print(char *out, int64_t value);

#endif
