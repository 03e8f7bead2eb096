#include "vector.h"

#include "pause.h"

#include <string.h>

ktt_status
ktt_vector_bad_key(int64_t key, ktt_fault *fault)
{
	return ktt_fail(fault, KTT_VALUE, 0, "Key %lld is below 1.",
					(long long) key);
}

ktt_status
ktt_vector_overflow(int64_t key, ktt_fault *fault)
{
	return ktt_fail(fault, KTT_RANGE, 0,
					"The sum for key %lld does not fit into a bigint.",
					(long long) key);
}

ktt_status
ktt_vector_crowded(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_LIMIT, 0, "At most %d different keys fit.",
					KTT_VECTOR_ENTRIES_MAX);
}

ktt_status
ktt_vector_broken(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_BINARY, 0,
					"The stored bytes are not a packed vector.");
}

static void
insertion_sort(ktt_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		ktt_entry	moving = entries[i];
		size_t		at = i;

		for (; at > 0 && entries[at - 1].key > moving.key; at--)
			entries[at] = entries[at - 1];
		entries[at] = moving;
	}
}

/*
 * Radix exchange: part each range by its highest bit that differs. No pivots
 * to fall for, at most one pending range for each of the 63 bits of a key.
 */
void
ktt_vector_sort(ktt_entry *entries, size_t count)
{
	struct
	{
		ktt_entry  *entries;
		size_t		count;
	}			pending[64];
	int			depth = 0;

	for (;;)
	{
		uint64_t	differing = 0;
		uint64_t	bit;
		size_t		low = 0;
		size_t		high = count;

		if (count >= KTT_PAUSE_STEPS)
			ktt_pause();
		if (count > 16)
			for (size_t i = 1; i < count; i++)
				differing |= (uint64_t) (entries[i].key ^ entries[0].key);
		if (differing == 0)
		{
			if (count <= 16)
				insertion_sort(entries, count);
			if (depth == 0)
				return;
			depth--;
			entries = pending[depth].entries;
			count = pending[depth].count;
			continue;
		}

		bit = (uint64_t) 1 << (63 - __builtin_clzll(differing));
		while (low < high)
		{
			if (((uint64_t) entries[low].key & bit) == 0)
				low++;
			else
			{
				ktt_entry	other = entries[--high];

				entries[high] = entries[low];
				entries[low] = other;
			}
		}
		pending[depth].entries = entries + low;
		pending[depth].count = count - low;
		depth++;
		count = low;
	}
}

ktt_status
ktt_vector_normalise(ktt_entry *entries, size_t *count, ktt_fault *fault)
{
	size_t		kept = 0;
	bool		sorted = true;

	for (size_t i = 0; i < *count; i++)
	{
		if (entries[i].key < 1)
			return ktt_vector_bad_key(entries[i].key, fault);
		if (i > 0 && entries[i].key < entries[i - 1].key)
			sorted = false;
	}
	if (!sorted)
		ktt_vector_sort(entries, *count);

	for (size_t i = 0; i < *count;)
	{
		ktt_entry	sum = entries[i++];

		for (; i < *count && entries[i].key == sum.key; i++)
			if (__builtin_add_overflow(sum.units, entries[i].units, &sum.units) ||
				__builtin_add_overflow(sum.amount, entries[i].amount, &sum.amount))
				return ktt_vector_overflow(sum.key, fault);
		if (sum.units != 0 || sum.amount != 0)
			entries[kept++] = sum;
	}
	*count = kept;
	return KTT_OK;
}

size_t
ktt_vector_size(ktt_vector_kind kind, const ktt_entry *entries, size_t count)
{
	size_t		size = 1 + ktt_varint_size(count);
	int64_t		key = 0;

	for (size_t i = 0; i < count; i++)
	{
		size += ktt_varint_size((uint64_t) (entries[i].key - key));
		if (kind == KTT_BASKET)
			size += ktt_varint_size(ktt_zigzag(entries[i].units));
		size += ktt_varint_size(ktt_zigzag(entries[i].amount));
		key = entries[i].key;
	}
	return size;
}

