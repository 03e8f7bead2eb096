/*
 * The tally behind sum(): windows of 32 and 64 bits against sums kept in an
 * array of 128, what does not fit, what is broken, and what finds no memory.
 */
#include "pool.h"
#include "unit.h"

#include "core/tally.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 64

typedef __int128 wide;

static uint64_t seed = 20261122;

static uint64_t
draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % below;
}

static void
begin(ktt_tally *tally, ktt_vector_kind kind, pool *from)
{
	ktt_fault	fault;

	*from = (pool) {0, 1000000};
	CHECK(ktt_tally_begin(tally, kind, (ktt_memory) {take, give_back, from}, &fault) == KTT_OK, "begins");
}

/* Add entries by way of bytes that end where their memory ends. */
static ktt_status
add(ktt_tally *tally, int sign, const ktt_entry *entries, size_t count)
{
	size_t		size = ktt_vector_size(tally->kind, entries, count);
	unsigned char *bytes = malloc(size);
	ktt_fault	fault = {KTT_OK};
	ktt_status	status;

	ktt_vector_pack(tally->kind, entries, count, bytes);
	status = ktt_tally_add_packed(tally, sign, bytes, size, &fault);
	CHECK(status == KTT_OK || status == fault.status, "says which fault");
	free(bytes);
	return status;
}

/* A window of small sums over the keys 1 to KEYS. */
static void
begin_window(ktt_tally *tally, ktt_vector_kind kind, pool *from)
{
	begin(tally, kind, from);
	for (int64_t key = 1; key <= KEYS; key++)
		CHECK(add(tally, 1, &(ktt_entry) {key, kind == KTT_BASKET, 1}, 1) == KTT_OK, "adds");
	CHECK(tally->narrow != NULL && tally->wide == NULL, "a window of 32 bits");
}

static ktt_entry
sum_of(const ktt_tally *tally, int64_t key)
{
	ktt_entry	entries[KEYS + 1];
	size_t		count = ktt_tally_entries(tally, entries);

	CHECK(count == ktt_tally_count(tally), "counts as it copies");
	for (size_t i = 0; i < count; i++)
		if (entries[i].key == key)
			return entries[i];
	return (ktt_entry) {key, 0, 0};
}

/* Numbers near all ends: of 32 bits, of 64, and around zero. */
static int64_t
edge(void)
{
	static const int64_t ends[] = {0, 1, -1, INT32_MAX, INT32_MIN, UINT32_MAX, -(int64_t) UINT32_MAX,
		INT64_MAX, INT64_MIN, INT64_MAX - INT32_MAX, INT64_MIN + INT32_MAX, INT64_C(1) << 62};
	int64_t		number = ends[draw(sizeof(ends) / sizeof(ends[0]))];
	int64_t		moved;

	return __builtin_add_overflow(number, (int64_t) draw(5) - 2, &moved) ? number : moved;
}

/* Whatever is added: exact, or refused when it does not fit, never round. */
static void
edges(ktt_vector_kind kind)
{
	for (int round = 0; round < 400; round++)
	{
		ktt_tally	tally;
		pool		memory;
		int64_t		key = 1 + (int64_t) draw(KEYS + 20);
		wide		units = kind == KTT_BASKET && key <= KEYS;
		wide		amount = key <= KEYS;
		bool		small = draw(2) == 0;

		begin_window(&tally, kind, &memory);
		for (int step = 0; step < 400; step++)
		{
			int			sign = draw(2) ? 1 : -1;
			ktt_entry	entry = {key, kind == KTT_BASKET ? edge() : 0, edge()};
			ktt_entry	sum;
			ktt_status	status;

			if (small)
			{
				entry.units %= INT32_MAX;
				entry.amount %= INT32_MAX;
			}
			units += sign * (wide) entry.units;
			amount += sign * (wide) entry.amount;
			status = add(&tally, sign, &entry, 1);
			if (units != (int64_t) units || amount != (int64_t) amount)
			{
				CHECK(status == KTT_RANGE, "refuses what does not fit");
				break;
			}
			sum = sum_of(&tally, key);
			CHECK(status == KTT_OK && sum.units == (int64_t) units && sum.amount == (int64_t) amount, "is exact");
			CHECK((tally.narrow == NULL) != (tally.wide == NULL), "has one window");
		}
		ktt_tally_end(&tally);
		CHECK(memory.blocks == 0, "gives all memory back");
	}
}

