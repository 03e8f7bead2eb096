#include "tally.h"

#include "pause.h"

#define FIRST_CAPACITY_BITS 3	/* an order or a split of a few lines fits */

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

static ktt_status add_any(ktt_tally *tally, int sign, ktt_entry entry,
						  ktt_fault *fault);

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

/* The sums at a place of the window. */
FOR_EACH_KIND ktt_entry
window_at(const ktt_tally *tally, size_t at, ktt_vector_kind kind, bool narrow)
{
	ktt_entry	entry = {(int64_t) (tally->base + at), 0, 0};

	at *= (size_t) kind;
	if (kind == KTT_BASKET)
		entry.units = narrow ? tally->narrow[at] : tally->wide[at];
	at += (size_t) kind - 1;
	entry.amount = narrow ? tally->narrow[at] : tally->wide[at];
	return entry;
}

static inline ktt_entry
slot_entry(const int64_t *slot, ktt_vector_kind kind)
{
	ktt_entry	entry = {slot[0], kind == KTT_BASKET ? slot[1] : 0, slot[kind]};

	return entry;
}

static inline bool
is_zero(const ktt_entry *entry)
{
	return (entry->units | entry->amount) == 0;
}

/* A walk over the sums that are not zero: the window in key order, the slots. */
typedef struct walk
{
	const ktt_tally *tally;
	size_t		next;
} walk;

static bool
walk_on(walk *walk, ktt_entry *entry)
{
	const ktt_tally *tally = walk->tally;
	size_t		end = tally->span + capacity_of(tally);

	while (walk->next < end)
	{
		size_t		at = walk->next++;

		*entry = at < tally->span
			? window_at(tally, at, tally->kind, tally->narrow != NULL)
			: slot_entry(slot_at(tally->slots, at - tally->span, tally->kind),
						 tally->kind);
		if (!is_zero(entry))
			return true;
	}
	return false;
}

static bool
take_slots(ktt_tally *tally, unsigned bits)
{
	size_t		capacity = (size_t) 1 << bits;

	tally->shift = 64 - bits;
	tally->fill = capacity / 4 * 3;
	tally->used = 0;
	tally->slots = tally->memory.allocate(tally->memory.owner,
										  capacity * (1 + (size_t) tally->kind) * sizeof(int64_t));
	return tally->slots != NULL;
}

static bool
take_window(ktt_tally *tally, bool narrow)
{
	size_t		numbers = tally->span * (size_t) tally->kind;
	size_t		width = narrow ? sizeof(int32_t) : sizeof(int64_t);
	void	   *window = tally->memory.allocate(tally->memory.owner, numbers * width);

	tally->narrow = narrow ? window : NULL;
	tally->wide = narrow ? NULL : window;
	return window != NULL;
}

static void
drop_window(ktt_tally *tally)
{
	if (tally->narrow != NULL)
		tally->memory.release(tally->memory.owner, tally->narrow);
	if (tally->wide != NULL)
		tally->memory.release(tally->memory.owner, tally->wide);
	tally->narrow = NULL;
	tally->wide = NULL;
}

/* What there is to be kept. */
typedef struct extent
{
	size_t		live;
	uint64_t	lowest;
	uint64_t	highest;
	bool		narrow;			/* every sum fits into 32 bits */
} extent;

/*
 * Take new tables for live sums and one more. A window pays while it is no
 * larger than the slots it saves. It reaches beyond the keys, so that laying it
 * anew is as rare as doubling the slots.
 */
static bool
take_tables(ktt_tally *tally, extent kept)
{
	uint64_t	span = kept.live > 0 ? kept.highest - kept.lowest + 1 : 0;
	uint64_t	pad = span / 8;
	unsigned	bits = FIRST_CAPACITY_BITS;

	tally->narrow = NULL;
	tally->wide = NULL;
	tally->base = 0;
	tally->span = 0;
	if (kept.live >= WINDOW_MIN && span <= WINDOW_SPREAD * kept.live)
	{
		tally->base = kept.lowest > pad ? kept.lowest - pad : 1;
		tally->span = kept.highest - tally->base + 1 + 2 * pad;
		if (tally->span > INT64_MAX - tally->base)
			tally->span = INT64_MAX - tally->base + 1;
		if (!take_window(tally, kept.narrow))
			return false;

		/* What pays for looking at the whole window at the next rebuild. */
		kept.live = span / WINDOW_REBUILD;
	}
	while (((size_t) 1 << bits) / 8 * 3 <= kept.live)
		bits++;
	if (take_slots(tally, bits))
		return true;
	drop_window(tally);
	return false;
}

