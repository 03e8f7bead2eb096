#include "chain.h"

#include "number.h"

#include <inttypes.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define KTT_BIG_ENDIAN(word) __builtin_bswap64(word)
#else
#define KTT_BIG_ENDIAN(word) (word)
#endif

ktt_status
ktt_chain_push(ktt_chain *chain, int64_t member)
{
	if (member < 1)
		return KTT_RANGE;
	for (int i = 0; i < chain->depth; i++)
		if (chain->members[i] == member)
			return KTT_VALUE;
	if (chain->depth == KTT_CHAIN_MAX)
		return KTT_LIMIT;
	chain->members[chain->depth++] = member;
	return KTT_OK;
}

static const char *
skip_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
		at++;
	return at;
}

ktt_status
ktt_chain_parse(ktt_chain *chain, const char *text, size_t length,
				ktt_fault *fault)
{
	const char *end = text + length;
	const char *at = skip_space(text, end);

	chain->depth = 0;
	if (at == end)
		return ktt_fail(fault, KTT_SYNTAX, (size_t) (at - text) + 1,
						"A chain has at least one member.");
	for (;;)
	{
		size_t		position = (size_t) (at - text) + 1;
		int64_t		member;
		int			found = -1;

		/* A minus is read, so that a negative id is called by its fault. */
		if (at < end && *at != '+')
			found = ktt_int64_parse(&at, end, &member);
		if (found == -1)
			return ktt_fail(fault, KTT_SYNTAX, position,
							"A member id is expected.");
		switch (found == -2 ? KTT_RANGE : ktt_chain_push(chain, member))
		{
			case KTT_OK:
				break;
			case KTT_VALUE:
				return ktt_fail(fault, KTT_SYNTAX, position,
								"Member %" PRId64 " appears twice in the chain.",
								member);
			case KTT_LIMIT:
				return ktt_fail(fault, KTT_LIMIT, position,
								"A chain has at most %d members.",
								KTT_CHAIN_MAX);
			default:
				return ktt_fail(fault, KTT_RANGE, position,
								"Member ids are from 1 to %" PRId64 ".",
								INT64_MAX);
		}
		at = skip_space(at, end);
		if (at == end)
			return KTT_OK;
		if (*at != '>')
			return ktt_fail(fault, KTT_SYNTAX, (size_t) (at - text) + 1,
							"\">\" or the end of the chain is expected.");
		at = skip_space(at + 1, end);
	}
}

char *
ktt_chain_print(char *out, const ktt_chain *chain)
{
	for (int i = 0; i < chain->depth; i++)
	{
		if (i > 0)
			*out++ = '>';
		out = ktt_int64_print(out, chain->members[i]);
	}
	return out;
}

/* Bytes of an id without leading zeros; ids are positive. */
static unsigned
id_size(uint64_t id)
{
	return (71 - (unsigned) __builtin_clzll(id)) / 8;
}

size_t
ktt_chain_pack(unsigned char *out, const ktt_chain *chain)
{
	unsigned char *at = out;

	*at++ = KTT_CHAIN_VERSION;
	for (int i = 0; i < chain->depth; i++)
	{
		uint64_t	id = (uint64_t) chain->members[i];
		unsigned	length = id_size(id);

		*at++ = (unsigned char) length;
		while (length-- > 0)
			*at++ = (unsigned char) (id >> (8 * length));
	}
	return (size_t) (at - out);
}

/*
 * Read the member at [at, end) and return the byte behind it, or NULL at the
 * end and when the bytes are cut off.
 */
static const unsigned char *
next_member(const unsigned char *at, const unsigned char *end, uint64_t *id)
{
	unsigned	length;
	uint64_t	value = 0;

	if (at == end)
		return NULL;
	length = *at++;
	if (length > 8 || length > (size_t) (end - at))
		return NULL;
	while (length-- > 0)
		value = value << 8 | *at++;
	*id = value;
	return at;
}

ktt_status
ktt_chain_unpack(ktt_chain *chain, const unsigned char *bytes, size_t size,
				 ktt_fault *fault)
{
	const unsigned char *at = bytes;
	const unsigned char *end = bytes + size;

	chain->depth = 0;
	if (size == 0)
		return ktt_fail(fault, KTT_BINARY, 0, "The version byte is missing.");
	if (*at++ != KTT_CHAIN_VERSION)
		return ktt_fail(fault, KTT_BINARY, 0, "Version %d is not known.",
						bytes[0]);
	if (at == end)
		return ktt_fail(fault, KTT_BINARY, 0,
						"A chain has at least one member.");
	while (at < end)
	{
		unsigned	length = *at;
		uint64_t	id;
		ktt_status	status;

		if (length < 1 || length > 8)
			return ktt_fail(fault, KTT_BINARY, 0,
							"A member id takes 1 to 8 bytes, not %u.", length);
		at = next_member(at, end, &id);
		if (at == NULL)
			return ktt_fail(fault, KTT_BINARY, 0, "A member id is cut off.");
		if (id == 0 || id > INT64_MAX)
			return ktt_fail(fault, KTT_BINARY, 0,
							"Member ids are from 1 to %" PRId64 ".", INT64_MAX);
		if (id_size(id) != length)
			return ktt_fail(fault, KTT_BINARY, 0,
							"A member id is not in its shortest form.");
		status = ktt_chain_push(chain, (int64_t) id);
		if (status == KTT_VALUE)
			return ktt_fail(fault, KTT_BINARY, 0,
							"Member %" PRIu64 " appears twice in the chain.", id);
		if (status != KTT_OK)
			return ktt_fail(fault, KTT_BINARY, 0,
							"A chain has at most %d members.", KTT_CHAIN_MAX);
	}
	return KTT_OK;
}

