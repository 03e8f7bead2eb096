#include "tally.h"

#define FIRST_CAPACITY_BITS 3	/* an order or a split of a few lines fits */
#define LAST_CAPACITY_BITS 25	/* twice the most entries a vector may have */

#define likely_(x) __builtin_expect((x) != 0, 1)
#define unlikely_(x) __builtin_expect((x) != 0, 0)

/*
 * The hot loops exist once in the source and once for each kind and sign in
 * the code: these arguments are constants wherever such a function is used.
 */
#define FOR_EACH_KIND static inline __attribute__((always_inline))

FOR_EACH_KIND int64_t *
slot_at(int64_t *slots, size_t index, ktt_vector_kind kind)
{
	return slots + index * (1 + (size_t) kind);
}

static inline size_t
capacity_of(const ktt_tally *tally)
{
	return (size_t) 1 << (64 - tally->shift);
}

/* The slot of key, or the free slot where it belongs. */
FOR_EACH_KIND int64_t *
find_slot(const ktt_tally *tally, int64_t key, ktt_vector_kind kind)
{
	/* Fibonacci hashing: neighbouring keys, the usual case, spread evenly. */
	size_t		index = ((uint64_t) key * UINT64_C(0x9E3779B97F4A7C15)) >> tally->shift;
	int64_t    *slot = slot_at(tally->slots, index, kind);

	while (unlikely_(*slot != key && *slot != 0))
	{
		index = (index + 1) & (capacity_of(tally) - 1);
		slot = slot_at(tally->slots, index, kind);
	}
	return slot;
}

static ktt_status
take_table(ktt_tally *tally, unsigned bits, ktt_fault *fault)
{
	size_t		capacity = (size_t) 1 << bits;

	if (bits <= LAST_CAPACITY_BITS)
		tally->slots = tally->memory.allocate(tally->memory.owner,
											  capacity * (1 + (size_t) tally->kind) * sizeof(int64_t));
	if (bits > LAST_CAPACITY_BITS || tally->slots == NULL)
		return ktt_vector_crowded(fault);
	tally->shift = 64 - bits;
	tally->fill = capacity / 4 * 3;
	tally->used = 0;
	return KTT_OK;
}

static bool
is_zero(const int64_t *slot, ktt_vector_kind kind)
{
	return slot[1] == 0 && slot[kind] == 0;
}

/* Drop zero sums; take twice the room unless that freed half of the table. */
static ktt_status
rebuild(ktt_tally *tally, ktt_fault *fault)
{
	ktt_vector_kind kind = tally->kind;
	ktt_tally	old = *tally;
	size_t		capacity = capacity_of(tally);
	unsigned	bits = 64 - tally->shift;
	size_t		live = 0;
	ktt_status	status;

	for (size_t i = 0; i < capacity; i++)
		live += !is_zero(slot_at(old.slots, i, kind), kind);
	status = take_table(tally, live > old.fill / 2 ? bits + 1 : bits, fault);
	if (status != KTT_OK)
	{
		*tally = old;
		return status;
	}
	for (size_t i = 0; i < capacity; i++)
	{
		const int64_t *from = slot_at(old.slots, i, kind);
		int64_t    *to;

		if (is_zero(from, kind))
			continue;
		to = find_slot(tally, from[0], kind);
		for (size_t word = 0; word <= (size_t) kind; word++)
			to[word] = from[word];
		tally->used++;
	}
	old.memory.release(old.memory.owner, old.slots);
	return KTT_OK;
}

ktt_status
ktt_tally_begin(ktt_tally *tally, ktt_vector_kind kind,
				ktt_tally_memory memory, ktt_fault *fault)
{
	tally->kind = kind;
	tally->memory = memory;
	return take_table(tally, FIRST_CAPACITY_BITS, fault);
}

void
ktt_tally_end(ktt_tally *tally)
{
	tally->memory.release(tally->memory.owner, tally->slots);
	tally->slots = NULL;
}

FOR_EACH_KIND bool
accumulate(int64_t *sum, int sign, int64_t value)
{
	return sign > 0
		? __builtin_add_overflow(*sum, value, sum)
		: __builtin_sub_overflow(*sum, value, sum);
}

FOR_EACH_KIND ktt_status
add_entry(ktt_tally *tally, int sign, int64_t key, int64_t units,
		  int64_t amount, ktt_vector_kind kind, ktt_fault *fault)
{
	int64_t    *slot = find_slot(tally, key, kind);

	if (unlikely_(*slot == 0))
	{
		if (tally->used >= tally->fill)
		{
			ktt_status	status = rebuild(tally, fault);

			if (status != KTT_OK)
				return status;
			slot = find_slot(tally, key, kind);
		}
		*slot = key;
		tally->used++;
	}
	if (unlikely_((kind == KTT_BASKET && accumulate(&slot[1], sign, units)) ||
				  accumulate(&slot[kind], sign, amount)))
		return ktt_vector_overflow(key, fault);
	return KTT_OK;
}

