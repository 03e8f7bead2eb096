/* The key file's text: every rule, and no word of a secret in a reason. */
#include "core/key_file.h"
#include "unit.h"

#include <string.h>

#define A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define B "A0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF"
#define C "0f0e0d0c0b0a09080706050403020100f1f2f3f4f5f6f7f8f9fafbfcfdfeff00"

static ktt_key_list list;

static bool
Accepts(const char *text, size_t keys)
{
	ktt_fault	fault = {KTT_OK, 0, ""};

	return ktt_key_file_read(text, strlen(text), &list, &fault) == KTT_OK &&
		list.count == keys;
}

/* Refused on this line, with this reason. */
static bool
Refuses(const char *text, size_t line, const char *reason)
{
	ktt_fault	fault = {KTT_OK, 0, ""};

	return ktt_key_file_read(text, strlen(text), &list, &fault) != KTT_OK &&
		fault.position == line && strcmp(fault.reason, reason) == 0;
}

static void
TestAccepted(void)
{
	CHECK(Accepts("", 0), "empty file");
	CHECK(Accepts("\n\n# only a remark\n   # another\n", 0), "no keys");
	CHECK(Accepts("1 1 code active " A, 1), "no final newline");
	CHECK(Accepts("1 1 code active " A "\r\n", 1), "DOS line end");
	CHECK(Accepts("\t1  2147483647\tcode active " B "  \n", 1), "blanks");
	CHECK(list.keys[0].id == 2147483647, "id");
	CHECK(list.keys[0].secret[0] == 0xA0 && list.keys[0].secret[31] == 0xBF, "upper case hex");
	CHECK(Accepts("1 1 code verify " A "\n1 2 code active " B "\n1 3 sign active " C "\n", 3),
		  "rotation and a second purpose");
	CHECK(list.keys[0].state == KTT_KEY_VERIFY && list.keys[1].state == KTT_KEY_ACTIVE, "states");
	CHECK(list.keys[2].purpose == KTT_KEY_SIGN, "purpose");
	CHECK(Accepts("1 1 code retired " A "\n1 2 code active " B "\n", 2), "retired");
}

static void
TestRefused(void)
{
	const char *version = "A line must begin with the format version 1.";
	const char *id = "The key id must be a number from 1 to 2147483647.";
	const char *purpose = "The purpose must be kek, index, code, link or sign.";
	const char *state = "The state must be active, verify or retired.";
	const char *secret = "The secret must be 64 hexadecimal digits.";

	CHECK(Refuses("2 1 code active " A, 1, version), "other version");
	CHECK(Refuses("\n\nhello", 3, version), "line is counted");
	CHECK(Refuses("1", 1, id), "nothing behind the version");
	CHECK(Refuses("1 0 code active " A, 1, id), "id 0");
	CHECK(Refuses("1 -1 code active " A, 1, id), "negative id");
	CHECK(Refuses("1 01 code active " A, 1, id), "leading zero");
	CHECK(Refuses("1 2147483648 code active " A, 1, id), "id too large");
	CHECK(Refuses("1 99999999999999999999 code active " A, 1, id), "id far too large");
	CHECK(Refuses("1 1 Code active " A, 1, purpose), "purposes are lower case");
	CHECK(Refuses("1 1 " A, 1, purpose), "secret in the purpose's place");
	CHECK(Refuses("1 1 code", 1, state), "no state");
	CHECK(Refuses("1 1 code act " A, 1, state), "half a state");
	CHECK(Refuses("1 1 code active", 1, secret), "no secret");
	CHECK(Refuses("1 1 code active " A "0", 1, secret), "too long");
	CHECK(Refuses("1 1 code active 0001", 1, secret), "too short");
	CHECK(Refuses("1 1 code active g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
				  1, secret), "not hex");
	CHECK(Refuses("1 1 code active " A " x", 1, "Nothing may follow the secret."), "garbage");
	CHECK(Refuses("1 1 code active " A " # mine", 1, "Nothing may follow the secret."),
		  "a remark behind a key");
	CHECK(Refuses("1 1 code active 0000000000000000000000000000000000000000000000000000000000000000",
				  1, "A key is all zeros."), "zeros");
	CHECK(Refuses("1 7 code active " A "\n1 7 sign active " B, 2, "Key id 7 is used twice."),
		  "same id, other purpose");
	CHECK(Refuses("1 1 code active " A "\n1 2 sign active " A, 2,
				  "The same secret stands on an earlier line."), "same secret");
	CHECK(Refuses("1 1 code active " A "\n1 2 code active " B, 2,
				  "Purpose \"code\" has a second active key."), "two active");
	CHECK(Refuses("1 1 code verify " A "\n", 0, "Purpose \"code\" has no active key."),
		  "none active");
}

static void
TestLimits(void)
{
	static char text[KTT_KEY_FILE_MAX + 2];
	ktt_fault	fault = {KTT_OK, 0, ""};
	size_t		used = 0;

	memset(text, '\n', sizeof(text));
	CHECK(ktt_key_file_read(text, KTT_KEY_FILE_MAX, &list, &fault) == KTT_OK, "largest file");
	CHECK(ktt_key_file_read(text, KTT_KEY_FILE_MAX + 1, &list, &fault) == KTT_LIMIT &&
		  fault.position == 0, "too large");
	for (int i = 1; i <= KTT_KEY_MAX + 1; i++)
		used += (size_t) snprintf(text + used, sizeof(text) - used, "1 %d code %s %064x\n",
								  i, i == 1 ? "active" : "verify", i);
	CHECK(ktt_key_file_read(text, used, &list, &fault) == KTT_LIMIT &&
		  fault.position == KTT_KEY_MAX + 1, "too many keys");
	CHECK(ktt_key_file_read("1 1 code active\0" A, 16 + 64, &list, &fault) == KTT_SYNTAX,
		  "a zero byte is no blank");
}

static void
TestPurposes(void)
{
	for (int i = 0; i < KTT_KEY_PURPOSES; i++)
	{
		const char *name = ktt_key_purpose_name((ktt_key_purpose) i);

		CHECK(ktt_key_purpose_find(name, strlen(name)) == i, "purpose by name");
	}
	CHECK(ktt_key_purpose_find("cod", 3) == -1, "no such purpose");
}

int
main(void)
{
	TestAccepted();
	TestRefused();
	TestLimits();
	TestPurposes();
	return unit_report();
}