static uint64_t
next_word(const unsigned char *at)
{
	uint64_t	word;

	memcpy(&word, at, sizeof(word));
	return KTT_BIG_ENDIAN(word);
}

/* By words: a scan compares every chain it passes, and memcmp has to be called. */
int
ktt_chain_compare(const unsigned char *a, size_t a_size,
				  const unsigned char *b, size_t b_size)
{
	size_t		size = a_size < b_size ? a_size : b_size;

	for (; size >= 8; size -= 8, a += 8, b += 8)
	{
		uint64_t	x = next_word(a);
		uint64_t	y = next_word(b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	for (; size > 0; size--, a++, b++)
		if (*a != *b)
			return *a < *b ? -1 : 1;
	return (a_size > b_size) - (a_size < b_size);
}

bool
ktt_chain_leads(const unsigned char *a, size_t a_size,
				const unsigned char *b, size_t b_size)
{
	return a_size <= b_size && memcmp(a, b, a_size) == 0;
}

/*
 * The walk that the readers below share: from the first member on, until the
 * place is reached, or the id is met, or the chain ends. Returns the place
 * where it stopped with the id there and the size up to it; place 0 and id 0
 * stop at nothing.
 */
typedef struct walk
{
	int			place;
	uint64_t	id;
	size_t		size;
	bool		stopped;
} walk;

static walk
walk_until(const unsigned char *bytes, size_t size, int64_t place, uint64_t id)
{
	const unsigned char *end = bytes + size;
	const unsigned char *at = size > 0 ? bytes + 1 : end;
	walk		w = {0};

	while ((at = next_member(at, end, &w.id)) != NULL)
	{
		w.place++;
		w.size = (size_t) (at - bytes);
		if (w.place == place || w.id == id)
		{
			w.stopped = true;
			break;
		}
	}
	return w;
}

int
ktt_chain_depth(const unsigned char *bytes, size_t size)
{
	return walk_until(bytes, size, 0, 0).place;
}

int64_t
ktt_chain_member(const unsigned char *bytes, size_t size, int64_t place)
{
	walk		w = walk_until(bytes, size, place, 0);

	return w.stopped ? (int64_t) w.id : 0;
}

size_t
ktt_chain_upline_size(const unsigned char *bytes, size_t size, int depth)
{
	walk		w = walk_until(bytes, size, depth, 0);

	return w.stopped ? w.size : 0;
}

int
ktt_chain_place(const unsigned char *bytes, size_t size, int64_t member)
{
	walk		w;

	if (member < 1)
		return 0;
	w = walk_until(bytes, size, 0, (uint64_t) member);
	return w.stopped ? w.place : 0;
}

size_t
ktt_chain_common_size(const unsigned char *a, size_t a_size,
					  const unsigned char *b, size_t b_size)
{
	const unsigned char *end = a + a_size;
	const unsigned char *at = a_size > 0 ? a + 1 : end;
	size_t		common = 0;
	uint64_t	id;

	while ((at = next_member(at, end, &id)) != NULL)
	{
		size_t		size = (size_t) (at - a);

		if (!ktt_chain_leads(a + common, size - common, b + common, b_size - common))
			break;
		common = size;
	}
	return common;
}

size_t
ktt_chain_last_downline(unsigned char *out, const unsigned char *bytes,
						size_t size)
{
	const unsigned char *end = bytes + size;
	const unsigned char *at = size > 0 ? bytes + 1 : end;
	unsigned char *to = out + size;
	uint64_t	taken = 0;		/* bit n: the n-th id from the top stands above */
	uint64_t	id;
	int			depth = 0;

	while ((at = next_member(at, end, &id)) != NULL)
	{
		uint64_t	from_top = (uint64_t) INT64_MAX - id;

		if (from_top < KTT_CHAIN_MAX)
			taken |= (uint64_t) 1 << from_top;
		depth++;
	}
	memcpy(out, bytes, size);
	/* Of the 64 highest ids, at least as many are free as places are. */
	for (int n = 0; n < KTT_CHAIN_MAX && depth < KTT_CHAIN_MAX; n++)
	{
		if (taken >> n & 1)
			continue;
		*to++ = 8;
		*to++ = 0x7f;
		memset(to, 0xff, 6);
		to += 6;
		*to++ = (unsigned char) (0xff - n);
		depth++;
	}
	return (size_t) (to - out);
}
