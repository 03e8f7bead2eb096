/*
 * Sparse vectors in the core against slow, obvious references: a small array
 * indexed by key for sums, decimal text written by hand for the text form.
 */
#include "unit.h"

#include "core/tally.h"
#include "core/vector_text.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 400				/* keys that a random vector draws from */

static uint64_t seed = 20240229;

static uint64_t
draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % below;
}

/* Numbers of every length, both signs, both ends. */
static int64_t
draw_number(void)
{
	int64_t		number = (int64_t) (((uint64_t) draw(1u << 31) << 32 | draw(1u << 31)) >> draw(63));

	return draw(2) ? number / 4 : -(number / 4);
}

static void *
take(void *owner, size_t size)
{
	++*(long *) owner;
	return calloc(1, size);
}

static void
give_back(void *owner, void *memory)
{
	--*(long *) owner;
	free(memory);
}

typedef struct packed
{
	unsigned char bytes[64 + 30 * KEYS];
	size_t		size;
} packed;

static void
pack(ktt_vector_kind kind, const ktt_entry *entries, size_t count, packed *out)
{
	out->size = (size_t) (ktt_vector_pack(kind, entries, count, out->bytes) - out->bytes);
	CHECK(out->size == ktt_vector_size(kind, entries, count), "size foretold");
}

/* Up to most random entries; spread sets how far apart the keys lie. */
static size_t
draw_entries(ktt_vector_kind kind, ktt_entry *entries, size_t most, int64_t spread)
{
	size_t		count = draw(most + 1);
	ktt_fault	fault;

	for (size_t i = 0; i < count; i++)
	{
		entries[i].key = 1 + (int64_t) draw(KEYS) * spread;
		entries[i].units = kind == KTT_BASKET ? draw_number() : 0;
		entries[i].amount = draw(8) ? draw_number() : 0;
	}
	CHECK(ktt_vector_normalise(entries, &count, &fault) == KTT_OK, "draws fit");
	return count;
}

static bool
same(const ktt_entry *a, size_t a_count, const ktt_entry *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (a[i].key != b[i].key || a[i].units != b[i].units ||
			a[i].amount != b[i].amount)
			return false;
	return true;
}

static size_t
unpack(ktt_vector_kind kind, const packed *from, ktt_entry *entries)
{
	ktt_vector_reader reader;
	size_t		count = 0;

	if (!CHECK(ktt_vector_open(&reader, kind, from->bytes, from->size), "opens"))
		return 0;
	while (ktt_vector_next(&reader, &entries[count]) == KTT_VECTOR_ENTRY)
		count++;
	CHECK(reader.in == reader.end && reader.left == 0, "read to its end");
	return count;
}

/* Sorting and normalising against selection by brute force. */
static void
normalises(void)
{
	for (int round = 0; round < 300; round++)
	{
		ktt_entry	entries[KEYS];
		ktt_entry	expected[KEYS];
		size_t		count = draw(KEYS);
		size_t		expected_count = 0;
		ktt_fault	fault;

		for (size_t i = 0; i < count; i++)
		{
			entries[i].key = draw(2) ? 1 + (int64_t) draw(60)
				: INT64_MAX - (int64_t) draw(60) * INT64_C(1000000007);
			entries[i].units = (int64_t) draw(3) - 1;
			entries[i].amount = (int64_t) draw(3) - 1;
		}
		for (int64_t low = 0;;)
		{
			ktt_entry	sum = {INT64_MAX, 0, 0};
			bool		found = false;

			for (size_t i = 0; i < count; i++)
				if (entries[i].key > low && entries[i].key <= sum.key)
				{
					sum.key = entries[i].key;
					found = true;
				}
			if (!found)
				break;
			for (size_t i = 0; i < count; i++)
				if (entries[i].key == sum.key)
				{
					sum.units += entries[i].units;
					sum.amount += entries[i].amount;
				}
			if (sum.units != 0 || sum.amount != 0)
				expected[expected_count++] = sum;
			low = sum.key;
		}
		CHECK(ktt_vector_normalise(entries, &count, &fault) == KTT_OK, "normalises");
		CHECK(same(entries, count, expected, expected_count), "as by brute force");
	}
}

/* Add an entry the way a row is added: packed. */
static ktt_status
add_row(ktt_tally *tally, const ktt_entry *entry, ktt_fault *fault)
{
	packed		value;

	pack(tally->kind, entry, 1, &value);
	return ktt_tally_add_packed(tally, 1, value.bytes, value.size, fault);
}

