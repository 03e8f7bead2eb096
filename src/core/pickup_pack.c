#include "pickup_pack.h"

#include "pause.h"
#include "sort.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#define HAS_CAPACITY 1
#define HAS_RADIUS 2
#define HAS_AREA 4

static int
compare_ids(const void *a, const void *b)
{
	int64_t		one = ((const ktt_pickup_entry *) a)->point.id;
	int64_t		other = ((const ktt_pickup_entry *) b)->point.id;

	return (one > other) - (one < other);
}

ktt_status
ktt_pickup_entry_check(ktt_pickup_entry *entry, ktt_fault *fault)
{
	ktt_point  *point = &entry->point;

	if (point->id < 1)
		return ktt_fail(fault, KTT_VALUE, 0, "The id of a point is %lld, it must be at least 1.",
						(long long) point->id);
	/* Written so that NaN fails too. */
	if (!(fabs(point->place.longitude) <= 180 && fabs(point->place.latitude) <= 90))
		return ktt_fail(fault, KTT_VALUE, 0, "Point %lld is at longitude %.10g and latitude %.10g, which is no place.",
						(long long) point->id, point->place.longitude, point->place.latitude);
	if (point->capacity < 0 && point->capacity != KTT_NO_CAPACITY)
		return ktt_fail(fault, KTT_VALUE, 0, "Point %lld has a capacity of %d, it must not be negative.",
						(long long) point->id, point->capacity);
	if (!(point->radius >= 0 && point->radius <= KTT_RADIUS_MAX))
		return ktt_fail(fault, KTT_VALUE, 0, "Point %lld has a radius of %.10g metres, it must be above 0 and at most 21000000.",
						(long long) point->id, point->radius);
	point->place.longitude += 0.0;
	point->place.latitude += 0.0;
	return KTT_OK;
}

ktt_status
ktt_pickup_order(ktt_pickup_entry *entries, size_t count,
				 ktt_pickup_entry *scratch, ktt_fault *fault)
{
	if (count > KTT_PICKUP_POINTS_MAX)
		return ktt_fail(fault, KTT_LIMIT, 0, "There are %zu points, at most %d are allowed.",
						count, KTT_PICKUP_POINTS_MAX);
	ktt_sort(entries, count, sizeof(*entries), scratch, compare_ids);
	for (size_t i = 1; i < count; i++)
	{
		ktt_pause_at(i);
		if (entries[i - 1].point.id == entries[i].point.id)
			return ktt_fail(fault, KTT_VALUE, entries[i].position, "Point %lld is given twice.",
							(long long) entries[i].point.id);
	}
	return KTT_OK;
}

static int
flags_of(const ktt_pickup_entry *entry)
{
	return (entry->point.capacity != KTT_NO_CAPACITY ? HAS_CAPACITY : 0) |
		(entry->point.radius != KTT_NO_RADIUS ? HAS_RADIUS : 0) |
		(entry->area != NULL ? HAS_AREA : 0);
}

size_t
ktt_pickup_size(const ktt_pickup_entry *entries, size_t count)
{
	size_t		size = KTT_PICKUP_HEAD_SIZE + ktt_varint_size(count);
	int64_t		before = 0;

	for (size_t i = 0; i < count; i++)
	{
		const ktt_pickup_entry *entry = &entries[i];

		ktt_pause_at(i);
		size += ktt_varint_size((uint64_t) (entry->point.id - before)) + 1 + 2 * sizeof(double);
		if (entry->point.capacity != KTT_NO_CAPACITY)
			size += ktt_varint_size((uint64_t) entry->point.capacity);
		if (entry->point.radius != KTT_NO_RADIUS)
			size += sizeof(double);
		if (entry->area != NULL)
			size += ktt_varint_size(entry->area_size) + entry->area_size;
		before = entry->point.id;
	}
	return size;
}

static unsigned char *
put_double(unsigned char *out, double value)
{
	uint64_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	for (int shift = 0; shift < 64; shift += 8)
		*out++ = (unsigned char) (bits >> shift);
	return out;
}

static double
get_double(const unsigned char *in)
{
	uint64_t	bits = 0;
	double		value;

	for (int i = 0; i < 8; i++)
		bits |= (uint64_t) in[i] << (8 * i);
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Over a few kilobytes at a time, because values may have hundreds of megabytes. */
static void
digest(const unsigned char *bytes, size_t size, unsigned char *out)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, KTT_PICKUP_DIGEST_SIZE);
	for (size_t at = 0; at < size; at += KTT_PAUSE_STEPS)
	{
		ktt_pause();
		crypto_generichash_update(&state, bytes + at,
								  size - at < KTT_PAUSE_STEPS ? size - at : KTT_PAUSE_STEPS);
	}
	crypto_generichash_final(&state, out, KTT_PICKUP_DIGEST_SIZE);
}