/* Take tables that fit what there is now, and move the sums into them. */
static ktt_status
rebuild(ktt_tally *tally, ktt_fault *fault)
{
	ktt_tally	old = *tally;
	walk		counting = {&old, 0};
	walk		moving = {&old, 0};
	extent		kept = {0, UINT64_MAX, 0, true};
	ktt_entry	entry;

	ktt_pause();
	while (walk_on(&counting, &entry))
	{
		kept.live++;
		if ((uint64_t) entry.key < kept.lowest)
			kept.lowest = (uint64_t) entry.key;
		if ((uint64_t) entry.key > kept.highest)
			kept.highest = (uint64_t) entry.key;
		if (entry.units != (int32_t) entry.units ||
			entry.amount != (int32_t) entry.amount)
			kept.narrow = false;
	}
	/* unreached: slots that fill up with more keys take half a gigabyte */
	if (kept.live > KTT_VECTOR_ENTRIES_MAX || !take_tables(tally, kept))
	{
		*tally = old;
		return ktt_vector_crowded(fault);
	}
	while (walk_on(&moving, &entry))
		(void) add_any(tally, 1, entry, fault);
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
				ktt_memory memory, ktt_fault *fault)
{
	tally->kind = kind;
	tally->memory = memory;

	/*
	 * No two tallies hash alike: keys that come in the order of another table's
	 * slots would all crowd at the start of a smaller one.
	 */
	tally->multiplier = next_multiplier;
	next_multiplier += GOLDEN << 1;
	return take_tables(tally, (extent) {0, 0, 0, true}) ? KTT_OK : ktt_vector_crowded(fault);
}

void
ktt_tally_end(ktt_tally *tally)
{
	drop_window(tally);
	tally->memory.release(tally->memory.owner, tally->slots);
	tally->slots = NULL;
}

/* The first sum that does not fit into 32 bits gives all of them 64. */
static __attribute__((noinline)) ktt_status
widen(ktt_tally *tally, ktt_fault *fault)
{
	int32_t    *narrow = tally->narrow;
	size_t		numbers = tally->span * (size_t) tally->kind;

	if (!take_window(tally, false))
	{
		tally->narrow = narrow;
		return ktt_vector_crowded(fault);
	}
	for (size_t i = 0; i < numbers; i++)
		tally->wide[i] = narrow[i];
	tally->memory.release(tally->memory.owner, narrow);
	return KTT_OK;
}

/* Give a place to a key that has none yet, and add to it. */
static __attribute__((noinline)) ktt_status
add_new(ktt_tally *tally, int sign, ktt_entry entry, ktt_fault *fault)
{
	if (tally->used >= tally->fill && rebuild(tally, fault) != KTT_OK)
		return fault->status;
	if ((uint64_t) entry.key - tally->base >= tally->span)
	{
		*find_slot(tally, entry.key, tally->kind) = entry.key;
		tally->used++;
	}
	return add_any(tally, sign, entry, fault);
}

/*
 * Modulo 2^64, in which a sum that fits into 32 bits is the true one: a value
 * that goes round ends far away from them.
 */
#define NARROW_BIAS UINT64_C(0x80000000)

FOR_EACH_KIND uint64_t
add_modulo(int sign, int64_t sum, int64_t value)
{
	return sign > 0 ? (uint64_t) sum + (uint64_t) value
		: (uint64_t) sum - (uint64_t) value;
}

FOR_EACH_KIND bool
accumulate(int64_t *sum, int sign, int64_t value)
{
	return sign > 0
		? __builtin_add_overflow(*sum, value, sum)
		: __builtin_sub_overflow(*sum, value, sum);
}

