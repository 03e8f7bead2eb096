/* Text of vectors where it is refused, to the byte; and bytes that do not print. */
#include "core/vector_text.h"
#include "unit.h"

#include <string.h>

static void
Refuses(ktt_vector_kind kind, const char *text, ktt_status status, size_t position)
{
	ktt_entry	entries[16];
	size_t		count = 99;
	ktt_fault	fault = {0};

	CHECK(ktt_vector_text_room(text, strlen(text)) <= 16, "the test has room");
	CHECK(ktt_vector_parse(kind, text, strlen(text), entries, &count, &fault) == status, text);
	CHECK(fault.status == status && fault.position == position, text);
	CHECK(count == 99, "nothing is given when it is refused");
}

static void
TestRefusals(void)
{
	Refuses(KTT_SHARES, "", KTT_SYNTAX, 1);
	Refuses(KTT_SHARES, " \t", KTT_SYNTAX, 3);
	Refuses(KTT_SHARES, "[1:2]", KTT_SYNTAX, 1);
	Refuses(KTT_SHARES, "{", KTT_SYNTAX, 2);
	Refuses(KTT_SHARES, "{1", KTT_SYNTAX, 3);
	Refuses(KTT_SHARES, "{1:", KTT_SYNTAX, 4);
	Refuses(KTT_SHARES, "{1:2", KTT_SYNTAX, 5);
	Refuses(KTT_SHARES, "{1:2,", KTT_SYNTAX, 6);
	Refuses(KTT_SHARES, "{1:2;3:4}", KTT_SYNTAX, 5);
	Refuses(KTT_SHARES, "{,}", KTT_SYNTAX, 2);
	Refuses(KTT_SHARES, "{1:2,}", KTT_SYNTAX, 6);
	Refuses(KTT_SHARES, "{1@2}", KTT_SYNTAX, 3);
	Refuses(KTT_SHARES, "{1:2@3}", KTT_SYNTAX, 5);
	Refuses(KTT_SHARES, "{ 0:1}", KTT_SYNTAX, 3);
	Refuses(KTT_SHARES, "{-7:1}", KTT_SYNTAX, 2);
	Refuses(KTT_SHARES, "{} x", KTT_SYNTAX, 4);
	Refuses(KTT_SHARES, "{1:2}}", KTT_SYNTAX, 6);
	Refuses(KTT_SHARES, "{9223372036854775808:1}", KTT_RANGE, 2);
	Refuses(KTT_SHARES, "{1: 9223372036854775808}", KTT_RANGE, 5);
	Refuses(KTT_SHARES, "{3:1,1:1,2:1, 1 :0}", KTT_SYNTAX, 15);
	Refuses(KTT_SHARES, "{1:0,1:0}", KTT_SYNTAX, 6);
	Refuses(KTT_BASKET, "{1:2}", KTT_SYNTAX, 5);
	Refuses(KTT_BASKET, "{1:2@}", KTT_SYNTAX, 6);
	Refuses(KTT_BASKET, "{1:@2}", KTT_SYNTAX, 4);
	Refuses(KTT_BASKET, "{2:1@1,1:1@1, 2:1@1}", KTT_SYNTAX, 15);
	Refuses(KTT_BASKET, "{1:-9223372036854775809@1}", KTT_RANGE, 4);
}

/* Bytes that were never checked print as far as they go, and then are told. */
static void
TestBrokenBytes(void)
{
	static const unsigned char packed[] = {1, 2, 7, 4, 7, 128};
	char		text[2 + 2 * KTT_ENTRY_TEXT_MAX];
	ktt_vector_reader reader;

	CHECK(ktt_vector_open(&reader, KTT_SHARES, packed, sizeof(packed)), "the head is sound");
	CHECK(ktt_vector_print(&reader, text) == NULL, "a cut entry does not print");
	CHECK(ktt_vector_open(&reader, KTT_SHARES, (const unsigned char *) "\1\0\0", 3), "so is that of none");
	CHECK(ktt_vector_print(&reader, text) == NULL, "bytes behind the last entry do not print");
}

int
main(void)
{
	TestRefusals();
	TestBrokenBytes();
	return unit_report();
}
