/*
 * Pickup points as bytes and as text: what goes in comes out, to the bit, and
 * nothing else is taken.
 */
#include "unit.h"

#include "core/pickup_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 200

static uint64_t seed = 20261127;

static uint64_t
draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % below;
}

static double
chance(void)
{
	return (double) draw(UINT64_C(1) << 31) / (double) (UINT64_C(1) << 31);
}

/*
 * Memory as the server has it: what is taken is given back at once, by end();
 * and it gives out after so many blocks.
 */
#define BLOCKS 2000

static void *blocks[BLOCKS];
static int	taken;
static int	left = BLOCKS;

static void *
take(void *owner, size_t size)
{
	(void) owner;
	if (taken >= left)
		return NULL;
	return blocks[taken++] = calloc(1, size);
}

static void
give_back(void *owner, void *memory)
{
	(void) owner;
	for (int i = taken; i-- > 0;)
		if (blocks[i] == memory)
		{
			blocks[i] = blocks[--taken];
			free(memory);
			return;
		}
	CHECK(false, "gives back what was taken");
}

static const ktt_memory memory = {take, give_back, NULL};

static void
end(void)
{
	while (taken > 0)
		free(blocks[--taken]);
	left = BLOCKS;
}

/* A triangle as WKB; what an area may be is the business of area_test. */
#define TRIANGLE_SIZE (13 + 4 * 16)
static unsigned char triangle[TRIANGLE_SIZE] = {1, 3, 0, 0, 0, 1, 0, 0, 0, 4};

static void
make_triangle(void)
{
	static const double corners[8] = {121, 25, 122, 25, 122, 26, 121, 25};

	memcpy(triangle + 13, corners, sizeof(corners));
}

static double
draw_degrees(double most)
{
	switch (draw(8))
	{
		case 0:
			return draw(2) ? most : -most;
		case 1:
			return 0;
		case 2:
			return ldexp(chance(), -1060);
		case 3:
			return (double) draw((uint64_t) most * 10000) / 10000;
		case 4:
			return nextafter(most, 0);
		default:
			return (2 * chance() - 1) * most + ldexp(chance(), -40) - ldexp(1, -40);
	}
}

static size_t
draw_entries(ktt_pickup_entry *entries, size_t most)
{
	size_t		count = (size_t) draw(most + 1);
	int64_t		id = 0;

	for (size_t i = 0; i < count; i++)
	{
		ktt_pickup_entry *entry = &entries[i];

		memset(entry, 0, sizeof(*entry));
		id += 1 + (int64_t) (draw(6) == 0 ? draw(UINT64_C(1) << 31) << draw(24) : draw(300));
		entry->point.id = i + 1 == count && draw(4) == 0 ? INT64_MAX : id;
		entry->point.place = (ktt_place) {draw_degrees(180), draw_degrees(90)};
		entry->point.capacity = draw(3) == 0 ? (int32_t) draw(300) : draw(9) == 0 ? INT32_MAX : KTT_NO_CAPACITY;
		entry->point.radius = draw(3) ? KTT_NO_RADIUS : draw(9) == 0 ? KTT_RADIUS_MAX : draw(9) == 0 ? 5e-324 : 3000 * chance() + 1;
		if (draw(5) == 0)
		{
			entry->area = triangle;
			entry->area_size = TRIANGLE_SIZE;
		}
	}
	return count;
}

static unsigned char *
pack(const ktt_pickup_entry *entries, size_t count, size_t *size)
{
	unsigned char *packed;

	*size = ktt_pickup_size(entries, count);
	packed = malloc(*size);
	ktt_pickup_pack(entries, count, packed);
	return packed;
}

static bool
is_same(const ktt_pickup_entry *one, const ktt_pickup_entry *other)
{
	return one->point.id == other->point.id &&
		memcmp(&one->point.place, &other->point.place, sizeof(ktt_place)) == 0 &&
		one->point.capacity == other->point.capacity && one->point.radius == other->point.radius &&
		one->area_size == other->area_size && (one->area == NULL) == (other->area == NULL) &&
		(one->area == NULL || memcmp(one->area, other->area, one->area_size) == 0);
}

