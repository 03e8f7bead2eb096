/*
 * Chains on the server side: from arguments to the core and back.
 */
#ifndef KTT_CHAIN_H
#define KTT_CHAIN_H

#include "compat.h"
#include "core/chain.h"

#define KTT_CHAIN_NAME "ktt.chain"

/* The packed bytes of an argument; they are not aligned. */
typedef struct KttChainBytes
{
	const unsigned char *bytes;
	size_t		size;
} KttChainBytes;

static inline KttChainBytes
KttChainBytesOf(Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);

	return (KttChainBytes)
	{
		(const unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)
	};
}

#define KTT_GETARG_CHAIN(n) KttChainBytesOf(PG_GETARG_DATUM(n))

/* A new value from packed bytes, or from a chain. */
extern Datum KttChainFromBytes(const unsigned char *bytes, size_t size);
extern Datum KttChainMake(const ktt_chain *chain);

/* Unpack a stored value; broken storage is an error. */
extern void KttChainUnpack(ktt_chain *chain, KttChainBytes packed);

/* Add a member at the end, or raise. */
extern void KttChainPush(ktt_chain *chain, int64 member);

/*
 * Is depth within the typmod? Otherwise raises, or saves the error in context
 * and returns false.
 */
extern bool KttChainFitsTypmod(int depth, int32 typmod, Node *context);

#endif