static inline unsigned char *
put_entry(ktt_vector_kind kind, int64_t *key, const ktt_entry *entry,
		  unsigned char *out)
{
	out = ktt_varint_put(out, (uint64_t) (entry->key - *key));
	if (kind == KTT_BASKET)
		out = ktt_varint_put(out, ktt_zigzag(entry->units));
	*key = entry->key;
	return ktt_varint_put(out, ktt_zigzag(entry->amount));
}

unsigned char *
ktt_vector_pack(ktt_vector_kind kind, const ktt_entry *entries, size_t count,
				unsigned char *out)
{
	int64_t		key = 0;

	*out++ = KTT_VECTOR_VERSION;
	out = ktt_varint_put(out, count);
	for (size_t i = 0; i < count; i++)
		out = put_entry(kind, &key, &entries[i], out);
	return out;
}

bool
ktt_vector_open(ktt_vector_reader *reader, ktt_vector_kind kind,
				const unsigned char *packed, size_t size)
{
	if (size < KTT_VECTOR_EMPTY_SIZE || packed[0] != KTT_VECTOR_VERSION)
		return false;
	reader->kind = kind;
	reader->key = 0;
	reader->end = packed + size;
	reader->in = ktt_varint_get(packed + 1, reader->end, &reader->left);

	/* An entry takes a byte a number at least: callers size memory by left. */
	return reader->in != NULL && reader->left <= KTT_VECTOR_ENTRIES_MAX &&
		reader->left <= (size_t) (reader->end - reader->in) / (1 + (size_t) kind);
}

/* Exists once for each kind in the code, so that loops over one are tight. */
static inline __attribute__((always_inline)) ktt_vector_step
next_entry(ktt_vector_reader *reader, ktt_vector_kind kind, ktt_entry *entry)
{
	const unsigned char *in = reader->in;
	uint64_t	delta;
	uint64_t	units = 0;
	uint64_t	amount;

	if (reader->left == 0)
		return in == reader->end ? KTT_VECTOR_END : KTT_VECTOR_BROKEN;
	in = ktt_varint_get(in, reader->end, &delta);
	if (in != NULL && kind == KTT_BASKET)
		in = ktt_varint_get(in, reader->end, &units);
	if (in != NULL)
		in = ktt_varint_get(in, reader->end, &amount);
	if (in == NULL || delta == 0 ||
		delta > (uint64_t) INT64_MAX - (uint64_t) reader->key ||
		(units == 0 && amount == 0))
		return KTT_VECTOR_BROKEN;

	reader->in = in;
	reader->left--;
	reader->key += (int64_t) delta;
	entry->key = reader->key;
	entry->units = ktt_unzigzag(units);
	entry->amount = ktt_unzigzag(amount);
	return KTT_VECTOR_ENTRY;
}

ktt_vector_step
ktt_vector_next(ktt_vector_reader *reader, ktt_entry *entry)
{
	return next_entry(reader, reader->kind, entry);
}

static inline __attribute__((always_inline)) ktt_status
total_of(ktt_vector_reader reader, ktt_vector_kind kind, bool units,
		 int64_t *total, ktt_fault *fault)
{
	ktt_vector_step step;
	ktt_entry	entry;
	int64_t		low = 0;
	int64_t		high = 0;		/* times that low went round */

	while ((step = next_entry(&reader, kind, &entry)) == KTT_VECTOR_ENTRY)
	{
		int64_t		number = units ? entry.units : entry.amount;

		if (__builtin_add_overflow(low, number, &low))
			high += number < 0 ? -1 : 1;
	}
	if (step == KTT_VECTOR_BROKEN)
		return ktt_vector_broken(fault);
	if (high != 0)
		return ktt_fail(fault, KTT_RANGE, 0,
						"The total does not fit into a bigint.");
	*total = low;
	return KTT_OK;
}

ktt_status
ktt_vector_total(ktt_vector_kind kind, bool units, const unsigned char *packed,
				 size_t size, int64_t *total, ktt_fault *fault)
{
	ktt_vector_reader reader;

	if (!ktt_vector_open(&reader, kind, packed, size))
		return ktt_vector_broken(fault);
	if (kind == KTT_SHARES)
		return total_of(reader, KTT_SHARES, false, total, fault);
	return units
		? total_of(reader, KTT_BASKET, true, total, fault)
		: total_of(reader, KTT_BASKET, false, total, fault);
}

