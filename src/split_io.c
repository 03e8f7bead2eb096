/* Splits in text and binary. */
#include "split.h"
#include "error.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

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

void
KttRuleUnpack(ktt_rule *rule, KttSplitBytes packed)
{
	if (!ktt_rule_unpack(packed.bytes, packed.size, rule))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s is damaged", KTT_SPLIT_NAME)));
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
KttTermText(const ktt_rule *rule, size_t clause)
{
	char		text[KTT_TERM_TEXT_MAX];
	char	   *end = ktt_term_print(text, rule, clause);

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
