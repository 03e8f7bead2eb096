#include "tally.h"

#include "pause.h"

#define FIRST_CAPACITY_BITS 3	/* an order or a split of a few lines fits */
#define LAST_CAPACITY_BITS 26	/* room for the most entries a vector may have */

#define WINDOW_MIN 24			/* fewer sums are not worth a window */
#define WINDOW_SPREAD 4			/* keys in the window for each that is there */
#define WINDOW_REBUILD 16		/* keys in the window for each free slot beside it */

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

#define likely_(x) __builtin_expect((x) != 0, 1)
#define unlikely_(x) __builtin_expect((x) != 0, 0)

/* The multiplier of the next tally. */
static uint64_t next_multiplier = GOLDEN;

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

/*
 * One multiplication would do for keys that nobody chose. But whoever knows the
 * multiplier finds keys that all fall together; and with one drawn at random
 * some even steps between keys do so by bad luck. The fold in the middle breaks
 * the steps up.
 */
static inline size_t
hash_of(const ktt_tally *tally, int64_t key)
{
	uint64_t	hash = (uint64_t) key * tally->multiplier;

	hash ^= hash >> 32;
	return (hash * GOLDEN) >> tally->shift;
}

/* The slot of key, or the free slot where it belongs. */
FOR_EACH_KIND int64_t *
find_slot(const ktt_tally *tally, int64_t key, ktt_vector_kind kind)
{
	size_t		index = hash_of(tally, key);
	int64_t    *slot = slot_at(tally->slots, index, kind);

	while (unlikely_(*slot != key && *slot != 0))
	{
		index = (index + 1) & (capacity_of(tally) - 1);
		slot = slot_at(tally->slots, index, kind);
	}
	return slot;
}

static inline bool
is_zero(const int64_t *sums, ktt_vector_kind kind)
{
	return sums[0] == 0 && sums[kind - 1] == 0;
}

/* A walk over the sums that are not zero: the window in key order, the slots. */
typedef struct walk
{
	const ktt_tally *tally;
	size_t		next;
} walk;

static const int64_t *
walk_on(walk *walk, int64_t *key)
{
	const ktt_tally *tally = walk->tally;
	ktt_vector_kind kind = tally->kind;
	size_t		end = tally->span + capacity_of(tally);

	while (walk->next < end)
	{
		size_t		at = walk->next++;

		if (at < tally->span)
		{
			const int64_t *sums = tally->window + at * (size_t) kind;

			*key = (int64_t) (tally->base + at);
			if (!is_zero(sums, kind))
				return sums;
		}
		else
		{
			const int64_t *slot = slot_at(tally->slots, at - tally->span, kind);

			*key = slot[0];
			if (!is_zero(slot + 1, kind))
				return slot + 1;
		}
	}
	return NULL;
}

/* Where the sums of key are kept; a slot is taken when need be, and is there. */
static int64_t *
place_of(ktt_tally *tally, int64_t key)
{
	int64_t    *slot;

	if ((uint64_t) key - tally->base < tally->span)
		return tally->window + ((uint64_t) key - tally->base) * (size_t) tally->kind;
	slot = find_slot(tally, key, tally->kind);
	if (*slot == 0)
	{
		*slot = key;
		tally->used++;
	}
	return slot + 1;
}

static bool
take_slots(ktt_tally *tally, unsigned bits)
{
	size_t		capacity = (size_t) 1 << bits;

	if (bits > LAST_CAPACITY_BITS)
		return false;
	tally->shift = 64 - bits;
	tally->fill = capacity / 4 * 3;
	tally->used = 0;
	tally->slots = tally->memory.allocate(tally->memory.owner,
										  capacity * (1 + (size_t) tally->kind) * sizeof(int64_t));
	return tally->slots != NULL;
}

/*
 * Take new tables for live sums with keys from lowest to highest, and one more.
 * A window pays while it is no larger than the slots it saves. It reaches
 * beyond the keys, so that laying it anew is as rare as doubling the slots.
 */
static bool
take_tables(ktt_tally *tally, size_t live, uint64_t lowest, uint64_t highest)
{
	uint64_t	span = live > 0 ? highest - lowest + 1 : 0;
	uint64_t	pad = span / 8;
	unsigned	bits = FIRST_CAPACITY_BITS;

	if (live >= WINDOW_MIN && span <= WINDOW_SPREAD * live)
	{
		tally->base = lowest > pad ? lowest - pad : 1;
		tally->span = highest - tally->base + 1 + 2 * pad;
		if (tally->span > INT64_MAX - tally->base)
			tally->span = INT64_MAX - tally->base + 1;
		tally->window = tally->memory.allocate(tally->memory.owner,
											   tally->span * tally->kind * sizeof(int64_t));
		if (tally->window == NULL)
			return false;

		/* What pays for looking at the whole window at the next rebuild. */
		live = span / WINDOW_REBUILD;
	}
	else
	{
		tally->window = NULL;
		tally->base = 0;
		tally->span = 0;
	}
	while (((size_t) 1 << bits) / 8 * 3 <= live)
		bits++;
	if (take_slots(tally, bits))
		return true;
	if (tally->window != NULL)
		tally->memory.release(tally->memory.owner, tally->window);
	return false;
}