static ktt_status
check(const unsigned char *packed, size_t size)
{
	unsigned char *exact = malloc(size > 0 ? size : 1);
	ktt_fault	fault = {0};
	ktt_status	status;

	/* Where there is nothing behind them, reading too far is seen. */
	memcpy(exact, packed, size);
	status = ktt_pickup_check(exact, size, &memory, &fault);
	CHECK(status == fault.status && (status == KTT_OK || fault.position == 0), "says which fault");
	end();
	free(exact);
	return status;
}

static void
packs_and_reads(void)
{
	static ktt_pickup_entry entries[MOST];

	for (int round = 0; round < 3000; round++)
	{
		size_t		count = draw_entries(entries, round % 2 ? 5 : MOST);
		size_t		size;
		unsigned char *packed = pack(entries, count, &size);
		ktt_pickup_reader reader;
		ktt_pickup_entry entry;
		ktt_fault	fault;
		size_t		read = 0;
		bool		same = true;

		CHECK(check(packed, size) == KTT_OK, "what was packed is sound");
		CHECK(ktt_pickup_open(&reader, packed, size, &fault) == KTT_OK && reader.left == count, "so many entries");
		while (reader.left > 0 && ktt_pickup_next(&reader, &entry, &fault) == KTT_OK)
			same = same && is_same(&entry, &entries[read++]);
		CHECK(same && read == count, "the entries that were packed");
		free(packed);
	}
}

/* By a cut, a byte more, a flipped bit. */
static void
refuses_what_was_changed(void)
{
	static ktt_pickup_entry entries[MOST];

	for (int round = 0; round < 60; round++)
	{
		size_t		count = draw_entries(entries, 4);
		size_t		size;
		unsigned char *packed = pack(entries, count, &size);
		unsigned char *longer = malloc(size + 1);

		for (size_t cut = 0; cut < size; cut++)
			CHECK(check(packed, cut) == KTT_BINARY, "cut off");
		for (size_t i = 0; i < size; i++)
			for (int bit = 0; bit < 8; bit++)
			{
				packed[i] ^= (unsigned char) (1 << bit);
				CHECK(check(packed, size) == KTT_BINARY, "a flipped bit");
				packed[i] ^= (unsigned char) (1 << bit);
			}
		memcpy(longer, packed, size);
		longer[size] = 0;
		CHECK(check(longer, size + 1) == KTT_BINARY, "a byte more");
		free(longer);
		free(packed);
	}
}

/* Foreign bytes with a digest that fits: the entries themselves have to be right. */
static ktt_status
check_entry(const ktt_pickup_entry *entry, size_t count)
{
	size_t		size;
	unsigned char *packed = pack(entry, count, &size);
	ktt_status	status = check(packed, size);

	free(packed);
	return status;
}

static ktt_pickup_entry
plain(int64_t id)
{
	return (ktt_pickup_entry) {.point = {.id = id, .place = {121.5, 25}, .capacity = KTT_NO_CAPACITY}};
}

static void
refuses_wrong_entries(void)
{
	static const double wrong[] = {-0.0, NAN, INFINITY, -INFINITY, 180.0000000000001, -1e300};
	unsigned char broken[TRIANGLE_SIZE];
	ktt_pickup_entry entries[2];

	entries[0] = plain(7);
	CHECK(check_entry(entries, 1) == KTT_OK, "a plain one is taken");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
	{
		entries[0] = plain(7);
		entries[0].point.place.longitude = wrong[i];
		CHECK(check_entry(entries, 1) == KTT_BINARY, "a wrong longitude");
		entries[0] = plain(7);
		entries[0].point.place.latitude = wrong[i];
		CHECK(check_entry(entries, 1) == KTT_BINARY, "a wrong latitude");
		entries[0] = plain(7);
		entries[0].point.radius = i == 4 ? 21000000.1 : wrong[i];
		CHECK(check_entry(entries, 1) == (wrong[i] == 0 ? KTT_OK : KTT_BINARY), "a wrong radius");
	}
	entries[0] = plain(7);
	entries[0].point.capacity = -2;
	CHECK(check_entry(entries, 1) == KTT_BINARY, "a negative capacity");
	entries[0] = plain(0);
	CHECK(check_entry(entries, 1) == KTT_BINARY, "an id of 0");
	entries[0] = plain(7);
	entries[1] = plain(7);
	CHECK(check_entry(entries, 2) == KTT_BINARY, "an id twice");
	entries[1] = plain(6);
	CHECK(check_entry(entries, 2) == KTT_BINARY, "falling ids");
	entries[0] = plain(7);
	memcpy(broken, triangle, TRIANGLE_SIZE);
	entries[0].area = broken;
	entries[0].area_size = TRIANGLE_SIZE;
	CHECK(check_entry(entries, 1) == KTT_OK, "an area is taken");
	broken[1] = 1;
	CHECK(check_entry(entries, 1) == KTT_BINARY, "an area that is a point");
	entries[0].area_size = 0;
	CHECK(check_entry(entries, 1) == KTT_BINARY, "an area of no bytes");
}

