/* Chains in and out: text, binary, typmod, arrays, jsonb. */
#include "chain.h"
#include "error.h"

#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

Datum
KttChainFromBytes(const unsigned char *bytes, size_t size)
{
	struct varlena *value = palloc(VARHDRSZ + size);

	SET_VARSIZE(value, VARHDRSZ + size);
	memcpy(VARDATA(value), bytes, size);
	return PointerGetDatum(value);
}

Datum
KttChainMake(const ktt_chain *chain)
{
	unsigned char bytes[KTT_CHAIN_SIZE_MAX];

	return KttChainFromBytes(bytes, ktt_chain_pack(bytes, chain));
}

void
KttChainUnpack(ktt_chain *chain, KttChainBytes packed)
{
	ktt_fault	fault;

	if (ktt_chain_unpack(chain, packed.bytes, packed.size, &fault) != KTT_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a stored chain is broken"),
				 errdetail("%s", fault.reason)));
}

void
KttChainPush(ktt_chain *chain, int64 member)
{
	switch (ktt_chain_push(chain, member))
	{
		case KTT_OK:
			return;
		case KTT_VALUE:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("member %lld appears twice in the chain",
							(long long) member)));
			break;
		case KTT_LIMIT:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a chain has at most %d members", KTT_CHAIN_MAX)));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("member id %lld is out of range",
							(long long) member),
					 errdetail("Member ids are from 1 to %lld.",
							   (long long) PG_INT64_MAX)));
	}
}

bool
KttChainFitsTypmod(int depth, int32 typmod, Node *context)
{
	if (typmod < 0 || depth <= typmod)
		return true;
	ereturn(context, false,
			(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
			 errmsg("value too long for type %s(%d)", KTT_CHAIN_NAME, typmod),
			 errdetail("The chain has %d members.", depth)));
}

PG_FUNCTION_INFO_V1(ktt_chain_in);
PGDLLEXPORT Datum
ktt_chain_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	ktt_chain	chain;
	ktt_fault	fault;

	if (ktt_chain_parse(&chain, text, strlen(text), &fault) != KTT_OK)
	{
		KttReportInput(&fault, KTT_CHAIN_NAME, text, fcinfo->context);
		PG_RETURN_NULL();
	}
	if (!KttChainFitsTypmod(chain.depth, PG_GETARG_INT32(2), fcinfo->context))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(KttChainMake(&chain));
}

PG_FUNCTION_INFO_V1(ktt_chain_out);
PGDLLEXPORT Datum
ktt_chain_out(PG_FUNCTION_ARGS)
{
	char		text[KTT_CHAIN_TEXT_MAX];
	ktt_chain	chain;
	char	   *end;

	KttChainUnpack(&chain, KTT_GETARG_CHAIN(0));
	end = ktt_chain_print(text, &chain);
	PG_RETURN_CSTRING(pnstrdup(text, end - text));
}

PG_FUNCTION_INFO_V1(ktt_chain_recv);
PGDLLEXPORT Datum
ktt_chain_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buffer = (StringInfo) PG_GETARG_POINTER(0);
	int			size = buffer->len - buffer->cursor;
	const unsigned char *bytes;
	ktt_chain	chain;
	ktt_fault	fault;

	bytes = (const unsigned char *) pq_getmsgbytes(buffer, size);
	if (ktt_chain_unpack(&chain, bytes, size, &fault) != KTT_OK)
		KttReportBinary(&fault, KTT_CHAIN_NAME);
	(void) KttChainFitsTypmod(chain.depth, PG_GETARG_INT32(2), NULL);
	PG_RETURN_DATUM(KttChainFromBytes(bytes, size));
}

PG_FUNCTION_INFO_V1(ktt_chain_send);
PGDLLEXPORT Datum
ktt_chain_send(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendbytes(&buffer, (const char *) packed.bytes, packed.size);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(ktt_chain_typmod_in);
PGDLLEXPORT Datum
ktt_chain_typmod_in(PG_FUNCTION_ARGS)
{
	int			count;
	int32	   *typmods = ArrayGetIntegerTypmods(PG_GETARG_ARRAYTYPE_P(0), &count);

	if (count != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("type %s takes one modifier", KTT_CHAIN_NAME)));
	if (typmods[0] < 1 || typmods[0] > KTT_CHAIN_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("length for type %s must be from 1 to %d",
						KTT_CHAIN_NAME, KTT_CHAIN_MAX)));
	PG_RETURN_INT32(typmods[0]);
}