ktt_status
ktt_vector_check(ktt_vector_kind kind, const unsigned char *packed,
				 size_t size, ktt_fault *fault)
{
	ktt_vector_reader reader;
	ktt_vector_step step;
	ktt_entry	entry;
	size_t		read = 0;

	if (size > 0 && packed[0] != KTT_VECTOR_VERSION)
		return ktt_fail(fault, KTT_BINARY, 0, "Version %d is not supported.",
						packed[0]);
	if (!ktt_vector_open(&reader, kind, packed, size))
		return ktt_fail(fault, KTT_BINARY, 0, "The head is broken.");
	while ((step = ktt_vector_next(&reader, &entry)) == KTT_VECTOR_ENTRY)
		ktt_pause_at(read++);
	if (step == KTT_VECTOR_BROKEN && reader.left == 0)
		return ktt_fail(fault, KTT_BINARY, 0,
						"Bytes are left over behind %zu entries.", read);
	if (step == KTT_VECTOR_BROKEN)
		return ktt_fail(fault, KTT_BINARY, 0,
						"Entry %zu is broken, zero or not in its shortest form.",
						read + 1);
	return KTT_OK;
}

size_t
ktt_vector_merge_room(size_t left_size, size_t right_size)
{
	/*
	 * A sum takes a byte more than the longer of its addends at most, and its
	 * key no more than before; only a number negated alone may grow by a byte,
	 * which is why the subtrahend counts twice.
	 */
	return left_size + 2 * right_size + KTT_VECTOR_HEAD_MAX;
}

ktt_status
ktt_vector_merge(ktt_vector_kind kind, int sign,
				 const unsigned char *left, size_t left_size,
				 const unsigned char *right, size_t right_size,
				 unsigned char *out, size_t *out_size, ktt_fault *fault)
{
	ktt_vector_reader lefts;
	ktt_vector_reader rights;
	ktt_vector_step left_step;
	ktt_vector_step right_step;
	ktt_entry	a;
	ktt_entry	b;
	unsigned char *body = out + KTT_VECTOR_HEAD_MAX;
	unsigned char *at = body;
	unsigned char *head;
	uint64_t	count = 0;
	size_t		steps = 0;
	int64_t		key = 0;

	if (!ktt_vector_open(&lefts, kind, left, left_size) ||
		!ktt_vector_open(&rights, kind, right, right_size))
		return ktt_vector_broken(fault);

	left_step = ktt_vector_next(&lefts, &a);
	right_step = ktt_vector_next(&rights, &b);
	while (left_step == KTT_VECTOR_ENTRY || right_step == KTT_VECTOR_ENTRY)
	{
		bool		take_left = left_step == KTT_VECTOR_ENTRY &&
			(right_step != KTT_VECTOR_ENTRY || a.key <= b.key);
		bool		take_right = !take_left ||
			(right_step == KTT_VECTOR_ENTRY && b.key == a.key);
		ktt_entry	sum = {take_left ? a.key : b.key, 0, 0};

		ktt_pause_at(++steps);
		if (take_left)
		{
			sum = a;
			left_step = ktt_vector_next(&lefts, &a);
		}
		if (take_right)
		{
			if (sign > 0
				? __builtin_add_overflow(sum.units, b.units, &sum.units) ||
				__builtin_add_overflow(sum.amount, b.amount, &sum.amount)
				: __builtin_sub_overflow(sum.units, b.units, &sum.units) ||
				__builtin_sub_overflow(sum.amount, b.amount, &sum.amount))
				return ktt_vector_overflow(sum.key, fault);
			right_step = ktt_vector_next(&rights, &b);
		}
		if (sum.units != 0 || sum.amount != 0)
		{
			at = put_entry(kind, &key, &sum, at);
			count++;
		}
	}
	if (left_step == KTT_VECTOR_BROKEN || right_step == KTT_VECTOR_BROKEN)
		return ktt_vector_broken(fault);
	if (count > KTT_VECTOR_ENTRIES_MAX)
		return ktt_vector_crowded(fault);

	out[0] = KTT_VECTOR_VERSION;
	head = ktt_varint_put(out + 1, count);
	memmove(head, body, (size_t) (at - body));
	*out_size = (size_t) (head - out) + (size_t) (at - body);
	return KTT_OK;
}
