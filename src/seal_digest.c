/* Digests that need no key. */
#include "compat.h"

#include <sodium.h>

#include "miscadmin.h"

#define DIGEST_SIZE 32
#define CHUNK_SIZE (1024 * 1024)

PGDLLEXPORT Datum ktt_seal_blake2b(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_seal_blake2b);

Datum
ktt_seal_blake2b(PG_FUNCTION_ARGS)
{
	bytea	   *message = PG_GETARG_BYTEA_PP(0);
	const unsigned char *at = (const unsigned char *) VARDATA_ANY(message);
	size_t		left = VARSIZE_ANY_EXHDR(message);
	bytea	   *result = (bytea *) palloc(VARHDRSZ + DIGEST_SIZE);
	crypto_generichash_state state;

	SET_VARSIZE(result, VARHDRSZ + DIGEST_SIZE);
	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	while (left > 0)
	{
		size_t		chunk = Min(left, (size_t) CHUNK_SIZE);

		CHECK_FOR_INTERRUPTS();
		crypto_generichash_update(&state, at, chunk);
		at += chunk;
		left -= chunk;
	}
	crypto_generichash_final(&state, (unsigned char *) VARDATA(result), DIGEST_SIZE);
	PG_RETURN_BYTEA_P(result);
}