PG_FUNCTION_INFO_V1(ktt_chain_typmod_out);
PGDLLEXPORT Datum
ktt_chain_typmod_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(psprintf("(%d)", PG_GETARG_INT32(0)));
}

/* The length cast: a chain that is too deep is refused, explicit cast or not. */
PG_FUNCTION_INFO_V1(ktt_chain_fit);
PGDLLEXPORT Datum
ktt_chain_fit(PG_FUNCTION_ARGS)
{
	KttChainBytes packed = KTT_GETARG_CHAIN(0);

	(void) KttChainFitsTypmod(ktt_chain_depth(packed.bytes, packed.size),
							  PG_GETARG_INT32(1), fcinfo->context);
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

PG_FUNCTION_INFO_V1(ktt_chain_from_array);
PGDLLEXPORT Datum
ktt_chain_from_array(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const int64 *members = (const int64 *) ARR_DATA_PTR(array);
	ktt_chain	chain = {0};

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a chain is made from a one-dimensional array")));
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a chain has at least one member")));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a member of a chain cannot be null")));
	/* However long the array is, the push behind the last place ends this. */
	for (int i = 0; i < count; i++)
		KttChainPush(&chain, members[i]);
	PG_RETURN_DATUM(KttChainMake(&chain));
}

PG_FUNCTION_INFO_V1(ktt_chain_members);
PGDLLEXPORT Datum
ktt_chain_members(PG_FUNCTION_ARGS)
{
	Datum		members[KTT_CHAIN_MAX];
	ktt_chain	chain;

	KttChainUnpack(&chain, KTT_GETARG_CHAIN(0));
	for (int i = 0; i < chain.depth; i++)
		members[i] = Int64GetDatum(chain.members[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(members, chain.depth, INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(ktt_chain_to_jsonb);
PGDLLEXPORT Datum
ktt_chain_to_jsonb(PG_FUNCTION_ARGS)
{
	JsonbParseState *state = NULL;
	ktt_chain	chain;

	KttChainUnpack(&chain, KTT_GETARG_CHAIN(0));
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < chain.depth; i++)
	{
		JsonbValue	member = {
			.type = jbvNumeric,
			.val.numeric = int64_to_numeric(chain.members[i])
		};

		pushJsonbValue(&state, WJB_ELEM, &member);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY,
													   NULL)));
}

static void
RefuseJson(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cannot cast jsonb to type %s", KTT_CHAIN_NAME),
			 errdetail("%s", reason),
			 errhint("A chain in jsonb is an array of member ids, like [7, 12, 93].")));
}

/* A json number as a member id; 7.0 is 7, but 7.5 is refused, not rounded. */
static int64
JsonMember(Numeric number)
{
	Datum		value = NumericGetDatum(number);
	Datum		member = DirectFunctionCall1(numeric_int8, value);
	Datum		back = NumericGetDatum(int64_to_numeric(DatumGetInt64(member)));

	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, value, back)))
		RefuseJson("A member id is a whole number.");
	return DatumGetInt64(member);
}

PG_FUNCTION_INFO_V1(ktt_chain_from_jsonb);
PGDLLEXPORT Datum
ktt_chain_from_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = PG_GETARG_JSONB_P(0);
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;
	ktt_chain	chain = {0};

	if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
		RefuseJson("The value is not an array.");
	iterator = JsonbIteratorInit(&json->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (value.type != jbvNumeric)
			RefuseJson("A member id is a number.");
		KttChainPush(&chain, JsonMember(value.val.numeric));
	}
	if (chain.depth == 0)
		RefuseJson("A chain has at least one member.");
	PG_RETURN_DATUM(KttChainMake(&chain));
}
