/* Chains in the core: text, packing, order, walks. */
#include "unit.h"

#include "core/chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Text that must parse, and what it prints as. */
static void
accepts(const char *text, const char *printed)
{
	ktt_fault	fault = {0};
	ktt_chain	chain;
	char		out[KTT_CHAIN_TEXT_MAX];
	size_t		length;

	if (!CHECK(ktt_chain_parse(&chain, text, strlen(text), &fault) == KTT_OK, text))
		return;
	length = (size_t) (ktt_chain_print(out, &chain) - out);
	CHECK(length == strlen(printed) && memcmp(out, printed, length) == 0, text);
}

/* Text that must not parse: kind, position and reason of the refusal. */
static void
refuses(const char *text, ktt_status status, size_t position, const char *reason)
{
	ktt_fault	fault = {0};
	ktt_chain	chain;

	CHECK(ktt_chain_parse(&chain, text, strlen(text), &fault) == status, text);
	CHECK(fault.status == status && fault.position == position, text);
	CHECK(strstr(fault.reason, reason) != NULL, fault.reason);
}

/* Bytes that must not unpack. An exact heap copy lets ASan see any overread. */
static void
refuses_bytes(const unsigned char *bytes, size_t size, const char *reason)
{
	unsigned char *copy = malloc(size > 0 ? size : 1);
	ktt_fault	fault = {0};
	ktt_chain	chain;

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, size);
	CHECK(ktt_chain_unpack(&chain, copy, size, &fault) == KTT_BINARY, reason);
	CHECK(strstr(fault.reason, reason) != NULL, fault.reason);
	free(copy);
}

#define REFUSES_BYTES(literal, reason) \
	refuses_bytes((const unsigned char *) (literal), sizeof(literal) - 1, reason)

/* "1>2>...>count" */
static char *
counted(int count)
{
	static char text[4 * 100];
	size_t		used = 0;

	for (int i = 1; i <= count; i++)
		used += (size_t) snprintf(text + used, sizeof(text) - used,
								  i > 1 ? ">%d" : "%d", i);
	return text;
}

static void
test_text(void)
{
	accepts("7", "7");
	accepts("7>12>93", "7>12>93");
	accepts(" \t7 >\n12>\v93\r\f ", "7>12>93");
	accepts("007>012", "7>12");
	accepts("9223372036854775807", "9223372036854775807");
	accepts("0000000000000000000000001", "1");
	accepts(counted(64), counted(64));

	refuses("", KTT_SYNTAX, 1, "at least one member");
	refuses("  ", KTT_SYNTAX, 3, "at least one member");
	refuses(">", KTT_SYNTAX, 1, "A member id is expected");
	refuses("7>", KTT_SYNTAX, 3, "A member id is expected");
	refuses("7>>12", KTT_SYNTAX, 3, "A member id is expected");
	refuses("7> x", KTT_SYNTAX, 4, "A member id is expected");
	refuses("+7", KTT_SYNTAX, 1, "A member id is expected");
	refuses("7>-", KTT_SYNTAX, 3, "A member id is expected");
	refuses("7 12", KTT_SYNTAX, 3, "\">\" or the end");
	refuses("7,12", KTT_SYNTAX, 2, "\">\" or the end");
	refuses("7.5", KTT_SYNTAX, 2, "\">\" or the end");
	refuses("0", KTT_RANGE, 1, "from 1 to 9223372036854775807");
	refuses("7>0", KTT_RANGE, 3, "from 1 to 9223372036854775807");
	refuses("-7", KTT_RANGE, 1, "from 1 to 9223372036854775807");
	refuses("9223372036854775808", KTT_RANGE, 1, "from 1 to");
	refuses("7>-9223372036854775809", KTT_RANGE, 3, "from 1 to");
	refuses("7>12>7", KTT_SYNTAX, 6, "Member 7 appears twice in the chain.");
	refuses("7> 007", KTT_SYNTAX, 4, "Member 7 appears twice in the chain.");
	refuses(counted(65), KTT_LIMIT, strlen(counted(65)) - 1, "at most 64 members");
}