void
ktt_pickup_pack(const ktt_pickup_entry *entries, size_t count,
				unsigned char *out)
{
	unsigned char *head = out;
	int64_t		before = 0;

	*out = KTT_PICKUP_VERSION;
	out = ktt_varint_put(out + KTT_PICKUP_HEAD_SIZE, count);
	for (size_t i = 0; i < count; i++)
	{
		const ktt_pickup_entry *entry = &entries[i];

		ktt_pause_at(i);
		out = ktt_varint_put(out, (uint64_t) (entry->point.id - before));
		*out++ = (unsigned char) flags_of(entry);
		out = put_double(out, entry->point.place.longitude);
		out = put_double(out, entry->point.place.latitude);
		if (entry->point.capacity != KTT_NO_CAPACITY)
			out = ktt_varint_put(out, (uint64_t) entry->point.capacity);
		if (entry->point.radius != KTT_NO_RADIUS)
			out = put_double(out, entry->point.radius);
		if (entry->area != NULL)
		{
			out = ktt_varint_put(out, entry->area_size);
			memcpy(out, entry->area, entry->area_size);
			out += entry->area_size;
		}
		before = entry->point.id;
	}
	digest(head + KTT_PICKUP_HEAD_SIZE, (size_t) (out - head) - KTT_PICKUP_HEAD_SIZE, head + 1);
}

static ktt_status
broken(ktt_fault *fault)
{
	return ktt_fail(fault, KTT_BINARY, 0, "The bytes are no pickup points in their canonical form.");
}

ktt_status
ktt_pickup_open(ktt_pickup_reader *reader, const unsigned char *packed,
				size_t size, ktt_fault *fault)
{
	*reader = (ktt_pickup_reader) {0};
	if (size <= KTT_PICKUP_HEAD_SIZE)
		return broken(fault);
	if (packed[0] != KTT_PICKUP_VERSION)
		return ktt_fail(fault, KTT_BINARY, 0, "The version of the format is %d, expected %d.",
						packed[0], KTT_PICKUP_VERSION);
	reader->end = packed + size;
	reader->in = ktt_varint_get(packed + KTT_PICKUP_HEAD_SIZE, reader->end, &reader->left);
	/* Every point takes 18 bytes at least. */
	if (reader->in == NULL || reader->left > KTT_PICKUP_POINTS_MAX ||
		reader->left > (size_t) (reader->end - reader->in) / 18 ||
		(reader->left == 0 && reader->in != reader->end))
		return broken(fault);
	return KTT_OK;
}

ktt_status
ktt_pickup_next(ktt_pickup_reader *reader, ktt_pickup_entry *entry,
				ktt_fault *fault)
{
	const unsigned char *in = reader->in;
	const unsigned char *end = reader->end;
	uint64_t	number;
	int			flags;

	memset(entry, 0, sizeof(*entry));
	in = ktt_varint_get(in, end, &number);
	if (in == NULL || number == 0 || number > (uint64_t) (INT64_MAX - reader->id) ||
		(size_t) (end - in) < 1 + 2 * sizeof(double))
		return broken(fault);
	entry->point.id = reader->id + (int64_t) number;
	flags = *in;
	entry->point.place.longitude = get_double(in + 1);
	entry->point.place.latitude = get_double(in + 1 + sizeof(double));
	in += 1 + 2 * sizeof(double);
	entry->point.capacity = KTT_NO_CAPACITY;
	entry->point.radius = KTT_NO_RADIUS;
	if (flags & HAS_CAPACITY)
	{
		in = ktt_varint_get(in, end, &number);
		if (in == NULL || number > INT32_MAX)
			return broken(fault);
		entry->point.capacity = (int32_t) number;
	}
	if (flags & HAS_RADIUS)
	{
		if ((size_t) (end - in) < sizeof(double))
			return broken(fault);
		entry->point.radius = get_double(in);
		in += sizeof(double);
		if (!(entry->point.radius > 0))
			return broken(fault);
	}
	if (flags & HAS_AREA)
	{
		in = ktt_varint_get(in, end, &number);
		if (in == NULL || number == 0 || number > (uint64_t) (end - in))
			return broken(fault);
		entry->area = in;
		entry->area_size = (size_t) number;
		in += number;
	}
	if (flags > (HAS_CAPACITY | HAS_RADIUS | HAS_AREA) ||
		(signbit(entry->point.place.longitude) && entry->point.place.longitude == 0) ||
		(signbit(entry->point.place.latitude) && entry->point.place.latitude == 0) ||
		ktt_pickup_entry_check(entry, fault) != KTT_OK)
		return broken(fault);
	reader->in = in;
	reader->id = entry->point.id;
	reader->left--;
	return reader->left == 0 && in != end ? broken(fault) : KTT_OK;
}

ktt_status
ktt_pickup_check(const unsigned char *packed, size_t size,
				 const ktt_memory *memory, ktt_fault *fault)
{
	ktt_pickup_reader reader;
	unsigned char expected[KTT_PICKUP_DIGEST_SIZE];
	ktt_status	status = ktt_pickup_open(&reader, packed, size, fault);

	while (status == KTT_OK && reader.left > 0)
	{
		ktt_pickup_entry entry;
		ktt_area   *area;

		ktt_pause_at((size_t) reader.left);
		status = ktt_pickup_next(&reader, &entry, fault);
		if (status == KTT_OK && entry.area != NULL)
		{
			ktt_pause();
			status = ktt_area_unpack(entry.area, entry.area_size, memory, &area, fault);
			if (status == KTT_OK)
				ktt_area_release(area, memory);
		}
	}
	if (status != KTT_OK)
		return status;
	digest(packed + KTT_PICKUP_HEAD_SIZE, size - KTT_PICKUP_HEAD_SIZE, expected);
	if (memcmp(packed + 1, expected, sizeof(expected)) != 0)
		return ktt_fail(fault, KTT_BINARY, 0, "The digest does not match the points.");
	return KTT_OK;
}