/* A window is as wide as what it holds when it is laid. */
static void
widths(ktt_vector_kind kind)
{
	ktt_tally	tally;
	pool		memory;
	ktt_entry	most = {1, kind == KTT_BASKET ? INT64_C(1) << 31 : 0, 1};
	ktt_entry	debt = {2, 0, -(INT64_C(1) << 31) - 1};

	begin_window(&tally, kind, &memory);
	CHECK(add(&tally, 1, &(ktt_entry) {7, 0, INT32_MAX - 1}, 1) == KTT_OK && tally.narrow != NULL, "the most fits");
	CHECK(add(&tally, 1, &(ktt_entry) {7, 0, 1}, 1) == KTT_OK && tally.wide != NULL, "one more does not");
	CHECK(sum_of(&tally, 7).amount == INT64_C(1) << 31 && sum_of(&tally, 8).amount == 1, "nothing is lost");
	ktt_tally_end(&tally);

	begin(&tally, kind, &memory);
	CHECK(add(&tally, 1, &most, 1) == KTT_OK && add(&tally, 1, &debt, 1) == KTT_OK, "adds");
	for (int64_t key = 3; key <= KEYS; key++)
		add(&tally, 1, &(ktt_entry) {key, 0, 1}, 1);
	CHECK(tally.wide != NULL, "laid wide");
	CHECK(sum_of(&tally, 1).units == most.units && sum_of(&tally, 2).amount == debt.amount, "and right");
	ktt_tally_end(&tally);
	CHECK(memory.blocks == 0, "gives all memory back");
}

/* Wherever memory gives out, the sums are those before the value that needed it. */
static void
no_memory(ktt_vector_kind kind)
{
	for (long left = 0; left < 40; left++)
	{
		ktt_tally	tally;
		pool		memory = {0, left};
		ktt_fault	fault;
		int64_t		key = 1;
		bool		refused = false;

		if (ktt_tally_begin(&tally, kind, (ktt_memory) {take, give_back, &memory}, &fault) != KTT_OK)
		{
			CHECK(left == 0 && fault.status == KTT_LIMIT, "cannot begin");
			continue;
		}
		for (; key <= 2000 && !refused; key++)
			refused = add(&tally, 1, &(ktt_entry) {key % 2 ? key : key * 1000003, 0, 5}, 1) == KTT_LIMIT;
		if (!refused)
			refused = add(&tally, 1, &(ktt_entry) {1, 0, INT64_C(1) << 40}, 1) == KTT_LIMIT;
		else
			key--;
		CHECK(refused || left > 5, "runs out of memory at some time");
		CHECK(ktt_tally_count(&tally) == (size_t) key - 1, "keeps what it had");
		ktt_tally_end(&tally);
		CHECK(memory.blocks == 0, "gives all memory back");
	}
	{
		ktt_tally	tally;
		pool		memory;

		begin_window(&tally, kind, &memory);
		memory.left = 0;
		CHECK(add(&tally, 1, &(ktt_entry) {3, 0, INT64_C(1) << 40}, 1) == KTT_LIMIT, "cannot widen");
		CHECK(sum_of(&tally, 3).amount == 1, "keeps what it had");
		ktt_tally_end(&tally);
	}
}

/* Sums of tallies with windows of every width, added and taken away. */
static void
tallies(ktt_vector_kind kind)
{
	ktt_tally	narrow;
	ktt_tally	wide_one;
	pool		memory;
	pool		other;
	ktt_fault	fault;

	begin_window(&narrow, kind, &memory);
	begin_window(&wide_one, kind, &other);
	CHECK(add(&wide_one, 1, &(ktt_entry) {5, 0, INT64_MAX - 1}, 1) == KTT_OK, "adds");
	CHECK(ktt_tally_add_tally(&narrow, -1, &wide_one, &fault) == KTT_OK, "takes away");
	CHECK(ktt_tally_count(&narrow) == 1 && sum_of(&narrow, 5).amount == 1 - INT64_MAX, "all but one cancel");
	CHECK(ktt_tally_add_tally(&wide_one, 1, &wide_one, &fault) == KTT_RANGE, "does not fit");
	ktt_tally_end(&narrow);
	ktt_tally_end(&wide_one);
}