static void
test_push(void)
{
	ktt_chain	chain = {0};

	CHECK(ktt_chain_push(&chain, 0) == KTT_RANGE, "id 0");
	CHECK(ktt_chain_push(&chain, -1) == KTT_RANGE, "id -1");
	CHECK(ktt_chain_push(&chain, INT64_MIN) == KTT_RANGE, "lowest id");
	CHECK(chain.depth == 0, "refused ids leave no trace");
	for (int i = 1; i <= KTT_CHAIN_MAX; i++)
		CHECK(ktt_chain_push(&chain, i) == KTT_OK, "fills up");
	CHECK(ktt_chain_push(&chain, 65) == KTT_LIMIT, "member 65");
	CHECK(ktt_chain_push(&chain, 64) == KTT_VALUE, "a repeat is named even when full");
	CHECK(chain.depth == KTT_CHAIN_MAX, "still 64");
}

static void
test_bytes(void)
{
	static const unsigned char packed[] = {1, 1, 7, 2, 1, 0, 1, 93};
	unsigned char out[KTT_CHAIN_SIZE_MAX];
	unsigned char longest[1 + 2 * 65] = {1};
	ktt_chain	chain = {0};
	ktt_chain	back;
	ktt_fault	fault = {0};

	ktt_chain_push(&chain, 7);
	ktt_chain_push(&chain, 256);
	ktt_chain_push(&chain, 93);
	CHECK(ktt_chain_pack(out, &chain) == sizeof(packed) &&
		  memcmp(out, packed, sizeof(packed)) == 0, "7>256>93 packs as documented");
	CHECK(ktt_chain_unpack(&back, packed, sizeof(packed), &fault) == KTT_OK &&
		  back.depth == 3 && back.members[1] == 256, "and unpacks");

	REFUSES_BYTES("", "version byte is missing");
	REFUSES_BYTES("\1", "at least one member");
	REFUSES_BYTES("\0\1\7", "Version 0 is not known");
	REFUSES_BYTES("\2\1\7", "Version 2 is not known");
	REFUSES_BYTES("\1\0", "takes 1 to 8 bytes, not 0");
	REFUSES_BYTES("\1\11\1\1\1\1\1\1\1\1\1", "takes 1 to 8 bytes, not 9");
	REFUSES_BYTES("\1\377\1", "takes 1 to 8 bytes, not 255");
	REFUSES_BYTES("\1\1", "cut off");
	REFUSES_BYTES("\1\1\7\3\1\1", "cut off");
	REFUSES_BYTES("\1\1\0", "from 1 to");
	REFUSES_BYTES("\1\10\200\0\0\0\0\0\0\0", "from 1 to");
	REFUSES_BYTES("\1\2\0\7", "shortest form");
	REFUSES_BYTES("\1\1\7\1\10\1\7", "Member 7 appears twice");
	for (unsigned i = 1; i <= 65; i++)
	{
		longest[2 * i - 1] = 1;
		longest[2 * i] = (unsigned char) i;
	}
	CHECK(ktt_chain_unpack(&back, longest, sizeof(longest) - 2, &fault) == KTT_OK,
		  "64 members unpack");
	refuses_bytes(longest, sizeof(longest), "at most 64 members");
}

static void
test_walks(void)
{
	static const unsigned char packed[] = {1, 1, 7, 2, 1, 0, 1, 93};
	const size_t size = sizeof(packed);

	CHECK(ktt_chain_depth(packed, size) == 3, "depth");
	CHECK(ktt_chain_member(packed, size, 1) == 7, "first");
	CHECK(ktt_chain_member(packed, size, 2) == 256, "second");
	CHECK(ktt_chain_member(packed, size, 3) == 93, "third");
	CHECK(ktt_chain_member(packed, size, 4) == 0, "behind the end");
	CHECK(ktt_chain_member(packed, size, 0) == 0, "before the start");
	CHECK(ktt_chain_member(packed, size, INT64_MIN) == 0, "far before the start");
	CHECK(ktt_chain_place(packed, size, 93) == 3, "takes part");
	CHECK(ktt_chain_place(packed, size, 1) == 0, "a byte is not a member");
	CHECK(ktt_chain_place(packed, size, 0) == 0, "nobody is 0");
	CHECK(ktt_chain_place(packed, size, -7) == 0, "nobody is negative");
	CHECK(ktt_chain_upline_size(packed, size, 1) == 3, "one member");
	CHECK(ktt_chain_upline_size(packed, size, 2) == 6, "two members");
	CHECK(ktt_chain_upline_size(packed, size, 3) == size, "the whole");
	CHECK(ktt_chain_upline_size(packed, size, 4) == 0, "too many");
	CHECK(ktt_chain_upline_size(packed, size, 0) == 0, "none");
	CHECK(ktt_chain_depth((const unsigned char *) "\1\11\1\1\1\1\1\1\1\1\1", 11) == 0,
		  "a length that cannot be ends the walk");
}

