/* Numbers read, printed and packed, against the library's and by definition. */
#include "core/number.h"
#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 20240929;

static uint64_t
Random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * UINT64_C(2685821657736338717);
}

/* Every shift of a bit and of all bits, with their neighbours. */
static int
EachEdge(void (*test) (uint64_t value))
{
	int			edges = 0;

	for (unsigned bits = 0; bits < 64; bits++)
		for (uint64_t near = 0; near < 5; near++, edges += 3)
		{
			test((UINT64_C(1) << bits) + near - 2);
			test((UINT64_MAX >> bits) + near - 2);
			test(Random() >> bits);
		}
	return edges;
}

/* Seven bits a byte, the lowest first, until nothing is left. */
static size_t
PackSlowly(unsigned char *out, uint64_t value)
{
	size_t		size = 0;

	do
	{
		out[size++] = (unsigned char) (value % 128);
		value /= 128;
	} while (value > 0);
	for (size_t i = 0; i + 1 < size; i++)
		out[i] += 128;
	return size;
}

static void
TestVarint(uint64_t value)
{
	unsigned char packed[KTT_VARINT_MAX + 1];
	unsigned char slowly[KTT_VARINT_MAX];
	size_t		size = PackSlowly(slowly, value);
	uint64_t	read;
	bool		cut = true;

	CHECK(ktt_varint_put(packed, value) == packed + size, "a varint takes its bytes");
	CHECK(ktt_varint_size(value) == size, "its size is told before");
	CHECK(memcmp(packed, slowly, size) == 0, "its bytes are those of the definition");
	CHECK(ktt_varint_get(packed, packed + size, &read) == packed + size && read == value, "it is read back");
	packed[size] = 1;
	CHECK(ktt_varint_get(packed, packed + size + 1, &read) == packed + size, "it ends where it ends");
	for (size_t left = 0; left < size; left++)
		cut = cut && ktt_varint_get(packed, packed + left, &read) == NULL;
	CHECK(cut, "no part of it is read");
	packed[size - 1] |= 128;
	packed[size] = 0;
	CHECK(ktt_varint_get(packed, packed + size + 1, &read) == NULL, "no longer form of it is read");
}

static void
TestZigzag(uint64_t value)
{
	int64_t		number = (int64_t) value;

	CHECK(ktt_zigzag(number) == (number < 0 ? 2 * (UINT64_MAX - value) + 1 : 2 * value), "zigzag by definition");
	CHECK(ktt_unzigzag(ktt_zigzag(number)) == number, "and back");
	CHECK(ktt_zigzag(ktt_unzigzag(value)) == value, "and the other way round");
}

static void
TestText(uint64_t value)
{
	char		text[64];
	char		printed[KTT_INT64_TEXT_MAX];
	int64_t		read;
	const char *at = text;
	int			length = snprintf(text, sizeof(text), "%" PRId64, (int64_t) value);

	CHECK(ktt_int64_print(printed, (int64_t) value) == printed + length, "a number prints as long as it is");
	CHECK(memcmp(printed, text, (size_t) length) == 0, "and as the library prints it");
	CHECK(ktt_int64_parse(&at, text + length, &read) == 0 && at == text + length, "it is read whole");
	CHECK(read == (int64_t) value, "and as it was");

	/* An unsigned one has a digit more than fits. */
	at = text;
	length = snprintf(text, sizeof(text), "%" PRIu64 "%u", value | UINT64_C(1) << 63, (unsigned) (Random() % 10));
	CHECK(ktt_int64_parse(&at, text + length, &read) == -2 && at == text + length, "one too long does not fit");
}

static int
Parse(const char *text, size_t *behind, int64_t *value)
{
	const char *at = text;
	int			code = ktt_int64_parse(&at, text + strlen(text), value);

	*behind = (size_t) (at - text);
	return code;
}

static void
TestForms(void)
{
	static const char *const none[] = {"", "-", "+", "--1", "+-1", " 1", "x", "-x", ".5"};
	static const char *const beyond[] = {
		"9223372036854775808", "-9223372036854775809", "18446744073709551616", "+9223372036854775808",
		"99999999999999999999999999999999", "-99999999999999999999999999999999"
	};
	int64_t		value;
	size_t		behind;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(Parse(none[i], &behind, &value) == -1 && behind == 0, none[i]);
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
		CHECK(Parse(beyond[i], &behind, &value) == -2 && behind == strlen(beyond[i]), beyond[i]);
	CHECK(Parse("+0012", &behind, &value) == 0 && value == 12 && behind == 5, "a plus and leading zeros");
	CHECK(Parse("-0", &behind, &value) == 0 && value == 0, "minus zero");
	CHECK(Parse("12a", &behind, &value) == 0 && value == 12 && behind == 2, "as far as there are digits");
	CHECK(Parse("9223372036854775807", &behind, &value) == 0 && value == INT64_MAX, "the largest");
	CHECK(Parse("-9223372036854775808", &behind, &value) == 0 && value == INT64_MIN, "the least");
}

/* The tenth byte of a varint holds one bit, and there is no eleventh. */
static void
TestTooLong(void)
{
	unsigned char packed[] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0};
	uint64_t	value = 0;

	CHECK(ktt_varint_get(packed, packed + 10, &value) == packed + 10 && value == UINT64_MAX, "64 bits");
	packed[9] = 2;
	CHECK(ktt_varint_get(packed, packed + 10, &value) == NULL, "a 65th bit");
	packed[9] = 129;
	CHECK(ktt_varint_get(packed, packed + 11, &value) == NULL, "an eleventh byte");
	CHECK(ktt_varint_get(packed, packed, &value) == NULL, "no byte at all");
	packed[0] = 128;
	packed[1] = 0;
	CHECK(ktt_varint_get(packed, packed + 2, &value) == NULL, "zero in two bytes");
}

int
main(void)
{
	CHECK(EachEdge(TestVarint) == EachEdge(TestZigzag), "as many varints as zigzags");
	EachEdge(TestText);
	TestForms();
	TestTooLong();
	return unit_report();
}