static void
broken(ktt_vector_kind kind, const char *bytes, size_t size, ktt_status status)
{
	ktt_tally	tally;
	pool		memory;
	ktt_fault	fault;
	unsigned char *exact = malloc(size > 0 ? size : 1);

	memcpy(exact, bytes, size);
	for (int sign = -1; sign <= 1; sign += 2)
	{
		begin(&tally, kind, &memory);
		CHECK(ktt_tally_add_packed(&tally, sign, exact, size, &fault) == status, "is found broken, or not");
		ktt_tally_end(&tally);
	}
	free(exact);
}

/*
 * The window over the last keys there are ends with the last one; when there is
 * no memory for it, or for the slots beside it, all stays as it was.
 */
static void
last_keys(ktt_vector_kind kind)
{
	ktt_tally	tally;
	pool		from;

	begin(&tally, kind, &from);
	for (int64_t back = 0; back < KEYS; back++)
	{
		ktt_entry	entry = {INT64_MAX - back, 0, 1 + back};
		long		blocks = 0;

		for (from.left = 0; add(&tally, 1, &entry, 1) == KTT_LIMIT; from.left = ++blocks)
			CHECK(ktt_tally_count(&tally) == (size_t) back, "keeps what it had");
		CHECK(blocks <= 2, "takes two blocks at a time");
	}
	CHECK(tally.base + tally.span == (uint64_t) INT64_MAX + 1, "a window up to the last key");
	for (int64_t back = 0; back < KEYS; back++)
		CHECK(sum_of(&tally, INT64_MAX - back).amount == 1 + back, "keeps its sum");
	ktt_tally_end(&tally);
	CHECK(from.blocks == 0, "gives all memory back");
}

#define BROKEN(kind, bytes, status) broken(kind, bytes, sizeof(bytes) - 1, status)

static void
broken_values(void)
{
	BROKEN(KTT_SHARES, "", KTT_BINARY);
	BROKEN(KTT_SHARES, "\1", KTT_BINARY);
	BROKEN(KTT_SHARES, "\2\0", KTT_BINARY);
	BROKEN(KTT_SHARES, "\1\0", KTT_OK);
	BROKEN(KTT_SHARES, "\1\1\5\2", KTT_OK);
	BROKEN(KTT_SHARES, "\1\1\5\202", KTT_BINARY);	/* ends inside a number */
	BROKEN(KTT_SHARES, "\1\1\5", KTT_BINARY);	/* no amount */
	BROKEN(KTT_SHARES, "\1\2\5\2", KTT_BINARY);	/* no second entry */
	BROKEN(KTT_SHARES, "\1\1\5\2\5\2", KTT_BINARY);	/* an entry too many */
	BROKEN(KTT_SHARES, "\1\0\0", KTT_BINARY);
	BROKEN(KTT_SHARES, "\1\1\0\2", KTT_BINARY);	/* key 0 */
	BROKEN(KTT_SHARES, "\1\1\200\200\200\200\200\200\200\200\200\1\2", KTT_BINARY);	/* key 2^63 */
	BROKEN(KTT_SHARES, "\1\1\377\377\377\377\377\377\377\377\177\2", KTT_OK);	/* key 2^63 - 1 */
	BROKEN(KTT_SHARES, "\1\1\5\200\200\200\200\200\200\200\200\200\200\200\1", KTT_OK);	/* longer than 64 bits */
	BROKEN(KTT_SHARES, "\1\1\200\200\1\200\200\200\1", KTT_OK);
	BROKEN(KTT_BASKET, "\1\1\5\2\2", KTT_OK);
	BROKEN(KTT_BASKET, "\1\1\5\2", KTT_BINARY);	/* no amount */
	BROKEN(KTT_BASKET, "\1\1\5", KTT_BINARY);	/* no units */
	BROKEN(KTT_BASKET, "\1\1\5\2\202", KTT_BINARY);
	BROKEN(KTT_BASKET, "\1\1\0\2\2", KTT_BINARY);
	BROKEN(KTT_BASKET, "\1\2\5\2\2", KTT_BINARY);
	BROKEN(KTT_BASKET, "\1\1\5\2\2\0", KTT_BINARY);
	BROKEN(KTT_BASKET, "\1", KTT_BINARY);
	BROKEN(KTT_BASKET, "\7\0", KTT_BINARY);
}

int
main(void)
{
	static const ktt_vector_kind kinds[] = {KTT_SHARES, KTT_BASKET};

	for (int i = 0; i < 2; i++)
	{
		edges(kinds[i]);
		widths(kinds[i]);
		last_keys(kinds[i]);
		no_memory(kinds[i]);
		tallies(kinds[i]);
	}
	broken_values();
	return unit_report();
}