/* A small generator with a fixed seed; failures repeat. */
static uint64_t seed = 88172645463325252u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Ids of every width, often small, so that prefixes and repeats are met. */
static void
random_chain(ktt_chain *chain)
{
	int			wanted = 1 + (int) (next_random() % 5);

	chain->depth = 0;
	while (chain->depth < wanted)
	{
		uint64_t	id = next_random();

		id = next_random() % 2 ? id % 4 : id >> (1 + next_random() % 63);
		(void) ktt_chain_push(chain, (int64_t) id);
	}
}

static int
order_by_ids(const ktt_chain *a, const ktt_chain *b)
{
	for (int i = 0; i < a->depth && i < b->depth; i++)
		if (a->members[i] != b->members[i])
			return a->members[i] < b->members[i] ? -1 : 1;
	return (a->depth > b->depth) - (a->depth < b->depth);
}

/* Is a the beginning of b, by the ids? */
static bool
leads_by_ids(const ktt_chain *a, const ktt_chain *b)
{
	for (int i = 0; i < a->depth; i++)
		if (i >= b->depth || a->members[i] != b->members[i])
			return false;
	return true;
}

/* The packed size of the members that both begin with. */
static size_t
common_by_ids(const unsigned char *a_bytes, size_t a_size, const ktt_chain *a,
			  const ktt_chain *b)
{
	int			same = 0;

	while (same < a->depth && same < b->depth && a->members[same] == b->members[same])
		same++;
	return same == 0 ? 0 : ktt_chain_upline_size(a_bytes, a_size, same);
}

static void
test_random(void)
{
	bool		all = true;

	for (int round = 0; all && round < 200000; round++)
	{
		unsigned char a_bytes[KTT_CHAIN_SIZE_MAX],
					b_bytes[KTT_CHAIN_SIZE_MAX],
					c_bytes[2 * KTT_CHAIN_SIZE_MAX];
		char		text[KTT_CHAIN_TEXT_MAX];
		size_t		a_size,
					b_size,
					c_size;
		ktt_chain	a,
					b,
					back;
		ktt_fault	fault = {0};
		bool		good;

		random_chain(&a);
		random_chain(&b);
		a_size = ktt_chain_pack(a_bytes, &a);
		b_size = ktt_chain_pack(b_bytes, &b);

		good = ktt_chain_unpack(&back, a_bytes, a_size, &fault) == KTT_OK &&
			order_by_ids(&a, &back) == 0;
		good = good && ktt_chain_parse(&back, text,
									   (size_t) (ktt_chain_print(text, &a) - text),
									   &fault) == KTT_OK &&
			order_by_ids(&a, &back) == 0;
		good = good && ktt_chain_compare(a_bytes, a_size, b_bytes, b_size) ==
			order_by_ids(&a, &b);
		good = good && ktt_chain_leads(a_bytes, a_size, b_bytes, b_size) ==
			leads_by_ids(&a, &b);
		for (int i = 0; i < a.depth; i++)
			good = good && ktt_chain_member(a_bytes, a_size, i + 1) == a.members[i] &&
				ktt_chain_place(a_bytes, a_size, a.members[i]) == i + 1;

		/* Everything below a, and nothing else, lies from a to its last downline. */
		c_size = ktt_chain_last_downline(c_bytes, a_bytes, a_size);
		good = good && ktt_chain_unpack(&back, c_bytes, c_size, &fault) == KTT_OK &&
			back.depth == KTT_CHAIN_MAX && leads_by_ids(&a, &back);
		good = good && leads_by_ids(&a, &b) ==
			(ktt_chain_compare(a_bytes, a_size, b_bytes, b_size) <= 0 &&
			 ktt_chain_compare(b_bytes, b_size, c_bytes, c_size) <= 0);

		c_size = ktt_chain_common_size(a_bytes, a_size, b_bytes, b_size);
		good = good && c_size == common_by_ids(a_bytes, a_size, &a, &b);
		all = all && good;
	}
	CHECK(all, "random pairs agree with the ids");
}

