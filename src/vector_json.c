/*
 * ktt.basket and ktt.shares as jsonb: {"101": {"units": 2, "amount": 1990}} and
 * {"17": 1990}. Reading is strict: a key is an id in its printed form, so
 * that none can come twice; a basket entry has both numbers and no others.
 */
#include "vector.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(ktt_basket_to_jsonb);
PG_FUNCTION_INFO_V1(ktt_basket_from_jsonb);
PG_FUNCTION_INFO_V1(ktt_shares_to_jsonb);
PG_FUNCTION_INFO_V1(ktt_shares_from_jsonb);

/* Bytes of a jsonb object's keys and values together, beyond which it fails. */
#define OBJECT_MAX JENTRY_OFFLENMASK
#define NUMBER_MIN 8			/* bytes of the shortest jsonb number but 0 */
#define ITEM_MIN 45				/* of {"units": 1, "amount": 0} */

static void
SetKey(JsonbPair *pair, uint32 order, const char *key, int length)
{
	pair->key.type = jbvString;
	pair->key.val.string.val = unconstify(char *, key);
	pair->key.val.string.len = length;
	pair->order = order;
}

static void
SetNumber(JsonbPair *pair, int64 number)
{
	pair->value.type = jbvNumeric;
	pair->value.val.numeric = int64_to_numeric(number);
}

static JsonbValue
Object(JsonbPair *pairs, size_t count)
{
	JsonbValue	object;

	object.type = jbvObject;
	object.val.object.nPairs = (int) count;
	object.val.object.pairs = pairs;
	return object;
}

static void
RequireRoom(ktt_vector_kind kind, size_t size)
{
	if (size > OBJECT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value of type %s is too large for jsonb", KttVectorName(kind)),
				 errdetail("The keys and values of a jsonb object may take %d bytes.",
						   OBJECT_MAX)));
}

/*
 * The object is made as a whole, in the order that jsonb has: shorter keys
 * first, then by bytes, which is the order of the numbers. Pushed piece by
 * piece it would take three times the memory.
 */
static Datum
ToJsonb(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	size_t		entry_min = kind == KTT_BASKET ? ITEM_MIN : NUMBER_MIN;
	ktt_vector_reader reader;
	ktt_entry	entry;
	JsonbPair  *pairs;
	JsonbPair  *numbers = NULL;
	char	   *keys;
	size_t		count = 0;
	size_t		size = 0;
	JsonbValue	object;

	KttVectorOpen(&reader, kind, PG_GETARG_DATUM(0));
	RequireRoom(kind, reader.left * entry_min);
	pairs = palloc_extended(Max(reader.left, 1) * sizeof(JsonbPair), MCXT_ALLOC_HUGE);
	if (kind == KTT_BASKET)
		numbers = palloc_extended(Max(reader.left, 1) * 2 * sizeof(JsonbPair), MCXT_ALLOC_HUGE);
	keys = palloc(Max(reader.left, 1) * KTT_INT64_TEXT_MAX);
	while (KttVectorNext(&reader, &entry))
	{
		JsonbPair  *pair = &pairs[count];
		char	   *key = keys + count * KTT_INT64_TEXT_MAX;
		size_t		length = ktt_int64_print(key, entry.key) - key;

		RequireRoom(kind, size += length + entry_min);
		SetKey(pair, (uint32) count, key, (int) length);
		if (kind == KTT_BASKET)
		{
			JsonbPair  *item = &numbers[count * 2];

			SetKey(&item[0], 0, "units", 5);
			SetNumber(&item[0], entry.units);
			SetKey(&item[1], 1, "amount", 6);
			SetNumber(&item[1], entry.amount);
			pair->value = Object(item, 2);
		}
		else
			SetNumber(pair, entry.amount);
		count++;
	}
	object = Object(pairs, count);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(&object));
}

static void RefuseJson(ktt_vector_kind kind, int code, char *detail)
			pg_attribute_noreturn();

static void
RefuseJson(ktt_vector_kind kind, int code, char *detail)
{
	ereport(ERROR,
			(errcode(code),
			 errmsg("cannot cast jsonb to type %s", KttVectorName(kind)),
			 errdetail_internal("%s", detail),
			 kind == KTT_BASKET
			 ? errhint("Write a basket as {\"101\": {\"units\": 2, \"amount\": 1990}}.")
			 : errhint("Write shares as {\"17\": 1990}.")));
}

static int64
KeyFrom(ktt_vector_kind kind, const JsonbValue *key)
{
	const char *noun = kind == KTT_BASKET ? "an item" : "an account";
	const char *start = key->val.string.val;
	const char *end = start + key->val.string.len;
	const char *at = start;
	char		printed[KTT_INT64_TEXT_MAX];
	int64		id;

	if (ktt_int64_parse(&at, end, &id) != 0 || at != end || id < 1 ||
		ktt_int64_print(printed, id) - printed != end - start ||
		memcmp(printed, start, end - start) != 0)
		RefuseJson(kind, ERRCODE_INVALID_PARAMETER_VALUE,
				   psprintf("The key \"%.*s\" is not %s.",
							pg_mbcliplen(start, key->val.string.len, 64), start, noun));
	return id;
}

