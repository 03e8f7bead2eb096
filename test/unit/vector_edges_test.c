/*
 * Sparse vectors at their edges: the most entries and one more, numbers and
 * totals that just fit, heads and bodies that are broken, many keys alike, and
 * the pauses of long work.
 */
#include "unit.h"

#include "core/pause.h"
#include "core/tally.h"
#include "core/vector_scale.h"
#include "core/vector_text.h"

#include <stdlib.h>
#include <string.h>

static size_t pauses;

static void
count_pause(void)
{
	pauses++;
}

/* A key and an amount for each of count entries, first + i * step. */
static unsigned char *
make_many(int64_t first, int64_t step, size_t count, size_t *size)
{
	ktt_entry  *entries = malloc(count * sizeof(ktt_entry));
	unsigned char *packed;

	for (size_t i = 0; i < count; i++)
		entries[i] = (ktt_entry) {first + (int64_t) i * step, 0, 1};
	*size = ktt_vector_size(KTT_SHARES, entries, count);
	packed = malloc(*size);
	ktt_vector_pack(KTT_SHARES, entries, count, packed);
	free(entries);
	return packed;
}

/* The most entries merge; one more is refused. Both pause on their way. */
static void
most_entries(void)
{
	size_t		half = KTT_VECTOR_ENTRIES_MAX / 2;
	size_t		left_size;
	size_t		right_size;
	size_t		more_size;
	size_t		out_size;
	size_t		room;
	unsigned char *left = make_many(1, 2, half, &left_size);
	unsigned char *right = make_many(2, 2, half, &right_size);
	unsigned char *more = make_many(2, 2, half + 1, &more_size);
	unsigned char *out = malloc(ktt_vector_merge_room(left_size, more_size));
	ktt_fault	fault;

	ktt_pause_hook = count_pause;
	CHECK(ktt_vector_merge(KTT_SHARES, 1, left, left_size, right, right_size, out, &out_size, &fault) == KTT_OK,
		  "the most entries");
	CHECK(pauses >= KTT_VECTOR_ENTRIES_MAX / KTT_PAUSE_STEPS - 1, "merging pauses");
	pauses = 0;
	CHECK(ktt_vector_check(KTT_SHARES, out, out_size, &fault) == KTT_OK, "whole");
	CHECK(pauses >= KTT_VECTOR_ENTRIES_MAX / KTT_PAUSE_STEPS - 1, "checking pauses");
	pauses = 0;
	CHECK(ktt_vector_scale_room(KTT_SHARES, out, out_size, &room) && room <= (size_t) 1 << 30, "below 1 GB");
	CHECK(ktt_vector_merge(KTT_SHARES, 1, left, left_size, more, more_size, out, &out_size, &fault) == KTT_LIMIT,
		  "one too many");
	ktt_pause_hook = NULL;
	free(left);
	free(right);
	free(more);
	free(out);
}

/* Sorting pauses as well, and needs no order to begin with. */
static void
long_sort(void)
{
	size_t		count = 300000;
	ktt_entry  *entries = malloc(count * sizeof(ktt_entry));
	bool		ordered = true;

	for (size_t i = 0; i < count; i++)
		entries[i] = (ktt_entry) {1 + (int64_t) (i * UINT64_C(7919) % 300007), 0, 1};
	pauses = 0;
	ktt_pause_hook = count_pause;
	ktt_vector_sort(entries, count);
	ktt_pause_hook = NULL;
	for (size_t i = 1; i < count; i++)
		ordered &= entries[i - 1].key < entries[i].key;
	CHECK(ordered, "in order");
	CHECK(pauses > 2, "sorting pauses");
	entries[0].key = (int64_t) count * 2;
	ktt_vector_sort(entries, count);
	CHECK(entries[count - 1].key == (int64_t) count * 2, "nobody listens, and it sorts");
	free(entries);
}

static void *
take(void *owner, size_t size)
{
	(void) owner;
	return calloc(1, size);
}

static void
give_back(void *owner, void *memory)
{
	(void) owner;
	free(memory);
}

/* A sum pauses whenever it grows. */
static void
growing_sum(void)
{
	ktt_memory memory = {take, give_back, NULL};
	ktt_tally	tally;
	ktt_fault	fault;
	size_t		size;
	unsigned char *packed = make_many(1, 1000003, 1000, &size);

	CHECK(ktt_tally_begin(&tally, KTT_SHARES, memory, &fault) == KTT_OK, "begins");
	pauses = 0;
	ktt_pause_hook = count_pause;
	CHECK(ktt_tally_add_packed(&tally, 1, packed, size, &fault) == KTT_OK, "adds");
	ktt_pause_hook = NULL;
	CHECK(pauses > 3 && ktt_tally_count(&tally) == 1000, "growing pauses");
	ktt_tally_end(&tally);
	free(packed);
}