FOR_EACH_KIND ktt_status
add_entry(ktt_tally *tally, int sign, ktt_entry entry,
		  ktt_vector_kind kind, ktt_fault *fault)
{
	uint64_t	offset = (uint64_t) entry.key - tally->base;
	int64_t    *sums;

	if (likely_(offset < tally->span))
	{
		offset *= (uint64_t) kind;
		if (tally->narrow != NULL)
		{
			int32_t    *narrow = tally->narrow + offset;
			uint64_t	units = kind == KTT_BASKET
				? add_modulo(sign, narrow[0], entry.units) : 0;
			uint64_t	amount = add_modulo(sign, narrow[kind - 1], entry.amount);

			if (likely_(((units + NARROW_BIAS) | (amount + NARROW_BIAS)) <= UINT32_MAX))
			{
				if (kind == KTT_BASKET)
					narrow[0] = (int32_t) (int64_t) units;
				narrow[kind - 1] = (int32_t) (int64_t) amount;
				return KTT_OK;
			}
			if (widen(tally, fault) != KTT_OK)
				return fault->status;
		}
		sums = tally->wide + offset;
	}
	else
	{
		sums = find_slot(tally, entry.key, kind);
		if (unlikely_(*sums == 0))
			return add_new(tally, sign, entry, fault);
		sums++;
	}
	if (unlikely_((kind == KTT_BASKET && accumulate(&sums[0], sign, entry.units)) ||
				  accumulate(&sums[kind - 1], sign, entry.amount)))
		return ktt_vector_overflow(entry.key, fault);
	return KTT_OK;
}

static ktt_status
add_any(ktt_tally *tally, int sign, ktt_entry entry, ktt_fault *fault)
{
	return tally->kind == KTT_BASKET
		? add_entry(tally, sign, entry, KTT_BASKET, fault)
		: add_entry(tally, sign, entry, KTT_SHARES, fault);
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
		ktt_entry	entry;
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
		entry.key = (int64_t) key;
		entry.units = ktt_unzigzag(units);
		entry.amount = ktt_unzigzag(amount);
		status = add_entry(tally, sign, entry, kind, fault);
		if (unlikely_(status != KTT_OK))
			return status;
	}
	return likely_(in == end) ? KTT_OK : ktt_vector_broken(fault);
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
	walk		others = {other, 0};
	ktt_entry	entry;

	while (walk_on(&others, &entry))
	{
		ktt_status	status = add_any(tally, sign, entry, fault);

		if (status != KTT_OK)
			return status;
	}
	return KTT_OK;
}

/* The entries of the window, copied to out unless that is NULL. */
FOR_EACH_KIND size_t
read_window(const ktt_tally *tally, ktt_entry *out, ktt_vector_kind kind,
			bool narrow)
{
	size_t		count = 0;

	for (size_t at = 0; at < tally->span; at++)
	{
		ktt_entry	entry = window_at(tally, at, kind, narrow);

		if (out == NULL)
			count += !is_zero(&entry);
		else if (!is_zero(&entry))
			out[count++] = entry;
	}
	return count;
}

/* All entries, unsorted behind the window. */
FOR_EACH_KIND size_t
read_all(const ktt_tally *tally, ktt_entry *out)
{
	walk		slots = {tally, tally->span};
	ktt_entry	entry;
	size_t		count;

	if (tally->kind == KTT_BASKET)
		count = tally->narrow != NULL
			? read_window(tally, out, KTT_BASKET, true)
			: read_window(tally, out, KTT_BASKET, false);
	else
		count = tally->narrow != NULL
			? read_window(tally, out, KTT_SHARES, true)
			: read_window(tally, out, KTT_SHARES, false);
	for (; walk_on(&slots, &entry); count++)
		if (out != NULL)
			out[count] = entry;
	return count;
}

size_t
ktt_tally_count(const ktt_tally *tally)
{
	return read_all(tally, NULL);
}

size_t
ktt_tally_entries(const ktt_tally *tally, ktt_entry *out)
{
	size_t		count = read_all(tally, out);

	/* The window comes first and in order. */
	if (tally->used > 0)
		ktt_vector_sort(out, count);
	return count;
}
