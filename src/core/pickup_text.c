#include "pickup_text.h"

#include "pause.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the longest number that "%.17g" prints. */
#define DOUBLE_ROOM 25

/* Longer numbers say nothing that a double could hold. */
#define DOUBLE_TEXT_MAX 64

typedef struct scan
{
	const char *text;
	const char *at;
	const char *end;
	const ktt_memory *memory;
	ktt_fault  *fault;
} scan;

static void
skip_space(scan *s)
{
	while (s->at < s->end &&
		   (*s->at == ' ' || (*s->at >= '\t' && *s->at <= '\r')))
		s->at++;
}

static size_t
position(const scan *s)
{
	return (size_t) (s->at - s->text) + 1;
}

static bool
read_mark(scan *s, char mark)
{
	skip_space(s);
	if (s->at == s->end || *s->at != mark)
		return false;
	s->at++;
	return true;
}

static ktt_status
expect(scan *s, char mark)
{
	return read_mark(s, mark) ? KTT_OK
		: ktt_fail(s->fault, KTT_SYNTAX, position(s), "Expected \"%c\".", mark);
}

static bool
read_word(scan *s, const char *word)
{
	size_t		length = strlen(word);

	skip_space(s);
	if ((size_t) (s->end - s->at) < length || memcmp(s->at, word, length) != 0)
		return false;
	s->at += length;
	return true;
}

static ktt_status
read_integer(scan *s, const char *noun, int64_t *value)
{
	const char *start;
	int			code;

	skip_space(s);
	start = s->at;
	code = ktt_int64_parse(&s->at, s->end, value);
	if (code == 0)
		return KTT_OK;
	s->at = start;
	return code == -2
		? ktt_fail(s->fault, KTT_RANGE, position(s), "The %s does not fit into a bigint.", noun)
		: ktt_fail(s->fault, KTT_SYNTAX, position(s), "Expected the %s as a whole number.", noun);
}

