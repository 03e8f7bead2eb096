/* Pickup codes: drawn, read as typed, and kept as keyed MACs only. */
#include "compat.h"
#include "core/code.h"
#include "error.h"
#include "seal_key.h"

#include <sodium.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

/* A MAC as stored: key id, big-endian, then the keyed BLAKE2b. */
#define KEY_ID_SIZE 4
#define CODE_MAC_SIZE 16

/* Parts this use of the key from every other one. */
static const unsigned char code_domain[] = "ktt pickup code 1";

PGDLLEXPORT Datum ktt_seal_code_new(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_seal_code_normalise(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_seal_code_mac(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_seal_code_macs(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum ktt_seal_has_key(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_seal_code_new);
PG_FUNCTION_INFO_V1(ktt_seal_code_normalise);
PG_FUNCTION_INFO_V1(ktt_seal_code_mac);
PG_FUNCTION_INFO_V1(ktt_seal_code_macs);
PG_FUNCTION_INFO_V1(ktt_seal_has_key);

/*
 * Random bytes for a code, drawn for many at a time: asking for them costs more
 * than all else that a code needs. What was given out is wiped.
 */
static void
DrawRandom(uint8_t *bytes)
{
	static uint8_t pool[64][KTT_CODE_RANDOM];
	static int	left = 0;

	if (left == 0)
	{
		if (!pg_strong_random(pool, sizeof(pool)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate random values")));
		left = lengthof(pool);
	}
	left--;
	memcpy(bytes, pool[left], KTT_CODE_RANDOM);
	sodium_memzero(pool[left], KTT_CODE_RANDOM);
}

Datum
ktt_seal_code_new(PG_FUNCTION_ARGS)
{
	uint8_t		symbols[KTT_CODE_RANDOM];
	char		printed[KTT_CODE_PRINTED];

	DrawRandom(symbols);
	/* 32 divides 256, so the low five bits are uniform. */
	for (int i = 0; i < KTT_CODE_RANDOM; i++)
		symbols[i] %= KTT_CODE_BASE;
	ktt_code_print(symbols, printed);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(printed, sizeof(printed)));
}

Datum
ktt_seal_code_normalise(PG_FUNCTION_ARGS)
{
	text	   *typed = PG_GETARG_TEXT_PP(0);
	uint8_t		symbols[KTT_CODE_SYMBOLS];
	char		printed[KTT_CODE_PRINTED];

	if (!ktt_code_read(VARDATA_ANY(typed), VARSIZE_ANY_EXHDR(typed), symbols))
		PG_RETURN_NULL();
	ktt_code_print(symbols, printed);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(printed, sizeof(printed)));
}

/* The code as printed; what is mistyped has no MAC. */
static void
ReadCode(text *typed, char *printed)
{
	uint8_t		symbols[KTT_CODE_SYMBOLS];

	if (!ktt_code_read(VARDATA_ANY(typed), VARSIZE_ANY_EXHDR(typed), symbols))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("pickup code is mistyped"),
				 errhint("Check it with ktt.normalise_pickup_code() first."),
				 KTT_HIDE_STATEMENT));
	ktt_code_print(symbols, printed);
}

static bytea *
CodeMac(const ktt_key *key, const pg_uuid_t *market, const char *printed)
{
	Size		size = VARHDRSZ + KEY_ID_SIZE + CODE_MAC_SIZE;
	bytea	   *result = (bytea *) palloc(size);
	unsigned char *out = (unsigned char *) VARDATA(result);
	crypto_generichash_state state;

	SET_VARSIZE(result, size);
	for (int shift = 24; shift >= 0; shift -= 8)
		*out++ = (unsigned char) (key->id >> shift);
	/* Every part has a fixed length, so no two inputs run together. */
	crypto_generichash_init(&state, key->secret, KTT_KEY_SIZE, CODE_MAC_SIZE);
	crypto_generichash_update(&state, code_domain, sizeof(code_domain) - 1);
	crypto_generichash_update(&state, market->data, UUID_LEN);
	crypto_generichash_update(&state, (const unsigned char *) printed,
							  KTT_CODE_PRINTED);
	crypto_generichash_final(&state, out, CODE_MAC_SIZE);
	/* The state began as the key. */
	sodium_memzero(&state, sizeof(state));
	return result;
}

Datum
ktt_seal_code_mac(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *market = PG_GETARG_UUID_P(1);
	char		printed[KTT_CODE_PRINTED];
	const ktt_key_list *keys;
	const ktt_key *key;

	ReadCode(PG_GETARG_TEXT_PP(0), printed);
	keys = KttKeys();
	key = KttActiveKey(keys, KTT_KEY_CODE);
	if (key == NULL)
		KttNoKey(keys, KTT_KEY_CODE);
	PG_RETURN_BYTEA_P(CodeMac(key, market, printed));
}

Datum
ktt_seal_code_macs(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *market = PG_GETARG_UUID_P(1);
	char		printed[KTT_CODE_PRINTED];
	const ktt_key_list *keys;
	const ktt_key *active;
	Datum		macs[KTT_KEY_MAX];
	int			count = 0;

	ReadCode(PG_GETARG_TEXT_PP(0), printed);
	keys = KttKeys();
	active = KttActiveKey(keys, KTT_KEY_CODE);
	if (active == NULL)
		KttNoKey(keys, KTT_KEY_CODE);
	macs[count++] = PointerGetDatum(CodeMac(active, market, printed));
	for (size_t i = 0; i < keys->count; i++)
	{
		const ktt_key *key = &keys->keys[i];

		if (key->purpose == KTT_KEY_CODE && key->state == KTT_KEY_VERIFY)
			macs[count++] = PointerGetDatum(CodeMac(key, market, printed));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(macs, count, BYTEAOID, -1, false,
										  TYPALIGN_INT));
}

Datum
ktt_seal_has_key(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	int			purpose = ktt_key_purpose_find(VARDATA_ANY(name),
											   VARSIZE_ANY_EXHDR(name));

	if (purpose < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized key purpose"),
				 errhint("Purposes are kek, index, code, link and sign.")));
	PG_RETURN_BOOL(KttActiveKey(KttKeys(), (ktt_key_purpose) purpose) != NULL);
}