/* Many entries of few keys: ranges of one key need no sorting. */
static void
few_keys(void)
{
	ktt_entry	entries[200];
	size_t		count = 200;
	ktt_fault	fault;

	for (size_t i = 0; i < count; i++)
		entries[i] = (ktt_entry) {i % 2 ? 5 : 3, 0, (int64_t) i};
	CHECK(ktt_vector_normalise(entries, &count, &fault) == KTT_OK && count == 2 &&
		  entries[0].key == 3 && entries[0].amount == 9900 && entries[1].amount == 10000, "added up");
	count = 40;
	for (size_t i = 0; i < count; i++)
		entries[i] = (ktt_entry) {7, 0, i % 2 ? 1 : -1};
	CHECK(ktt_vector_normalise(entries, &count, &fault) == KTT_OK && count == 0, "nothing is left");
}

/* Keys below 1, and sums one beyond each end of each number. */
static void
normalise_refuses(void)
{
	static const struct
	{
		ktt_entry	entries[2];
		ktt_status	status;
	}			cases[] = {
		{{{1, 0, 1}, {0, 0, 1}}, KTT_VALUE},
		{{{INT64_MIN, 0, 1}, {1, 0, 1}}, KTT_VALUE},
		{{{2, INT64_MAX, 0}, {2, 1, 0}}, KTT_RANGE},
		{{{2, INT64_MIN, 0}, {2, -1, 0}}, KTT_RANGE},
		{{{2, 0, INT64_MAX}, {2, 0, 1}}, KTT_RANGE},
		{{{2, 0, INT64_MIN}, {2, 0, -1}}, KTT_RANGE},
		{{{2, INT64_MAX, INT64_MIN}, {2, INT64_MIN, INT64_MAX}}, KTT_OK},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		ktt_entry	entries[2] = {cases[i].entries[0], cases[i].entries[1]};
		size_t		count = 2;
		ktt_fault	fault;

		CHECK(ktt_vector_normalise(entries, &count, &fault) == cases[i].status, "normalises or says why not");
	}
}

/* left + right and left - right of one entry each, in units and in amounts. */
static ktt_status
merge_two(int sign, int64_t left_units, int64_t left_amount,
		  int64_t right_units, int64_t right_amount)
{
	ktt_entry	left = {4, left_units, left_amount};
	ktt_entry	right = {4, right_units, right_amount};
	unsigned char a[40];
	unsigned char b[40];
	unsigned char out[140];
	size_t		a_size = (size_t) (ktt_vector_pack(KTT_BASKET, &left, 1, a) - a);
	size_t		b_size = (size_t) (ktt_vector_pack(KTT_BASKET, &right, 1, b) - b);
	size_t		size;
	ktt_fault	fault;

	return ktt_vector_merge(KTT_BASKET, sign, a, a_size, b, b_size, out, &size, &fault);
}

static void
merge_ends(void)
{
	CHECK(merge_two(1, INT64_MAX, 1, 1, 1) == KTT_RANGE, "units too large");
	CHECK(merge_two(1, 1, INT64_MAX, 1, 1) == KTT_RANGE, "amount too large");
	CHECK(merge_two(-1, INT64_MIN, 1, 1, 1) == KTT_RANGE, "units too small");
	CHECK(merge_two(-1, 1, INT64_MIN, 1, 1) == KTT_RANGE, "amount too small");
	CHECK(merge_two(1, INT64_MAX, INT64_MIN, INT64_MIN, INT64_MAX) == KTT_OK, "the ends cancel out");
	CHECK(merge_two(-1, -1, -1, INT64_MIN, INT64_MIN) == KTT_OK, "just fits");
}

/* Each side of a merge in turn: no head, too many for its bytes, cut off. */
static void
merge_broken(void)
{
	static const unsigned char good[] = {1, 2, 3, 2, 4, 2};
	static const struct
	{
		unsigned char bytes[12];
		size_t		size;
	}			broken[] = {
		{{0}, 0}, {{1}, 1}, {{2, 0}, 2}, {{1, 0x80}, 2}, {{1, 3, 3, 2, 4, 2}, 6},
		{{1, 0x81, 0x80, 0x80, 0x08, 1, 2}, 7}, {{1, 2, 3, 2, 0, 2}, 6}, {{1, 1, 3, 2, 4, 2}, 6},
		{{1, 1, 3, 0x80}, 4}, {{1, 2, 3, 2, 4, 0x80}, 6},
	};
	unsigned char out[64];
	size_t		size;
	ktt_fault	fault;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
	{
		CHECK(ktt_vector_merge(KTT_SHARES, 1, broken[i].bytes, broken[i].size, good, sizeof(good),
							   out, &size, &fault) == KTT_BINARY, "the left is broken");
		CHECK(ktt_vector_merge(KTT_SHARES, 1, good, sizeof(good), broken[i].bytes, broken[i].size,
							   out, &size, &fault) == KTT_BINARY, "the right is broken");
		CHECK(ktt_vector_check(KTT_SHARES, broken[i].bytes, broken[i].size, &fault) == KTT_BINARY, "broken by itself");
	}
}

