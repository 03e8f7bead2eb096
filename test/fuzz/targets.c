#include "targets.h"

/* White space as the parsers skip it, and what is built of it. */
#define S "[ \t-\r]*"
#define S1 "[ \t-\r]+"
#define DIGITS "[0-9]+"
#define NUMBER S "[-+]?[0-9]+" S

#define CHAIN "^" S DIGITS S "(>" S DIGITS S ")*$"
#define VECTOR(entry) "^" S "[{](" S "|" entry "(," entry ")*)[}]" S "$"
#define SHARES VECTOR(NUMBER ":" NUMBER)
#define BASKET VECTOR(NUMBER ":" NUMBER "@" NUMBER)

#define RATE "[0-9]+([.][0-9]{1,4})?" S "%" S
#define BASE "of" S1 "(sale|cost|margin)"
#define BOUNDS "(" S1 "min" S1 DIGITS "(" S "max" S1 DIGITS ")?|" S1 "max" S1 DIGITS ")?"
#define STEP S DIGITS S ":" S RATE
#define LADDER "(whole" S1 ")?ladder" S "[(]" STEP "(," STEP ")*[)]" S
#define TERM "(cost|rest|(" RATE "|" LADDER ")" BASE BOUNDS "|" DIGITS S "per" S1 "(unit|order))"
#define CLAUSE S "[a-z_][a-z0-9_]*" S1 TERM S
#define SPLIT "^" CLAUSE "(," CLAUSE ")*$"

#define DEGREES "[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?"
#define LIMITS "(capacity" NUMBER ")?(radius" S DEGREES S ")?(area" S "([0-9a-fA-F][0-9a-fA-F])+" S ")?"
#define PICKUP VECTOR(NUMBER ":" S DEGREES S DEGREES S LIMITS)

#define BLANK "[ \t\r]"
#define KEY_LINE BLANK "*(#[^\n]*|1" BLANK "+[1-9][0-9]{0,9}" BLANK "+(kek|index|code|link|sign)" BLANK \
	"+(active|verify|retired)" BLANK "+[0-9a-fA-F]{64}" BLANK "*)?"
#define KEY_FILE "^(" KEY_LINE "\n)*" KEY_LINE "$"
#define CODE "^([ -]*[0-9A-TV-Za-tv-z]){8}[ -]*$"

static const char *const chain_words[] = {
	">", ">>", " > ", "0", "1", "-1", "+1", "9223372036854775807", "9223372036854775808",
	"00000000000000000000000000007", "\t", "\n", "\v", "\1\1\1", "\x08\x7f\xff\xff\xff\xff\xff\xff\xff",
	"\x08\x80", "\2\1", NULL
};

static const char *const vector_words[] = {
	"{", "}", "{}", ":", "@", ",", " ", "\n", "-", "+", "0", "1", "-0", "1:1", "1:1@1", ",1:0", ",7:0@0",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "\x80\x80\x80\x08", "\x81\x80\x80\x08", "\x80", "\x81", NULL
};

static const char *const pickup_words[] = {
	"{", "}", "{}", ":", ",", " ", "\n", "-", "+", ".", "e", "E5", "1", "0", "180", "-180", "180.00000000000003", "90", "-90.5",
	"1:0 0", ",1:0 0", " capacity ", " capacity 0", " radius ", " radius 1", " area ", "capacity", "area 01", "1e-400", "1e400",
	"2147483648", "9223372036854775807", "9223372036854775808", "\x80", "\x81", "\1", "\2", "\3", "\4", "\7", "\x08",
	"\xf0\x7f", "\xf8\x7f", "\x80\x66\x40", "\x80\x56\x40", NULL
};

static const char *const split_words[] = {
	"cost", " rest", " of sale", " of cost", " of margin", "of", " min ", " max ", " min 20 max 500",
	" per unit", " per order", "%", " 0%", " 100%", " 100.0001%", " 0.0001%", " 99.9999%", " 33.3333%",
	", ", ",", ".", "_", "a rest", ", b cost", ", c 5 per unit", ", d 10% of margin", "COST", "Rest",
	" ladder(0: 10%) of sale", " whole ladder(0: 5%, 1000: 7%) of margin", "ladder", "whole ", "(", ")", "0:",
	", 1000000: 15%", ", 9223372036854775807: 100%", ":", "9223372036854775807", "9223372036854775808",
	"\xc0\x84\x3d", "\xc1\x84\x3d", "\x17", "\x24", "\x34", "\x08", "\x0d", "\x0e", "\t", "\n", NULL
};

static const char *const key_file_words[] = {
	"1", "2", "0", "2147483647", "2147483648", "kek", "index", "code", "link", "sign", "active", "verify",
	"retired", "\n", "\r\n", "#", " ", "\t", "\n\n", "1 7 sign active ",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", NULL
};

static const char *const code_words[] = {
	"-", " ", "--", "O", "o", "I", "l", "L", "U", "u", "0", "Z", "0000-0000", NULL
};

static const char *const area_words[] = {
	"\1\3", "\1\6", "\xff\xff\xff\xff", "\x80\x56\x40", "\x80\x56\xc0", "\x80\x66\x40", "\x80\x66\xc0",
	"\xf0\x7f", "\xf8\x7f", "\x20", "\x80", "\xeb\3", NULL
};

const target targets[] = {
	{"chain-text", fuzz_chain, FUZZ_TEXT, make_chain_text, chain_words, CHAIN, false, false},
	{"chain-packed", fuzz_chain, FUZZ_PACKED, make_chain_packed, chain_words, NULL, false, false},
	{"basket-text", fuzz_basket, FUZZ_TEXT, make_basket_text, vector_words, BASKET, false, false},
	{"basket-packed", fuzz_basket, FUZZ_PACKED, make_basket_packed, vector_words, NULL, false, true},
	{"shares-text", fuzz_shares, FUZZ_TEXT, make_shares_text, vector_words, SHARES, false, false},
	{"shares-packed", fuzz_shares, FUZZ_PACKED, make_shares_packed, vector_words, NULL, false, true},
	{"split-text", fuzz_split, FUZZ_TEXT, make_split_text, split_words, SPLIT, true, false},
	{"split-packed", fuzz_split, FUZZ_PACKED, make_split_packed, split_words, NULL, false, true},
	{"pickup-text", fuzz_pickup, FUZZ_TEXT, make_pickup_text, pickup_words, PICKUP, false, false},
	{"pickup-packed", fuzz_pickup, FUZZ_PACKED, make_pickup_packed, pickup_words, NULL, false, true},
	{"key_file", fuzz_key_file, FUZZ_TEXT, make_key_file, key_file_words, KEY_FILE, false, false},
	{"code", fuzz_code, FUZZ_TEXT, make_code, code_words, CODE, false, false},
	{"area", fuzz_area, FUZZ_PACKED, make_area, area_words, NULL, false, true},
};

const size_t target_count = sizeof(targets) / sizeof(targets[0]);

const target *
find_target(const char *name)
{
	for (size_t i = 0; i < target_count; i++)
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	fprintf(stderr, "there is no target \"%s\"\n", name);
	exit(2);
}