/* Random bytes never unpack to anything but themselves. */
static void
test_noise(void)
{
	bool		all = true;

	for (int round = 0; all && round < 200000; round++)
	{
		size_t		size = next_random() % 12;
		unsigned char *noise = malloc(size + 1);
		unsigned char out[KTT_CHAIN_SIZE_MAX];
		ktt_chain	chain;
		ktt_fault	fault = {0};
		bool		good = true;

		if (noise == NULL)
			abort();
		for (size_t i = 0; i < size; i++)
			noise[i] = (unsigned char) (i == 0 ? 1 : next_random() % 4);
		if (ktt_chain_unpack(&chain, noise, size, &fault) == KTT_OK)
			good = ktt_chain_pack(out, &chain) == size &&
				memcmp(out, noise, size) == 0;
		else
			good = fault.status == KTT_BINARY && fault.reason[0] != '\0';
		/* The walks stay inside, whatever the bytes are. */
		good = good && ktt_chain_depth(noise, size) <= 64;
		good = good && ktt_chain_upline_size(noise, size, 2) <= size;
		free(noise);
		all = all && good;
	}
	CHECK(all, "noise is refused or canonical");
}

/* The last downline of the chain of these members, checked member by member. */
static void
ends_with(ktt_chain chain, int64_t next, int64_t last)
{
	unsigned char bytes[KTT_CHAIN_SIZE_MAX];
	unsigned char out[2 * KTT_CHAIN_SIZE_MAX];
	size_t		size = ktt_chain_pack(bytes, &chain);
	ktt_chain	found;
	ktt_fault	fault = {0};

	size = ktt_chain_last_downline(out, bytes, size);
	if (!CHECK(ktt_chain_unpack(&found, out, size, &fault) == KTT_OK, "is a chain"))
		return;
	CHECK(found.depth == KTT_CHAIN_MAX, "no longer one is there");
	CHECK(order_by_ids(&chain, &found) < 0 || chain.depth == KTT_CHAIN_MAX, "sorts behind");
	CHECK(chain.depth == KTT_CHAIN_MAX || found.members[chain.depth] == next, "next member");
	CHECK(found.members[KTT_CHAIN_MAX - 1] == last, "last member");
}

static void
test_last_downline(void)
{
	ktt_chain	full = {0};
	unsigned char out[9 * KTT_CHAIN_MAX];

	ends_with((ktt_chain) {1, {7}}, INT64_MAX, INT64_MAX - 62);
	ends_with((ktt_chain) {2, {8, 7}}, INT64_MAX, INT64_MAX - 61);
	ends_with((ktt_chain) {1, {INT64_MAX}}, INT64_MAX - 1, INT64_MAX - 63);
	ends_with((ktt_chain) {2, {INT64_MAX, INT64_MAX - 1}}, INT64_MAX - 2, INT64_MAX - 63);
	ends_with((ktt_chain) {2, {INT64_MAX - 63, 5}}, INT64_MAX, INT64_MAX - 61);
	ends_with((ktt_chain) {2, {INT64_MAX - 64, 5}}, INT64_MAX, INT64_MAX - 61);
	for (int i = 0; i < KTT_CHAIN_MAX; i++)
		CHECK(ktt_chain_push(&full, INT64_MAX - 63 + i) == KTT_OK, "fills up");
	ends_with(full, 0, INT64_MAX);
	full.depth--;
	ends_with(full, INT64_MAX, INT64_MAX);
	CHECK(ktt_chain_last_downline(out, out, 0) == 9 * KTT_CHAIN_MAX, "no bytes are read of nothing");
}

static void
test_common(void)
{
	static const unsigned char a[] = {1, 1, 7, 2, 1, 0, 1, 93};
	static const unsigned char b[] = {1, 1, 7, 2, 1, 1};
	static const unsigned char c[] = {1, 1, 7};
	static const unsigned char d[] = {1, 2, 7, 7};

	CHECK(ktt_chain_common_size(a, sizeof(a), b, sizeof(b)) == 3, "a member is whole or not common");
	CHECK(ktt_chain_common_size(b, sizeof(b), a, sizeof(a)) == 3, "the other way round");
	CHECK(ktt_chain_common_size(a, sizeof(a), c, sizeof(c)) == 3, "the upline itself");
	CHECK(ktt_chain_common_size(c, sizeof(c), a, sizeof(a)) == 3, "of its downline");
	CHECK(ktt_chain_common_size(a, sizeof(a), a, sizeof(a)) == sizeof(a), "the same chain");
	CHECK(ktt_chain_common_size(a, sizeof(a), d, sizeof(d)) == 0, "nothing");
	CHECK(ktt_chain_common_size(a, 0, a, sizeof(a)) == 0, "no bytes");
	CHECK(ktt_chain_common_size(a, sizeof(a), a, 0) == 0, "no other bytes");
}

int
main(void)
{
	test_text();
	test_push();
	test_bytes();
	test_walks();
	test_random();
	test_noise();
	test_last_downline();
	test_common();
	return unit_report();
}