/* More entries than a vector may have are not believed, whatever the bytes. */
static void
claimed_entries(void)
{
	size_t		size = 5 + 2 * ((size_t) KTT_VECTOR_ENTRIES_MAX + 1);
	unsigned char *bytes = malloc(size);
	ktt_vector_reader reader;
	unsigned char *body = ktt_varint_put(bytes + 1, KTT_VECTOR_ENTRIES_MAX + 1);

	bytes[0] = KTT_VECTOR_VERSION;
	memset(body, 2, size - (size_t) (body - bytes));
	CHECK(!ktt_vector_open(&reader, KTT_SHARES, bytes, size), "one too many");
	free(bytes);
}

/* Text in any order, also of many entries, comes out in the order of keys. */
static void
text_in_any_order(void)
{
	ktt_entry	entries[3];
	size_t		count;
	ktt_fault	fault;
	static const char text[] = "{9:1,3:2,5:0}";

	CHECK(ktt_vector_parse(KTT_SHARES, text, strlen(text), entries, &count, &fault) == KTT_OK &&
		  count == 2 && entries[0].key == 3 && entries[1].key == 9, "in order, without the zero");
}

/* A total of numbers that leave 64 bits on the way, against 128 bits. */
static void
totals(ktt_vector_kind kind, const ktt_entry *entries, size_t count)
{
	unsigned char packed[200];
	size_t		size = (size_t) (ktt_vector_pack(kind, entries, count, packed) - packed);

	for (int units = 0; units <= (kind == KTT_BASKET); units++)
	{
		__int128	sum = 0;
		int64_t		total = 0;
		ktt_status	status;
		ktt_fault	fault;

		for (size_t i = 0; i < count; i++)
			sum += units ? entries[i].units : entries[i].amount;
		status = ktt_vector_total(kind, units, packed, size, &total, &fault);
		if (sum > INT64_MAX || sum < INT64_MIN)
			CHECK(status == KTT_RANGE, "does not fit");
		else
			CHECK(status == KTT_OK && total == (int64_t) sum, "the total");
	}

	/* Every byte changed to every other, and every cut: broken for all or none. */
	for (size_t at = 0; at <= size; at++)
		for (int byte = -1; byte < (at < size ? 256 : 0); byte++)
		{
			size_t		bytes = byte < 0 ? at : size;
			unsigned char *changed = malloc(bytes > 0 ? bytes : 1);
			ktt_fault	fault;
			bool		broken;
			int64_t		total;

			memcpy(changed, packed, bytes);
			if (byte >= 0)
				changed[at] = (unsigned char) byte;
			broken = ktt_vector_check(kind, changed, bytes, &fault) != KTT_OK;
			for (int units = 0; units <= (kind == KTT_BASKET); units++)
				CHECK((ktt_vector_total(kind, units, changed, bytes, &total, &fault) == KTT_BINARY) == broken,
					  "broken or not");
			free(changed);
		}
}

static void
all_totals(void)
{
	static const ktt_entry fits[] = {{1, INT64_MAX, INT64_MIN}, {2, 5, -5}, {700, INT64_MIN, INT64_MAX}, {INT64_MAX, -5, 5}};
	static const ktt_entry beyond[] = {{1, INT64_MAX, INT64_MIN}, {300, 1, -1}};
	static const ktt_entry half[] = {{1, 0, 7}, {2, 7, 0}, {INT64_MAX - 1, 200, 200}};

	for (ktt_vector_kind kind = KTT_SHARES; kind <= KTT_BASKET; kind++)
	{
		totals(kind, fits, 4);
		totals(kind, beyond, 2);
		totals(kind, half, kind == KTT_BASKET ? 3 : 1);
		totals(kind, NULL, 0);
	}
}

int
main(void)
{
	most_entries();
	long_sort();
	growing_sum();
	few_keys();
	normalise_refuses();
	merge_ends();
	merge_broken();
	claimed_entries();
	all_totals();
	text_in_any_order();
	return unit_report();
}