ktt_status
ktt_tally_add(ktt_tally *tally, const ktt_entry *entry, ktt_fault *fault)
{
	if (entry->key < 1)
		return ktt_vector_bad_key(entry->key, fault);
	return tally->kind == KTT_BASKET
		? add_entry(tally, 1, entry->key, entry->units, entry->amount, KTT_BASKET, fault)
		: add_entry(tally, 1, entry->key, 0, entry->amount, KTT_SHARES, fault);
}

/* The fourth byte of a varint and all behind it; value holds the first three. */
static const unsigned char *
get_long(const unsigned char *in, uint64_t *value)
{
	unsigned	shift = 21;
	uint64_t	byte;

	do
	{
		byte = *in++;
		if (shift < 64)
			*value += (byte & 127) << shift;
		shift += 7;
	} while (byte >= 128);
	return in;
}

/*
 * A varint of a value whose last byte ends a number: whatever starts inside
 * ends inside, and the one check at the start is enough.
 */
FOR_EACH_KIND const unsigned char *
get_number(const unsigned char *in, uint64_t *value)
{
	uint64_t	result = *in++;

	if (result >= 128)
	{
		uint64_t	byte = *in++;

		result += (byte << 7) - 128;
		if (unlikely_(byte >= 128))
		{
			byte = *in++;
			result += (byte << 14) - (128 << 7);
			if (unlikely_(byte >= 128))
			{
				result -= 128 << 14;
				in = get_long(in, &result);
			}
		}
	}
	*value = result;
	return in;
}

FOR_EACH_KIND ktt_status
add_packed(ktt_tally *tally, int sign, const unsigned char *packed,
		   size_t size, ktt_vector_kind kind, ktt_fault *fault)
{
	const unsigned char *in = packed + 1;
	const unsigned char *end = packed + size;
	uint64_t	left;
	uint64_t	key = 0;

	if (unlikely_(size < KTT_VECTOR_EMPTY_SIZE ||
				  packed[0] != KTT_VECTOR_VERSION || end[-1] >= 128))
		return ktt_vector_broken(fault);

	for (in = get_number(in, &left); left > 0; left--)
	{
		uint64_t	delta;
		uint64_t	units = 0;
		uint64_t	amount;
		ktt_status	status;

		if (unlikely_(in >= end))
			return ktt_vector_broken(fault);
		in = get_number(in, &delta);
		key += delta;
		if (kind == KTT_BASKET)
		{
			if (unlikely_(in >= end))
				return ktt_vector_broken(fault);
			in = get_number(in, &units);
		}
		if (unlikely_(in >= end || key - 1 >= INT64_MAX))
			return ktt_vector_broken(fault);
		in = get_number(in, &amount);
		status = add_entry(tally, sign, (int64_t) key, ktt_unzigzag(units),
						   ktt_unzigzag(amount), kind, fault);
		if (unlikely_(status != KTT_OK))
			return status;
	}
	return KTT_OK;
}

ktt_status
ktt_tally_add_packed(ktt_tally *tally, int sign, const unsigned char *packed,
					 size_t size, ktt_fault *fault)
{
	if (tally->kind == KTT_BASKET)
		return sign > 0
			? add_packed(tally, 1, packed, size, KTT_BASKET, fault)
			: add_packed(tally, -1, packed, size, KTT_BASKET, fault);
	return sign > 0
		? add_packed(tally, 1, packed, size, KTT_SHARES, fault)
		: add_packed(tally, -1, packed, size, KTT_SHARES, fault);
}

ktt_status
ktt_tally_add_tally(ktt_tally *tally, int sign, const ktt_tally *other,
					ktt_fault *fault)
{
	ktt_vector_kind kind = other->kind;
	size_t		capacity = capacity_of(other);

	for (size_t i = 0; i < capacity; i++)
	{
		const int64_t *slot = slot_at(other->slots, i, kind);
		ktt_status	status;

		if (is_zero(slot, kind))
			continue;
		status = add_entry(tally, sign, slot[0], slot[1], slot[kind], kind, fault);
		if (status != KTT_OK)
			return status;
	}
	return KTT_OK;
}

size_t
ktt_tally_entries(const ktt_tally *tally, ktt_entry *out)
{
	ktt_vector_kind kind = tally->kind;
	size_t		capacity = capacity_of(tally);
	size_t		count = 0;

	for (size_t i = 0; i < capacity; i++)
	{
		const int64_t *slot = slot_at(tally->slots, i, kind);

		if (is_zero(slot, kind))
			continue;
		out[count].key = slot[0];
		out[count].units = kind == KTT_BASKET ? slot[1] : 0;
		out[count].amount = slot[kind];
		count++;
	}
	ktt_vector_sort(out, count);
	return count;
}