/* Decimal numbers only: what strtod takes beyond them is not read. */
static ktt_status
read_double(scan *s, const char *noun, double *value)
{
	char		digits[DOUBLE_TEXT_MAX + 1];
	size_t		length = 0;
	char	   *end;

	skip_space(s);
	while (s->at + length < s->end && length <= DOUBLE_TEXT_MAX &&
		   strchr("0123456789+-.eE", s->at[length]) != NULL && s->at[length] != '\0')
		length++;
	if (length > DOUBLE_TEXT_MAX)
		return ktt_fail(s->fault, KTT_SYNTAX, position(s), "The %s has more than %d digits.", noun, DOUBLE_TEXT_MAX);
	memcpy(digits, s->at, length);
	digits[length] = '\0';
	*value = strtod(digits, &end);
	if (length == 0 || end != digits + length)
		return ktt_fail(s->fault, KTT_SYNTAX, position(s), "Expected the %s as a number.", noun);
	s->at += length;
	return KTT_OK;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
		: c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static ktt_status
read_area(scan *s, ktt_pickup_entry *entry)
{
	size_t		digits = 0;
	size_t		start;
	unsigned char *wkb;
	ktt_area   *area;
	ktt_status	status;

	skip_space(s);
	start = position(s);
	while (s->at + digits < s->end && hex_digit(s->at[digits]) >= 0)
		ktt_pause_at(digits++);
	if (digits == 0 || digits % 2 != 0)
		return ktt_fail(s->fault, KTT_SYNTAX, start, "Expected the area as pairs of hexadecimal digits.");
	wkb = ktt_allocate(s->memory, digits / 2);
	if (wkb == NULL)
		return ktt_fail(s->fault, KTT_LIMIT, start, "There is no memory for the area.");
	for (size_t i = 0; i < digits / 2; i++)
		wkb[i] = (unsigned char) (hex_digit(s->at[2 * i]) << 4 | hex_digit(s->at[2 * i + 1]));
	s->at += digits;
	entry->area = wkb;
	entry->area_size = digits / 2;
	ktt_pause();
	status = ktt_area_unpack(wkb, entry->area_size, s->memory, &area, s->fault);
	if (status == KTT_OK)
		ktt_area_release(area, s->memory);
	else
	{
		/* In text it is a matter of syntax. */
		s->fault->position = start;
		if (status == KTT_BINARY)
			s->fault->status = status = KTT_SYNTAX;
	}
	return status;
}

static ktt_status
read_entry(scan *s, ktt_pickup_entry *entry)
{
	size_t		start;
	int64_t		capacity = 0;
	ktt_status	status;

	memset(entry, 0, sizeof(*entry));
	entry->point.capacity = KTT_NO_CAPACITY;
	entry->point.radius = KTT_NO_RADIUS;
	skip_space(s);
	entry->position = start = position(s);
	status = read_integer(s, "id", &entry->point.id);
	if (status == KTT_OK)
		status = expect(s, ':');
	if (status == KTT_OK)
		status = read_double(s, "longitude", &entry->point.place.longitude);
	if (status == KTT_OK)
		status = read_double(s, "latitude", &entry->point.place.latitude);
	if (status == KTT_OK && read_word(s, "capacity"))
	{
		status = read_integer(s, "capacity", &capacity);
		if (status == KTT_OK && (capacity < 0 || capacity > INT32_MAX))
			return ktt_fail(s->fault, KTT_VALUE, start, "The capacity must be between 0 and %d.", INT32_MAX);
		entry->point.capacity = (int32_t) capacity;
	}
	if (status == KTT_OK && read_word(s, "radius"))
	{
		status = read_double(s, "radius", &entry->point.radius);
		if (status == KTT_OK && entry->point.radius == 0)
			return ktt_fail(s->fault, KTT_VALUE, start, "The radius must be above 0.");
	}
	if (status == KTT_OK && read_word(s, "area"))
		status = read_area(s, entry);
	if (status == KTT_OK)
	{
		status = ktt_pickup_entry_check(entry, s->fault);
		if (status != KTT_OK)
			s->fault->position = start;
	}
	return status;
}

/* A point takes five bytes at least, as in "1:0 0". */
static size_t
entries_at_most(size_t length)
{
	size_t		most = length / 5 + 1;

	return most < KTT_PICKUP_POINTS_MAX ? most : KTT_PICKUP_POINTS_MAX;
}

ktt_status
ktt_pickup_parse(const char *text, size_t length, const ktt_memory *memory,
				 ktt_pickup_entry **entries, size_t *count, ktt_fault *fault)
{
	scan		s = {text, text, text + length, memory, fault};
	size_t		room = 0;
	ktt_status	status;

	/* Commas bound the number of points closer than the length does. */
	for (size_t i = 0; i < length; i++)
	{
		ktt_pause_at(i);
		room += text[i] == ',';
	}
	room = room + 1 < entries_at_most(length) ? room + 1 : entries_at_most(length);
	*count = 0;
	*entries = ktt_allocate(memory, 2 * room * sizeof(**entries));
	if (*entries == NULL)
		return ktt_fail(fault, KTT_LIMIT, 0, "There is no memory for the points.");
	status = expect(&s, '{');
	if (status != KTT_OK)
		return status;
	if (!read_mark(&s, '}'))
		for (;;)
		{
			if (*count == room)
				return ktt_fail(fault, KTT_LIMIT, position(&s), "There are more than %zu points.", room);
			ktt_pause_at(*count);
			status = read_entry(&s, *entries + *count);
			if (status != KTT_OK)
				return status;
			++*count;
			if (read_mark(&s, '}'))
				break;
			if (!read_mark(&s, ','))
				return ktt_fail(fault, KTT_SYNTAX, position(&s), "Expected \",\" or \"}\".");
		}
	skip_space(&s);
	if (s.at != s.end)
		return ktt_fail(fault, KTT_SYNTAX, position(&s), "Expected the end of the points.");
	return ktt_pickup_order(*entries, *count, *entries + *count, fault);
}

size_t
ktt_pickup_entry_room(const ktt_pickup_entry *entry)
{
	return KTT_INT64_TEXT_MAX + 2 * DOUBLE_ROOM + 3 +
		sizeof(" capacity ") + KTT_INT64_TEXT_MAX +
		sizeof(" radius ") + DOUBLE_ROOM +
		sizeof(" area ") + 2 * entry->area_size;
}

/* In as few digits as give the same number again. */
static char *
print_double(char *out, double value)
{
	int			length = 0;

	for (int digits = 15; digits <= 17; digits++)
	{
		length = snprintf(out, DOUBLE_ROOM, "%.*g", digits, value);
		if (strtod(out, NULL) == value)
			break;
	}
	return out + length;
}

static char *
print_word(char *out, const char *word)
{
	size_t		length = strlen(word);

	memcpy(out, word, length);
	return out + length;
}

char *
ktt_pickup_entry_print(char *out, const ktt_pickup_entry *entry)
{
	static const char digits[] = "0123456789abcdef";

	out = ktt_int64_print(out, entry->point.id);
	*out++ = ':';
	out = print_double(out, entry->point.place.longitude);
	*out++ = ' ';
	out = print_double(out, entry->point.place.latitude);
	if (entry->point.capacity != KTT_NO_CAPACITY)
		out = ktt_int64_print(print_word(out, " capacity "), entry->point.capacity);
	if (entry->point.radius != KTT_NO_RADIUS)
		out = print_double(print_word(out, " radius "), entry->point.radius);
	if (entry->area != NULL)
	{
		out = print_word(out, " area ");
		for (size_t i = 0; i < entry->area_size; i++)
		{
			*out++ = digits[entry->area[i] >> 4];
			*out++ = digits[entry->area[i] & 15];
		}
	}
	return out;
}
