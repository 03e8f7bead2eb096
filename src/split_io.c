/* Splits in text, binary and jsonb. */
#include "split.h"
#include "error.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

Datum
KttSplitMake(const ktt_split *split)
{
	unsigned char packed[KTT_SPLIT_PACKED_MAX];
	size_t		size = (size_t) (ktt_split_pack(packed, split) - packed);
	struct varlena *value = palloc(VARHDRSZ + size);

	SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(VARDATA(value), packed, size);
	return PointerGetDatum(value);
}

void
KttSplitUnpack(ktt_split *split, KttSplitBytes packed)
{
	ktt_fault	fault;

	if (ktt_split_unpack(packed.bytes, packed.size, split, &fault) != KTT_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s is damaged", KTT_SPLIT_NAME),
				 errdetail("%s", fault.reason)));
}

bool
KttSplitParse(ktt_split *split, const char *text, Node *context)
{
	ktt_fault	fault;

	if (ktt_split_parse(text, strlen(text), split, &fault) == KTT_OK)
		return true;
	KttReportInput(&fault, KTT_SPLIT_NAME, text, context);
	return false;
}

Datum
KttPartyText(const ktt_party *party)
{
	return PointerGetDatum(cstring_to_text_with_len(party->text, party->length));
}

Datum
KttTermText(const ktt_term *term)
{
	char		text[KTT_TERM_TEXT_MAX];
	char	   *end = ktt_term_print(text, term);

	return PointerGetDatum(cstring_to_text_with_len(text, (int) (end - text)));
}

PG_FUNCTION_INFO_V1(ktt_split_in);
PGDLLEXPORT Datum
ktt_split_in(PG_FUNCTION_ARGS)
{
	ktt_split	split;

	if (!KttSplitParse(&split, PG_GETARG_CSTRING(0), fcinfo->context))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(KttSplitMake(&split));
}

PG_FUNCTION_INFO_V1(ktt_split_out);
PGDLLEXPORT Datum
ktt_split_out(PG_FUNCTION_ARGS)
{
	ktt_split	split;
	char		text[KTT_SPLIT_TEXT_MAX];
	char	   *end;

	KttSplitUnpack(&split, KttSplitBytesOf(PG_GETARG_DATUM(0)));
	end = ktt_split_print(text, &split);
	PG_RETURN_CSTRING(pnstrdup(text, (Size) (end - text)));
}

PG_FUNCTION_INFO_V1(ktt_split_recv);
PGDLLEXPORT Datum
ktt_split_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size = message->len - message->cursor;
	const char *bytes = pq_getmsgbytes(message, size);
	ktt_split	split;
	ktt_fault	fault;

	if (ktt_split_unpack((const unsigned char *) bytes, (size_t) size,
						 &split, &fault) != KTT_OK)
		KttReportBinary(&fault, KTT_SPLIT_NAME);
	PG_RETURN_DATUM(KttSplitMake(&split));
}

PG_FUNCTION_INFO_V1(ktt_split_send);
PGDLLEXPORT Datum
ktt_split_send(PG_FUNCTION_ARGS)
{
	KttSplitBytes packed = KttSplitBytesOf(PG_GETARG_DATUM(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, (const char *) packed.bytes, (int) packed.size);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

static void
PushString(JsonbParseState **state, JsonbIteratorToken token,
		   const char *text, size_t length)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = pnstrdup(text, length);
	value.val.string.len = (int) length;
	pushJsonbValue(state, token, &value);
}

PG_FUNCTION_INFO_V1(ktt_split_to_jsonb);
PGDLLEXPORT Datum
ktt_split_to_jsonb(PG_FUNCTION_ARGS)
{
	ktt_split	split;
	JsonbParseState *state = NULL;

	KttSplitUnpack(&split, KttSplitBytesOf(PG_GETARG_DATUM(0)));
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (size_t i = 0; i < split.count; i++)
	{
		char		term[KTT_TERM_TEXT_MAX];
		char	   *end = ktt_term_print(term, &split.terms[i]);

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		PushString(&state, WJB_KEY, "party", strlen("party"));
		PushString(&state, WJB_VALUE, split.parties[i].text,
				   split.parties[i].length);
		PushString(&state, WJB_KEY, "term", strlen("term"));
		PushString(&state, WJB_VALUE, term, (size_t) (end - term));
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

static void
RefuseJsonb(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cannot cast jsonb to %s", KTT_SPLIT_NAME),
			 errdetail("%s", reason),
			 errhint("A rule is an array of objects with a party and a term.")));
}

/* The string under key, free of characters that would start something else. */
static const JsonbValue *
ClausePart(JsonbContainer *clause, const char *key, const char *refused,
		   JsonbValue *room)
{
	JsonbValue *value = getKeyJsonValueFromContainer(clause, key,
													 (int) strlen(key), room);

	if (value == NULL || value->type != jbvString)
		RefuseJsonb(psprintf("A clause has no string named \"%s\".", key));
	if (value->val.string.len == 0)
		RefuseJsonb(psprintf("The %s of a clause is empty.", key));
	for (int i = 0; i < value->val.string.len; i++)
		if (strchr(refused, value->val.string.val[i]) != NULL)
			RefuseJsonb(psprintf("The %s of a clause has a character that does not belong there.", key));
	return value;
}

PG_FUNCTION_INFO_V1(ktt_split_from_jsonb);
PGDLLEXPORT Datum
ktt_split_from_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb	   *source = PG_GETARG_JSONB_P(0);
	uint32		count = JB_ROOT_COUNT(source);
	StringInfoData text;
	ktt_split	split;

	if (!JB_ROOT_IS_ARRAY(source) || JB_ROOT_IS_SCALAR(source))
		RefuseJsonb("The value is not an array.");
	if (count < 1 || count > KTT_SPLIT_CLAUSES)
		RefuseJsonb(psprintf("A rule has 1 to %d clauses, not %u.",
							 KTT_SPLIT_CLAUSES, count));

	initStringInfo(&text);
	for (uint32 i = 0; i < count; i++)
	{
		JsonbValue *clause = getIthJsonbValueFromContainer(&source->root, i);
		JsonbContainer *container;
		JsonbValue	room;
		const JsonbValue *part;

		if (clause->type != jbvBinary ||
			!JsonContainerIsObject(clause->val.binary.data))
			RefuseJsonb("A clause is not an object.");
		container = clause->val.binary.data;
		if (JsonContainerSize(container) != 2)
			RefuseJsonb("A clause has other keys than \"party\" and \"term\".");
		part = ClausePart(container, "party", " \t\n\v\f\r,%", &room);
		appendStringInfoString(&text, i > 0 ? ", " : "");
		appendBinaryStringInfo(&text, part->val.string.val, part->val.string.len);
		part = ClausePart(container, "term", ",", &room);
		appendStringInfoChar(&text, ' ');
		appendBinaryStringInfo(&text, part->val.string.val, part->val.string.len);
	}
	(void) KttSplitParse(&split, text.data, NULL);
	PG_RETURN_DATUM(KttSplitMake(&split));
}