static void
orders(void)
{
	ktt_pickup_entry entries[4] = {plain(9), plain(3), plain(7), plain(1)};
	ktt_pickup_entry scratch[4];
	ktt_fault	fault;

	CHECK(ktt_pickup_order(entries, 4, scratch, &fault) == KTT_OK, "puts in order");
	CHECK(entries[0].point.id == 1 && entries[1].point.id == 3 && entries[2].point.id == 7 && entries[3].point.id == 9, "by rising id");
	entries[0].point.id = 7;
	CHECK(ktt_pickup_order(entries, 4, scratch, &fault) == KTT_VALUE && strcmp(fault.reason, "Point 7 is given twice.") == 0, "no id twice");
	CHECK(ktt_pickup_order(NULL, KTT_PICKUP_POINTS_MAX + (size_t) 1, NULL, &fault) == KTT_LIMIT, "too many");
}

static char *
print(const ktt_pickup_entry *entries, size_t count)
{
	size_t		room = 3;
	char	   *text;
	char	   *out;

	for (size_t i = 0; i < count; i++)
		room += ktt_pickup_entry_room(&entries[i]);
	out = text = malloc(room);
	*out++ = '{';
	for (size_t i = 0; i < count; i++)
	{
		char	   *from = out += i > 0;

		from[-1] = i > 0 ? ',' : '{';
		out = ktt_pickup_entry_print(out, &entries[i]);
		CHECK((size_t) (out - from) < ktt_pickup_entry_room(&entries[i]), "as much room as it said");
	}
	*out++ = '}';
	*out = '\0';
	return text;
}

static ktt_status
parse(const char *text, size_t length, ktt_pickup_entry **entries, size_t *count, ktt_fault *fault)
{
	/* Text need not end with a zero. */
	char	   *exact = malloc(length > 0 ? length : 1);
	ktt_status	status;

	memcpy(exact, text, length);
	memset(fault, 0, sizeof(*fault));
	status = ktt_pickup_parse(exact, length, &memory, entries, count, fault);
	CHECK(status == fault->status, "says which fault");
	free(exact);
	return status;
}

static void
prints_and_parses(void)
{
	static ktt_pickup_entry entries[MOST];

	for (int round = 0; round < 1000; round++)
	{
		size_t		count = draw_entries(entries, round % 2 ? 4 : MOST);
		char	   *text = print(entries, count);
		ktt_pickup_entry *again;
		size_t		again_count;
		ktt_fault	fault;
		bool		same;

		if (CHECK(parse(text, strlen(text), &again, &again_count, &fault) == KTT_OK, "what is printed is taken"))
		{
			same = again_count == count;
			for (size_t i = 0; same && i < count; i++)
				same = is_same(&entries[i], &again[i]);
			CHECK(same, "to the bit");
		}
		end();
		free(text);
	}
}

/* Nothing but the whole of a text is one. */
static void
refuses_cut_text(void)
{
	static ktt_pickup_entry entries[MOST];
	ktt_pickup_entry *read;
	ktt_fault	fault;
	size_t		count;

	for (int round = 0; round < 40; round++)
	{
		char	   *text = print(entries, draw_entries(entries, 4));
		size_t		length = strlen(text);

		for (size_t cut = 0; cut < length; cut++)
		{
			ktt_status	status = parse(text, cut, &read, &count, &fault);

			CHECK(status == KTT_SYNTAX && fault.position > 0 && fault.position <= cut + 1, "cut off");
			end();
		}
		free(text);
	}
}

