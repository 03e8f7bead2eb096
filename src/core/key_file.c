#include "key_file.h"

#include <stdbool.h>
#include <string.h>

static const char *const purpose_names[KTT_KEY_PURPOSES] = {
	"kek", "index", "code", "link", "sign"
};

static const char *const state_names[] = {"active", "verify", "retired"};

#define STATES (sizeof(state_names) / sizeof(state_names[0]))
#define ID_MAX 2147483647

/* What is left of one line. */
typedef struct line_reader
{
	const char *at;
	const char *end;
} line_reader;

typedef struct word
{
	const char *text;
	size_t		length;
} word;

static bool
is_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\r';
}

static void
skip_blanks(line_reader *line)
{
	while (line->at < line->end && is_blank(*line->at))
		line->at++;
}

static word
next_word(line_reader *line)
{
	word		found;

	skip_blanks(line);
	found.text = line->at;
	while (line->at < line->end && !is_blank(*line->at))
		line->at++;
	found.length = (size_t) (line->at - found.text);
	return found;
}

static bool
word_is(word given, const char *name)
{
	return given.length == strlen(name) &&
		memcmp(given.text, name, given.length) == 0;
}

int
ktt_key_purpose_find(const char *name, size_t length)
{
	word		given = {name, length};

	for (int i = 0; i < KTT_KEY_PURPOSES; i++)
		if (word_is(given, purpose_names[i]))
			return i;
	return -1;
}

const char *
ktt_key_purpose_name(ktt_key_purpose purpose)
{
	return purpose_names[purpose];
}

static bool
read_id(word given, uint32_t *id)
{
	uint64_t	value = 0;

	if (given.length == 0 || given.length > 10 || given.text[0] == '0')
		return false;
	for (size_t i = 0; i < given.length; i++)
	{
		if (given.text[i] < '0' || given.text[i] > '9')
			return false;
		value = value * 10 + (uint64_t) (given.text[i] - '0');
	}
	*id = (uint32_t) value;
	return value <= ID_MAX;
}

static bool
read_state(word given, ktt_key_state *state)
{
	for (size_t i = 0; i < STATES; i++)
	{
		if (word_is(given, state_names[i]))
		{
			*state = (ktt_key_state) i;
			return true;
		}
	}
	return false;
}

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

static bool
read_secret(word given, unsigned char *secret)
{
	if (given.length != 2 * KTT_KEY_SIZE)
		return false;
	for (size_t i = 0; i < KTT_KEY_SIZE; i++)
	{
		int			high = hex_value(given.text[2 * i]);
		int			low = hex_value(given.text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		secret[i] = (unsigned char) (high * 16 + low);
	}
	return true;
}

static bool
is_zero(const unsigned char *secret)
{
	unsigned char bits = 0;

	for (size_t i = 0; i < KTT_KEY_SIZE; i++)
		bits |= secret[i];
	return bits == 0;
}

/* Rules between this key and the ones before it. */
static ktt_status
check_key(const ktt_key_list *list, const ktt_key *key, size_t line,
		  ktt_fault *fault)
{
	if (is_zero(key->secret))
		return ktt_fail(fault, KTT_VALUE, line, "A key is all zeros.");
	for (size_t i = 0; i < list->count; i++)
	{
		const ktt_key *before = &list->keys[i];

		if (before->id == key->id)
			return ktt_fail(fault, KTT_VALUE, line,
							"Key id %lu is used twice.", (unsigned long) key->id);
		if (memcmp(before->secret, key->secret, KTT_KEY_SIZE) == 0)
			return ktt_fail(fault, KTT_VALUE, line,
							"The same secret stands on an earlier line.");
		if (before->purpose == key->purpose &&
			before->state == KTT_KEY_ACTIVE && key->state == KTT_KEY_ACTIVE)
			return ktt_fail(fault, KTT_VALUE, line,
							"Purpose \"%s\" has a second active key.",
							purpose_names[key->purpose]);
	}
	return KTT_OK;
}

static ktt_status
read_line(line_reader line, size_t number, ktt_key_list *list, ktt_fault *fault)
{
	ktt_key    *key;
	ktt_status	status;
	word		purpose;
	int			found;

	skip_blanks(&line);
	if (line.at == line.end || *line.at == '#')
		return KTT_OK;
	if (list->count == KTT_KEY_MAX)
		return ktt_fail(fault, KTT_LIMIT, number,
						"A key file has at most %d keys.", KTT_KEY_MAX);

	/* Parsed in place: the secret is in no memory but the caller's. */
	key = &list->keys[list->count];
	if (!word_is(next_word(&line), "1"))
		return ktt_fail(fault, KTT_SYNTAX, number,
						"A line must begin with the format version 1.");
	if (!read_id(next_word(&line), &key->id))
		return ktt_fail(fault, KTT_SYNTAX, number,
						"The key id must be a number from 1 to %d.", ID_MAX);
	purpose = next_word(&line);
	found = ktt_key_purpose_find(purpose.text, purpose.length);
	if (found < 0)
		return ktt_fail(fault, KTT_SYNTAX, number,
						"The purpose must be kek, index, code, link or sign.");
	key->purpose = (ktt_key_purpose) found;
	if (!read_state(next_word(&line), &key->state))
		return ktt_fail(fault, KTT_SYNTAX, number,
						"The state must be active, verify or retired.");
	if (!read_secret(next_word(&line), key->secret))
		return ktt_fail(fault, KTT_SYNTAX, number,
						"The secret must be %d hexadecimal digits.",
						2 * KTT_KEY_SIZE);
	skip_blanks(&line);
	if (line.at != line.end)
		return ktt_fail(fault, KTT_SYNTAX, number,
						"Nothing may follow the secret.");
	status = check_key(list, key, number, fault);
	if (status == KTT_OK)
		list->count++;
	return status;
}

ktt_status
ktt_key_file_read(const char *text, size_t length,
				  ktt_key_list *list, ktt_fault *fault)
{
	const char *end = text + length;
	const char *at = text;
	bool		present[KTT_KEY_PURPOSES] = {false};
	bool		active[KTT_KEY_PURPOSES] = {false};

	list->count = 0;
	if (length > KTT_KEY_FILE_MAX)
		return ktt_fail(fault, KTT_LIMIT, 0,
						"A key file has at most %d bytes.", KTT_KEY_FILE_MAX);
	for (size_t number = 1; at < end; number++)
	{
		const char *newline = memchr(at, '\n', (size_t) (end - at));
		line_reader line = {at, newline != NULL ? newline : end};
		ktt_status	status = read_line(line, number, list, fault);

		if (status != KTT_OK)
			return status;
		at = newline != NULL ? newline + 1 : end;
	}
	for (size_t i = 0; i < list->count; i++)
	{
		present[list->keys[i].purpose] = true;
		if (list->keys[i].state == KTT_KEY_ACTIVE)
			active[list->keys[i].purpose] = true;
	}
	for (int i = 0; i < KTT_KEY_PURPOSES; i++)
		if (present[i] && !active[i])
			return ktt_fail(fault, KTT_VALUE, 0,
							"Purpose \"%s\" has no active key.",
							purpose_names[i]);
	return KTT_OK;
}