/* Take tables that fit what there is now, and move the sums into them. */
static ktt_status
rebuild(ktt_tally *tally, ktt_fault *fault)
{
	ktt_tally	old = *tally;
	walk		counting = {&old, 0};
	walk		moving = {&old, 0};
	size_t		live = 0;
	uint64_t	lowest = UINT64_MAX;
	uint64_t	highest = 0;
	const int64_t *sums;
	int64_t		key;

	ktt_pause();
	while (walk_on(&counting, &key) != NULL)
	{
		live++;
		if ((uint64_t) key < lowest)
			lowest = (uint64_t) key;
		if ((uint64_t) key > highest)
			highest = (uint64_t) key;
	}
	if (live > KTT_VECTOR_ENTRIES_MAX ||
		!take_tables(tally, live, lowest, highest))
	{
		*tally = old;
		return ktt_vector_crowded(fault);
	}
	while ((sums = walk_on(&moving, &key)) != NULL)
	{
		int64_t    *place = place_of(tally, key);

		place[0] = sums[0];
		place[tally->kind - 1] = sums[tally->kind - 1];
	}
	ktt_tally_end(&old);
	return KTT_OK;
}

void
ktt_tally_seed(uint64_t secret)
{
	next_multiplier = secret | 1;
}

ktt_status
ktt_tally_begin(ktt_tally *tally, ktt_vector_kind kind,
				ktt_tally_memory memory, ktt_fault *fault)
{
	tally->kind = kind;
	tally->memory = memory;

	/*
	 * No two tallies hash alike: keys that come in the order of another table's
	 * slots would all crowd at the start of a smaller one.
	 */
	tally->multiplier = next_multiplier;
	next_multiplier += GOLDEN << 1;
	return take_tables(tally, 0, 0, 0) ? KTT_OK : ktt_vector_crowded(fault);
}

void
ktt_tally_end(ktt_tally *tally)
{
	if (tally->window != NULL)
		tally->memory.release(tally->memory.owner, tally->window);
	tally->memory.release(tally->memory.owner, tally->slots);
	tally->window = NULL;
	tally->slots = NULL;
}

/* Take a place for a key that has none yet; NULL with a fault. */
static __attribute__((noinline)) int64_t *
new_place(ktt_tally *tally, int64_t key, ktt_fault *fault)
{
	if (tally->used >= tally->fill && rebuild(tally, fault) != KTT_OK)
		return NULL;
	return place_of(tally, key);
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
	uint64_t	offset = (uint64_t) key - tally->base;
	int64_t    *sums;

	if (likely_(offset < tally->span))
		sums = tally->window + offset * (size_t) kind;
	else
	{
		sums = find_slot(tally, key, kind);
		if (unlikely_(*sums == 0))
		{
			sums = new_place(tally, key, fault);
			if (sums == NULL)
				return fault->status;
		}
		else
			sums++;
	}
	if (unlikely_((kind == KTT_BASKET && accumulate(&sums[0], sign, units)) ||
				  accumulate(&sums[kind - 1], sign, amount)))
		return ktt_vector_overflow(key, fault);
	return KTT_OK;
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
	walk		others = {other, 0};
	const int64_t *sums;
	int64_t		key;

	while ((sums = walk_on(&others, &key)) != NULL)
	{
		ktt_status	status = add_entry(tally, sign, key, sums[0],
									   sums[kind - 1], kind, fault);

		if (status != KTT_OK)
			return status;
	}
	return KTT_OK;
}

size_t
ktt_tally_count(const ktt_tally *tally)
{
	walk		counting = {tally, 0};
	size_t		count = 0;
	int64_t		key;

	while (walk_on(&counting, &key) != NULL)
		count++;
	return count;
}

size_t
ktt_tally_entries(const ktt_tally *tally, ktt_entry *out)
{
	walk		copying = {tally, 0};
	const int64_t *sums;
	int64_t		key;
	size_t		count = 0;

	while ((sums = walk_on(&copying, &key)) != NULL)
	{
		out[count].key = key;
		out[count].units = tally->kind == KTT_BASKET ? sums[0] : 0;
		out[count].amount = sums[tally->kind - 1];
		count++;
	}

	/* The window comes first and in order. */
	if (tally->used > 0)
		ktt_vector_sort(out, count);
	return count;
}