static void
reads(const char *text, const char *canonical)
{
	ktt_pickup_entry *entries;
	ktt_fault	fault;
	size_t		count;

	if (CHECK(parse(text, strlen(text), &entries, &count, &fault) == KTT_OK, text))
	{
		char	   *again = print(entries, count);

		CHECK(strcmp(again, canonical) == 0, canonical);
		free(again);
	}
	end();
}

static void
refuses(const char *text, ktt_status status, size_t position, const char *reason)
{
	ktt_pickup_entry *entries;
	ktt_fault	fault;
	size_t		count;

	CHECK(parse(text, strlen(text), &entries, &count, &fault) == status, text);
	if (!CHECK(fault.position == position && strcmp(fault.reason, reason) == 0, text))
		printf("position %zu: %s\n", fault.position, fault.reason);
	end();
}

#define TRIANGLE "0103000000010000000400000000000000000000000000000000000000000000000000f03f0000000000000000000000000000f03f000000000000f03f00000000000000000000000000000000"

static void
reads_text(void)
{
	reads("{}", "{}");
	reads(" { } \n", "{}");
	reads("{1:0 0}", "{1:0 0}");
	reads("{22:121.5645 25.034,17:121.517 25.0478}", "{17:121.517 25.0478,22:121.5645 25.034}");
	reads(" { 007 :\t+1.50e1  -0.0 capacity +07 radius 3e3 } ", "{7:15 0 capacity 7 radius 3000}");
	reads("{7:180 90 capacity 0,8:-180 -90 radius 21000000}", "{7:180 90 capacity 0,8:-180 -90 radius 21000000}");
	reads("{9223372036854775807:0.1 0.30000000000000004 capacity 2147483647}",
		  "{9223372036854775807:0.1 0.30000000000000004 capacity 2147483647}");
	reads("{1:0 0 radius 5e-324}", "{1:0 0 radius 4.94065645841247e-324}");
	reads("{1:0 0 area " TRIANGLE "}", "{1:0 0 area " TRIANGLE "}");
	reads("{1:0 0 capacity 3 radius 2.5 area " TRIANGLE ",2:1 1}", "{1:0 0 capacity 3 radius 2.5 area " TRIANGLE ",2:1 1}");
}