static int64
NumberFrom(ktt_vector_kind kind, int64 key, JsonbIteratorToken token,
		   const JsonbValue *value)
{
	const char *start;
	const char *at;
	int64		number;
	int			code = -1;

	if (token == WJB_VALUE && value->type == jbvNumeric)
	{
		start = DatumGetCString(DirectFunctionCall1(numeric_out,
													NumericGetDatum(value->val.numeric)));
		at = start;
		code = ktt_int64_parse(&at, start + strlen(start), &number);
		if (code != -1 && *at != '\0')
			code = -1;
	}
	if (code == -2)
		RefuseJson(kind, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
				   psprintf("A number of key %lld does not fit into a bigint.",
							(long long) key));
	if (code != 0)
		RefuseJson(kind, ERRCODE_INVALID_PARAMETER_VALUE,
				   psprintf("Key %lld needs whole numbers.", (long long) key));
	return number;
}

static bool
KeyIs(const JsonbValue *key, const char *name)
{
	return key->val.string.len == (int) strlen(name) &&
		memcmp(key->val.string.val, name, key->val.string.len) == 0;
}

/* The object of one item, whose opening has been read. */
static void
ReadItem(JsonbIterator **iterator, ktt_entry *entry)
{
	bool		units = false;
	bool		amount = false;
	JsonbValue	value;

	while (JsonbIteratorNext(iterator, &value, true) == WJB_KEY)
	{
		bool		is_units = KeyIs(&value, "units");
		JsonbIteratorToken token;

		if (!is_units && !KeyIs(&value, "amount"))
			RefuseJson(KTT_BASKET, ERRCODE_INVALID_PARAMETER_VALUE,
					   psprintf("Item %lld has other keys than \"units\" and \"amount\".",
								(long long) entry->key));
		token = JsonbIteratorNext(iterator, &value, true);
		if (is_units)
			entry->units = NumberFrom(KTT_BASKET, entry->key, token, &value);
		else
			entry->amount = NumberFrom(KTT_BASKET, entry->key, token, &value);
		units |= is_units;
		amount |= !is_units;
	}
	if (!units || !amount)
		RefuseJson(KTT_BASKET, ERRCODE_INVALID_PARAMETER_VALUE,
				   psprintf("Item %lld needs both \"units\" and \"amount\".",
							(long long) entry->key));
}

static Datum
FromJsonb(FunctionCallInfo fcinfo, ktt_vector_kind kind)
{
	Jsonb	   *json = PG_GETARG_JSONB_P(0);
	JsonbIterator *iterator;
	JsonbValue	value;
	ktt_entry  *entries;
	size_t		count = 0;

	if (!JB_ROOT_IS_OBJECT(json))
		RefuseJson(kind, ERRCODE_INVALID_PARAMETER_VALUE,
				   pstrdup("The value is not an object."));
	entries = KttEntriesAlloc(kind, JB_ROOT_COUNT(json));
	iterator = JsonbIteratorInit(&json->root);
	(void) JsonbIteratorNext(&iterator, &value, false);
	while (JsonbIteratorNext(&iterator, &value, false) == WJB_KEY)
	{
		ktt_entry  *entry = &entries[count++];
		JsonbIteratorToken token;

		if (count % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		entry->key = KeyFrom(kind, &value);
		entry->units = 0;
		token = JsonbIteratorNext(&iterator, &value, false);
		if (kind == KTT_BASKET && token == WJB_BEGIN_OBJECT)
			ReadItem(&iterator, entry);
		else if (kind == KTT_BASKET)
			RefuseJson(kind, ERRCODE_INVALID_PARAMETER_VALUE,
					   psprintf("The value of key %lld is not an object.",
								(long long) entry->key));
		else
			entry->amount = NumberFrom(kind, entry->key, token, &value);
	}
	return KttVectorFromEntries(kind, entries, count);
}

PGDLLEXPORT Datum
ktt_basket_to_jsonb(PG_FUNCTION_ARGS)
{
	return ToJsonb(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_basket_from_jsonb(PG_FUNCTION_ARGS)
{
	return FromJsonb(fcinfo, KTT_BASKET);
}

PGDLLEXPORT Datum
ktt_shares_to_jsonb(PG_FUNCTION_ARGS)
{
	return ToJsonb(fcinfo, KTT_SHARES);
}

PGDLLEXPORT Datum
ktt_shares_from_jsonb(PG_FUNCTION_ARGS)
{
	return FromJsonb(fcinfo, KTT_SHARES);
}