/* What any order of packing, merging and tallying must come to. */
typedef struct reference
{
	int64_t		units[KEYS];
	int64_t		amount[KEYS];
} reference;

static size_t
reference_entries(const reference *sums, int64_t spread, ktt_entry *out)
{
	size_t		count = 0;

	for (int64_t i = 0; i < KEYS; i++)
		if (sums->units[i] != 0 || sums->amount[i] != 0)
			out[count++] = (ktt_entry) {1 + i * spread, sums->units[i], sums->amount[i]};
	return count;
}

static void
sums_agree(ktt_vector_kind kind, int64_t spread, size_t most)
{
	static packed merged;
	static packed value;
	static packed next;
	reference	sums = {0};
	ktt_entry	entries[KEYS];
	ktt_entry	expected[KEYS];
	size_t		count;
	size_t		expected_count;
	long		blocks = 0;
	ktt_memory memory = {take, give_back, &blocks};
	ktt_tally	tally;
	ktt_tally	half;
	ktt_fault	fault;

	CHECK(ktt_tally_begin(&tally, kind, memory, &fault) == KTT_OK, "begins");
	CHECK(ktt_tally_begin(&half, kind, memory, &fault) == KTT_OK, "begins");
	pack(kind, NULL, 0, &merged);
	for (int round = 0; round < 200; round++)
	{
		int			sign = draw(3) ? 1 : -1;
		unsigned char *room;

		count = draw_entries(kind, entries, most, spread);
		for (size_t i = 0; i < count; i++)
		{
			int64_t		at = (entries[i].key - 1) / spread;

			/* Keep far from the ends: what overflows is tested by itself. */
			entries[i].units /= 1024;
			entries[i].amount /= 1024;
			sums.units[at] += sign * entries[i].units;
			sums.amount[at] += sign * entries[i].amount;
		}
		CHECK(ktt_vector_normalise(entries, &count, &fault) == KTT_OK, "normalises");
		pack(kind, entries, count, &value);
		CHECK(ktt_vector_check(kind, value.bytes, value.size, &fault) == KTT_OK, "canonical");

		/* Exactly as much room as was promised, so that a sanitizer sees less. */
		room = malloc(ktt_vector_merge_room(merged.size, value.size));
		CHECK(ktt_vector_merge(kind, sign, merged.bytes, merged.size, value.bytes,
							   value.size, room, &next.size, &fault) == KTT_OK, "merges");
		memcpy(next.bytes, room, next.size);
		free(room);
		merged = next;

		if (round % 3 == 0 && sign > 0)
			for (size_t i = 0; i < count; i++)
				CHECK(add_row(&half, &entries[i], &fault) == KTT_OK, "adds an entry");
		else
		{
			unsigned char *exact = malloc(value.size);

			memcpy(exact, value.bytes, value.size);
			CHECK(ktt_tally_add_packed(round % 2 ? &tally : &half, sign, exact,
									   value.size, &fault) == KTT_OK, "adds packed");
			free(exact);
		}
	}
	CHECK(ktt_tally_add_tally(&tally, 1, &half, &fault) == KTT_OK, "adds a tally");

	expected_count = reference_entries(&sums, spread, expected);
	count = unpack(kind, &merged, entries);
	CHECK(same(entries, count, expected, expected_count), "merges agree");
	CHECK(ktt_vector_check(kind, merged.bytes, merged.size, &fault) == KTT_OK, "merged is canonical");
	CHECK(ktt_tally_count(&tally) == expected_count, "tally counts");
	count = ktt_tally_entries(&tally, entries);
	CHECK(same(entries, count, expected, expected_count), "tallies agree");

	/* Take everything back: nothing is left. */
	pack(kind, expected, expected_count, &value);
	CHECK(ktt_tally_add_packed(&tally, -1, value.bytes, value.size, &fault) == KTT_OK, "takes away");
	CHECK(ktt_tally_count(&tally) == 0, "nothing is left");
	ktt_tally_end(&tally);
	ktt_tally_end(&half);
	CHECK(blocks == 0, "all memory is given back");
}