static void
refuses_text(void)
{
	static const char digits[] = "{1:0.00000000000000000000000000000000000000000000000000000000000000000 0}";

	refuses("", KTT_SYNTAX, 1, "Expected \"{\".");
	refuses("  ", KTT_SYNTAX, 3, "Expected \"{\".");
	refuses("{", KTT_SYNTAX, 2, "Expected the id as a whole number.");
	refuses("{x:1 1}", KTT_SYNTAX, 2, "Expected the id as a whole number.");
	refuses("{1}", KTT_SYNTAX, 3, "Expected \":\".");
	refuses("{1:}", KTT_SYNTAX, 4, "Expected the longitude as a number.");
	refuses("{1:1}", KTT_SYNTAX, 5, "Expected the latitude as a number.");
	refuses("{1:1,1}", KTT_SYNTAX, 5, "Expected the latitude as a number.");
	refuses("{1:1 1", KTT_SYNTAX, 7, "Expected \",\" or \"}\".");
	refuses("{1:1 1,}", KTT_SYNTAX, 8, "Expected the id as a whole number.");
	refuses("{,}", KTT_SYNTAX, 2, "Expected the id as a whole number.");
	refuses("{1:1 1} x", KTT_SYNTAX, 9, "Expected the end of the points.");
	refuses("{1:1 1}{}", KTT_SYNTAX, 8, "Expected the end of the points.");
	refuses("{1:NaN 1}", KTT_SYNTAX, 4, "Expected the longitude as a number.");
	refuses("{1:Infinity 1}", KTT_SYNTAX, 4, "Expected the longitude as a number.");
	refuses("{1:0x10 1}", KTT_SYNTAX, 5, "Expected the latitude as a number.");
	refuses("{1:1e 1}", KTT_SYNTAX, 4, "Expected the longitude as a number.");
	refuses("{1:1-1 1}", KTT_SYNTAX, 4, "Expected the longitude as a number.");
	refuses(digits, KTT_SYNTAX, 4, "The longitude has more than 64 digits.");
	refuses("{9223372036854775808:1 1}", KTT_RANGE, 2, "The id does not fit into a bigint.");
	refuses("{ 0:1 1}", KTT_VALUE, 3, "The id of a point is 0, it must be at least 1.");
	refuses("{-7:1 1}", KTT_VALUE, 2, "The id of a point is -7, it must be at least 1.");
	refuses("{1:1e999 1}", KTT_VALUE, 2, "Point 1 is at longitude inf and latitude 1, which is no place.");
	refuses("{2:1 1, 1:180.001 1}", KTT_VALUE, 9, "Point 1 is at longitude 180.001 and latitude 1, which is no place.");
	refuses("{1:25.04 121.5}", KTT_VALUE, 2, "Point 1 is at longitude 25.04 and latitude 121.5, which is no place.");
	refuses("{1:1 1 capacity}", KTT_SYNTAX, 16, "Expected the capacity as a whole number.");
	refuses("{1:1 1 capacity 1.5}", KTT_SYNTAX, 18, "Expected \",\" or \"}\".");
	refuses("{1:1 1 capacity -1}", KTT_VALUE, 2, "The capacity must be between 0 and 2147483647.");
	refuses("{1:1 1 capacity 2147483648}", KTT_VALUE, 2, "The capacity must be between 0 and 2147483647.");
	refuses("{1:1 1 capacity 9223372036854775808}", KTT_RANGE, 17, "The capacity does not fit into a bigint.");
	refuses("{1:1 1 radius}", KTT_SYNTAX, 14, "Expected the radius as a number.");
	refuses("{1:1 1 radius 0}", KTT_VALUE, 2, "The radius must be above 0.");
	refuses("{1:1 1 radius -5}", KTT_VALUE, 2, "Point 1 has a radius of -5 metres, it must be above 0 and at most 21000000.");
	refuses("{1:1 1 radius 21000001}", KTT_VALUE, 2, "Point 1 has a radius of 21000001 metres, it must be above 0 and at most 21000000.");
	refuses("{1:1 1 radius 5 capacity 5}", KTT_SYNTAX, 17, "Expected \",\" or \"}\".");
	refuses("{1:1 1 area}", KTT_SYNTAX, 12, "Expected the area as pairs of hexadecimal digits.");
	refuses("{1:1 1 area 010}", KTT_SYNTAX, 13, "Expected the area as pairs of hexadecimal digits.");
	refuses("{1:1 1 area 01}", KTT_SYNTAX, 13, "The area ends too early.");
	refuses("{1:1 1 area 01010000000000000000000000000000000000000000}", KTT_SYNTAX, 13, "An area is a polygon or a multipolygon.");
	refuses("{3:1 1,7:1 1,5:1 1, 7:2 2}", KTT_VALUE, 21, "Point 7 is given twice.");
	refuses("{3:1 1, 3:1 1,7:1 1,7:2 2}", KTT_VALUE, 9, "Point 3 is given twice.");
}

static void
memory_gives_out(void)
{
	static const char text[] = "{1:0 0 area " TRIANGLE ",2:1 1}";
	ktt_pickup_entry *entries;
	ktt_fault	fault;
	size_t		count;
	ktt_status	status;
	int			most = 0;

	do
	{
		left = most++;
		status = parse(text, strlen(text), &entries, &count, &fault);
		CHECK(status == KTT_OK || status == KTT_LIMIT, "there is memory or there is not");
		end();
	} while (status != KTT_OK && most < 100);
	CHECK(status == KTT_OK && most > 3, "in the end there is enough");
}

/* Commas may promise more points than there is memory for. */
static void
many_commas(void)
{
	const size_t length = 1000000;
	char	   *text = malloc(length);
	ktt_pickup_entry *entries;
	ktt_fault	fault;
	size_t		count;

	memset(text, ',', length);
	text[0] = '{';
	CHECK(ktt_pickup_parse(text, length, &memory, &entries, &count, &fault) == KTT_SYNTAX && fault.position == 2, "only commas");
	end();
	free(text);
}

int
main(void)
{
	make_triangle();
	packs_and_reads();
	refuses_what_was_changed();
	refuses_wrong_entries();
	orders();
	prints_and_parses();
	refuses_cut_text();
	reads_text();
	refuses_text();
	memory_gives_out();
	many_commas();
	return unit_report();
}
