#include "vector_text.h"

#include "pause.h"

/* A walk through the text of a vector. */
typedef struct scan
{
	const char *text;
	const char *at;
	const char *end;
	ktt_vector_kind kind;
	ktt_fault  *fault;
} scan;

static const char *
key_noun(ktt_vector_kind kind)
{
	return kind == KTT_BASKET ? "item" : "account";
}

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

static ktt_status
read_mark(scan *s, char mark)
{
	skip_space(s);
	if (s->at >= s->end || *s->at != mark)
		return ktt_fail(s->fault, KTT_SYNTAX, position(s),
						"Expected \"%c\".", mark);
	s->at++;
	return KTT_OK;
}

static ktt_status
read_number(scan *s, const char *noun, int64_t *value)
{
	const char *start;
	int			code;

	skip_space(s);
	start = s->at;
	code = ktt_int64_parse(&s->at, s->end, value);
	if (code == 0)
		return KTT_OK;
	s->at = start;
	if (code == -2)
		return ktt_fail(s->fault, KTT_RANGE, position(s),
						"The %s does not fit into a bigint.", noun);
	return ktt_fail(s->fault, KTT_SYNTAX, position(s),
					"Expected the %s as a whole number.", noun);
}

static ktt_status
read_entry(scan *s, ktt_entry *entry)
{
	ktt_status	status;
	size_t		key_position;

	skip_space(s);
	key_position = position(s);
	status = read_number(s, key_noun(s->kind), &entry->key);
	if (status == KTT_OK && entry->key < 1)
		return ktt_fail(s->fault, KTT_SYNTAX, key_position,
						"The %s must be at least 1.", key_noun(s->kind));
	if (status == KTT_OK)
		status = read_mark(s, ':');
	entry->units = 0;
	if (status == KTT_OK && s->kind == KTT_BASKET)
	{
		status = read_number(s, "number of units", &entry->units);
		if (status == KTT_OK)
			status = read_mark(s, '@');
	}
	if (status == KTT_OK)
		status = read_number(s, "amount", &entry->amount);
	return status;
}

/* Move behind a comma (true) or the closing brace (false). */
static ktt_status
read_separator(scan *s, bool *more)
{
	skip_space(s);
	if (s->at >= s->end || (*s->at != ',' && *s->at != '}'))
		return ktt_fail(s->fault, KTT_SYNTAX, position(s),
						"Expected \",\" or \"}\".");
	*more = *s->at++ == ',';
	return KTT_OK;
}

/* Where a well-formed text names key for the second time. */
static ktt_status
refuse_repeat(scan s, int64_t key)
{
	ktt_entry	entry;
	bool		more;
	int			seen = 0;
	size_t		at = 0;

	s.at = s.text;
	read_mark(&s, '{');
	while (seen < 2)
	{
		skip_space(&s);
		at = position(&s);
		read_entry(&s, &entry);
		read_separator(&s, &more);
		seen += entry.key == key;
	}
	return ktt_fail(s.fault, KTT_SYNTAX, at, "The %s %lld is given twice.",
					key_noun(s.kind), (long long) key);
}

size_t
ktt_vector_text_room(const char *text, size_t length)
{
	size_t		room = 1;

	for (size_t i = 0; i < length; i++)
		room += text[i] == ',';
	return room;
}

ktt_status
ktt_vector_parse(ktt_vector_kind kind, const char *text, size_t length,
				 ktt_entry *entries, size_t *count, ktt_fault *fault)
{
	scan		s = {text, text, text + length, kind, fault};
	ktt_status	status = read_mark(&s, '{');
	bool		more = true;
	bool		sorted = true;
	size_t		read = 0;

	if (status != KTT_OK)
		return status;
	skip_space(&s);
	if (s.at < s.end && *s.at == '}')
	{
		s.at++;
		more = false;
	}
	while (more)
	{
		status = read_entry(&s, &entries[read]);
		if (status == KTT_OK)
			status = read_separator(&s, &more);
		if (status != KTT_OK)
			return status;
		if (read > 0 && entries[read].key <= entries[read - 1].key)
			sorted = false;
		ktt_pause_at(read++);
	}
	skip_space(&s);
	if (s.at < s.end)
		return ktt_fail(fault, KTT_SYNTAX, position(&s),
						"Nothing may follow the closing brace.");
	if (!sorted)
	{
		ktt_vector_sort(entries, read);
		for (size_t i = 1; i < read; i++)
			if (entries[i].key == entries[i - 1].key)
				return refuse_repeat(s, entries[i].key);
	}
	*count = read;
	return ktt_vector_normalise(entries, count, fault);
}

char *
ktt_vector_print(ktt_vector_reader *reader, char *out)
{
	ktt_vector_step step;
	ktt_entry	entry;
	bool		first = true;

	*out++ = '{';
	while ((step = ktt_vector_next(reader, &entry)) == KTT_VECTOR_ENTRY)
	{
		if (!first)
			*out++ = ',';
		first = false;
		ktt_pause_at((size_t) reader->left);
		out = ktt_int64_print(out, entry.key);
		*out++ = ':';
		if (reader->kind == KTT_BASKET)
		{
			out = ktt_int64_print(out, entry.units);
			*out++ = '@';
		}
		out = ktt_int64_print(out, entry.amount);
	}
	*out++ = '}';
	return step == KTT_VECTOR_END ? out : NULL;
}