/* Keys that come and go must not make the tables grow for ever. */
static void
moving_keys(void)
{
	long		blocks = 0;
	ktt_memory memory = {take, give_back, &blocks};
	ktt_tally	tally;
	ktt_fault	fault;
	ktt_entry	last = {0, 0, 5};

	CHECK(ktt_tally_begin(&tally, KTT_SHARES, memory, &fault) == KTT_OK, "begins");
	for (int64_t i = 1; i <= 200000; i++)
	{
		ktt_entry	come = {i * 977, 0, 5};
		ktt_entry	go = {(i - 100) * 977, 0, -5};

		add_row(&tally, &come, &fault);
		if (i > 100)
			add_row(&tally, &go, &fault);
		last = come;
	}
	CHECK(ktt_tally_count(&tally) == 100, "a hundred live keys");
	CHECK(tally.fill < 1024 && tally.span < 1024, "tables stay small");
	CHECK(add_row(&tally, &last, &fault) == KTT_OK, "still usable");
	ktt_tally_end(&tally);
	CHECK(blocks == 0, "all memory is given back");
}

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)
#define GOLDEN_INVERSE UINT64_C(0xF1DE83E19937733D)
#define MANY 50000

/* The n-th key of a kind that is common, or meant to make hashing slow. */
static uint64_t
nth_key(int kind, uint64_t n)
{
	uint64_t	folded = n * GOLDEN_INVERSE;

	switch (kind)
	{
		case 0:
			return n * GOLDEN_INVERSE;	/* for one multiplication */
		case 1:
			return (folded ^ folded >> 32) * GOLDEN_INVERSE;	/* for the seed GOLDEN */
		case 2:
			return n * 1000;
		case 3:
			return n * 1024;
		case 4:
			return n * ((UINT64_C(1) << 40) + 1);
		case 5:
			return n * n;
		default:
			return draw(1u << 31) << 32 | draw(1u << 31);
	}
}

/* The longest row of taken slots: what the slowest search walks. */
static size_t
longest_run(const ktt_tally *tally)
{
	size_t		longest = 0;
	size_t		run = 0;

	for (size_t at = 0; at < (size_t) 1 << (64 - tally->shift); at++)
	{
		run = tally->slots[at * (1 + (size_t) tally->kind)] != 0 ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

/* Whatever the keys and the seed: searches stay short, and sums are right. */
static void
chosen_keys(void)
{
	static ktt_entry entries[MANY];
	static ktt_entry found[MANY];
	static unsigned char bytes[64 + 30 * MANY];
	long		blocks = 0;
	ktt_memory memory = {take, give_back, &blocks};
	ktt_fault	fault;

	CHECK(GOLDEN * GOLDEN_INVERSE == 1, "the inverse is one");
	for (int round = 0; round < 70; round++)
	{
		ktt_tally	tally;
		ktt_tally	copy;
		size_t		count = 0;
		size_t		size;

		for (uint64_t n = 1; count < MANY; n++)
		{
			uint64_t	key = nth_key(round % 7, n);

			if (key >= 1 && key <= INT64_MAX)
				entries[count++] = (ktt_entry) {(int64_t) key, 1, (int64_t) n};
		}
		CHECK(ktt_vector_normalise(entries, &count, &fault) == KTT_OK, "normalises");
		size = (size_t) (ktt_vector_pack(KTT_BASKET, entries, count, bytes) - bytes);

		ktt_tally_seed(draw(1u << 31) << 33 ^ draw(1u << 31));
		CHECK(ktt_tally_begin(&tally, KTT_BASKET, memory, &fault) == KTT_OK, "begins");
		CHECK(ktt_tally_add_packed(&tally, 1, bytes, size, &fault) == KTT_OK, "adds packed");
		CHECK(longest_run(&tally) < 1000, "short searches");

		/* In the order of slots, which must not be the order of the copy's. */
		CHECK(ktt_tally_begin(&copy, KTT_BASKET, memory, &fault) == KTT_OK, "begins");
		CHECK(tally.multiplier != copy.multiplier && (copy.multiplier & 1) == 1, "hashes otherwise");
		CHECK(ktt_tally_add_tally(&copy, 1, &tally, &fault) == KTT_OK, "adds a tally");
		CHECK(longest_run(&copy) < 1000, "short searches");
		CHECK(same(found, ktt_tally_entries(&copy, found), entries, count), "sums are right");
		ktt_tally_end(&tally);
		ktt_tally_end(&copy);
	}
	ktt_tally_seed(GOLDEN);
	CHECK(blocks == 0, "all memory is given back");
}

static void
window_ends(void)
{
	long		blocks = 0;
	ktt_memory memory = {take, give_back, &blocks};
	ktt_tally	tally;
	ktt_fault	fault;
	ktt_entry	entries[200];
	bool		ordered = true;

	/* Dense at the very end of the keys, then at the very start. */
	CHECK(ktt_tally_begin(&tally, KTT_BASKET, memory, &fault) == KTT_OK, "begins");
	for (int64_t i = 0; i < 100; i++)
		add_row(&tally, &(ktt_entry) {INT64_MAX - i, 1, 1}, &fault);
	CHECK(tally.span >= 24, "a window was laid");
	for (int64_t i = 100; i > 0; i--)
		add_row(&tally, &(ktt_entry) {i, 1, 1}, &fault);
	CHECK(ktt_tally_entries(&tally, entries) == 200, "both ends");
	for (int i = 0; i < 200; i++)
		ordered &= entries[i].key == (i < 100 ? i + 1 : INT64_MAX - 199 + i);
	CHECK(ordered, "both ends in order");
	ktt_tally_end(&tally);
}

static void
overflows(void)
{
	ktt_entry	most = {7, INT64_MAX, INT64_MIN};
	ktt_entry	twice[2] = {{7, 1, 0}, {7, INT64_MAX, 0}};
	ktt_entry	one = {7, 1, 0};
	size_t		count = 2;
	packed		a;
	packed		b;
	unsigned char out[128];
	size_t		size;
	long		blocks = 0;
	ktt_memory memory = {take, give_back, &blocks};
	ktt_tally	tally;
	ktt_fault	fault;

	pack(KTT_BASKET, &most, 1, &a);
	pack(KTT_BASKET, &one, 1, &b);
	CHECK(ktt_vector_check(KTT_BASKET, a.bytes, a.size, &fault) == KTT_OK, "the ends are packed");
	CHECK(ktt_vector_normalise(twice, &count, &fault) == KTT_RANGE, "normalising overflows");
	CHECK(ktt_vector_merge(KTT_BASKET, 1, a.bytes, a.size, b.bytes, b.size, out, &size, &fault)
		  == KTT_RANGE, "units overflow");
	CHECK(ktt_vector_merge(KTT_BASKET, -1, b.bytes, b.size, a.bytes, a.size, out, &size, &fault)
		  == KTT_RANGE, "the least number has no opposite");
	CHECK(ktt_tally_begin(&tally, KTT_BASKET, memory, &fault) == KTT_OK, "begins");
	CHECK(ktt_tally_add_packed(&tally, -1, a.bytes, a.size, &fault) == KTT_RANGE, "nor in a tally");
	CHECK(ktt_tally_add_packed(&tally, 1, b.bytes, b.size, &fault) == KTT_OK, "fits");
	ktt_tally_end(&tally);
}

/* Every change of every byte: refused or another canonical value, never a crash. */
static void
broken_bytes(ktt_vector_kind kind)
{
	ktt_entry	entries[KEYS];
	long		blocks = 0;
	ktt_memory memory = {take, give_back, &blocks};
	ktt_fault	fault;

	for (int round = 0; round < 40; round++)
	{
		packed		value;
		size_t		count = draw_entries(kind, entries, 6, 3);

		pack(kind, entries, count, &value);
		for (size_t at = 0; at < value.size; at++)
			for (int way = 0; way < 12; way++)
			{
				size_t		size = way == 11 ? at : value.size;
				unsigned char *bytes = malloc(size > 0 ? size : 1);
				ktt_tally	tally;

				memcpy(bytes, value.bytes, size);
				if (at < size)
					bytes[at] = way < 8 ? bytes[at] ^ (1 << way) : (unsigned char) draw(256);
				if (ktt_vector_check(kind, bytes, size, &fault) == KTT_OK)
				{
					packed		again;
					packed		changed;

					memcpy(changed.bytes, bytes, size);
					changed.size = size;
					count = unpack(kind, &changed, entries);
					pack(kind, entries, count, &again);
					CHECK(again.size == size && memcmp(again.bytes, bytes, size) == 0,
						  "what is accepted is canonical");
				}
				CHECK(ktt_tally_begin(&tally, kind, memory, &fault) == KTT_OK, "begins");
				(void) ktt_tally_add_packed(&tally, 1, bytes, size, &fault);
				ktt_tally_end(&tally);
				free(bytes);
			}
	}
}

static void
text_round_trips(ktt_vector_kind kind)
{
	for (int round = 0; round < 300; round++)
	{
		ktt_entry	entries[KEYS];
		ktt_entry	read[KEYS];
		size_t		count = draw_entries(kind, entries, 40, round % 2 ? 1 : INT64_C(20000000000000000));
		size_t		read_count;
		char		by_hand[KEYS * KTT_ENTRY_TEXT_MAX];
		char		printed[KEYS * KTT_ENTRY_TEXT_MAX];
		size_t		length = 0;
		packed		value;
		ktt_vector_reader reader;
		ktt_fault	fault;
		char	   *end;

		by_hand[length++] = '{';
		for (size_t i = 0; i < count; i++)
		{
			length += (size_t) sprintf(by_hand + length, "%s%lld:", i ? "," : "", (long long) entries[i].key);
			if (kind == KTT_BASKET)
				length += (size_t) sprintf(by_hand + length, "%lld@", (long long) entries[i].units);
			length += (size_t) sprintf(by_hand + length, "%lld", (long long) entries[i].amount);
		}
		by_hand[length++] = '}';

		pack(kind, entries, count, &value);
		CHECK(ktt_vector_open(&reader, kind, value.bytes, value.size), "opens");
		end = ktt_vector_print(&reader, printed);
		CHECK(end != NULL && (size_t) (end - printed) == length &&
			  memcmp(printed, by_hand, length) == 0, "prints as by hand");
		CHECK(ktt_vector_text_room(printed, length) >= count, "room is enough");
		CHECK(ktt_vector_parse(kind, printed, length, read, &read_count, &fault) == KTT_OK &&
			  same(read, read_count, entries, count), "reads what it printed");
	}
}

static void
refuses(ktt_vector_kind kind, const char *text, ktt_status status,
		size_t position, const char *reason)
{
	ktt_entry	entries[16];
	size_t		count;
	ktt_fault	fault = {0};

	CHECK(ktt_vector_parse(kind, text, strlen(text), entries, &count, &fault) == status, text);
	if (!CHECK(fault.position == position && strcmp(fault.reason, reason) == 0, text))
		printf("  position %zu: %s\n", fault.position, fault.reason);
}

static void
text_refusals(void)
{
	refuses(KTT_SHARES, "", KTT_SYNTAX, 1, "Expected \"{\".");
	refuses(KTT_SHARES, "17:1", KTT_SYNTAX, 1, "Expected \"{\".");
	refuses(KTT_SHARES, "{17:1", KTT_SYNTAX, 6, "Expected \",\" or \"}\".");
	refuses(KTT_SHARES, "{17:1,}", KTT_SYNTAX, 7, "Expected the account as a whole number.");
	refuses(KTT_SHARES, "{17}", KTT_SYNTAX, 4, "Expected \":\".");
	refuses(KTT_SHARES, "{17:1.5}", KTT_SYNTAX, 6, "Expected \",\" or \"}\".");
	refuses(KTT_SHARES, "{17: x}", KTT_SYNTAX, 6, "Expected the amount as a whole number.");
	refuses(KTT_SHARES, "{17:1} 2", KTT_SYNTAX, 8, "Nothing may follow the closing brace.");
	refuses(KTT_SHARES, "{0:1}", KTT_SYNTAX, 2, "The account must be at least 1.");
	refuses(KTT_SHARES, "{ -5:1}", KTT_SYNTAX, 3, "The account must be at least 1.");
	refuses(KTT_SHARES, "{9223372036854775808:1}", KTT_RANGE, 2, "The account does not fit into a bigint.");
	refuses(KTT_SHARES, "{1:-9223372036854775809}", KTT_RANGE, 4, "The amount does not fit into a bigint.");
	refuses(KTT_SHARES, "{5:1,2:2, 5:3}", KTT_SYNTAX, 11, "The account 5 is given twice.");
	refuses(KTT_BASKET, "{5:1@0,5:0@0}", KTT_SYNTAX, 8, "The item 5 is given twice.");
	refuses(KTT_BASKET, "{5:1}", KTT_SYNTAX, 5, "Expected \"@\".");
	refuses(KTT_BASKET, "{5:@1}", KTT_SYNTAX, 4, "Expected the number of units as a whole number.");
}

int
main(void)
{
	static const int64_t spreads[] = {1, 2, 3, 977, INT64_C(23000000000000000)};

	normalises();
	for (size_t i = 0; i < sizeof(spreads) / sizeof(spreads[0]); i++)
		for (size_t most = 1; most <= KEYS; most *= 7)
		{
			sums_agree(KTT_BASKET, spreads[i], most);
			sums_agree(KTT_SHARES, spreads[i], most);
		}
	moving_keys();
	chosen_keys();
	window_ends();
	overflows();
	broken_bytes(KTT_BASKET);
	broken_bytes(KTT_SHARES);
	text_round_trips(KTT_BASKET);
	text_round_trips(KTT_SHARES);
	text_refusals();
	return unit_report();
}
