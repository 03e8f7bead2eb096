/*
 * Chains on the server side: from arguments to the core and back.
 */
#ifndef KTT_CHAIN_H
#define KTT_CHAIN_H

#include "compat.h"
#include "core/chain.h"

#include "utils/array.h"

#define KTT_CHAIN_NAME "ktt.chain"

/* The packed bytes of an argument; they are not aligned. */
typedef struct KttChainBytes
{
	const unsigned char *bytes;
	size_t		size;
} KttChainBytes;

/* Most values are stored plain; a scan should not pay a call to find that. */
static inline struct varlena *
KttChainPlain(Datum datum)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(datum);

	if (unlikely(VARATT_IS_COMPRESSED(value) || VARATT_IS_EXTERNAL(value)))
		return PG_DETOAST_DATUM_PACKED(datum);
	return value;
}

static inline KttChainBytes
KttChainBytesOf(Datum datum)
{
	struct varlena *value = KttChainPlain(datum);

	return (KttChainBytes)
	{
		(const unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)
	};
}

#define KTT_GETARG_CHAIN(n) KttChainBytesOf(PG_GETARG_DATUM(n))

/* The members of a bigint[] argument one by one, nulls left out. */
typedef struct KttMembers
{
	const int64 *next;
	const bits8 *nulls;			/* NULL when there is none */
	int			place;
	int			count;			/* places, nulls included */
} KttMembers;

extern KttMembers KttMembersOf(ArrayType *array);
extern bool KttMembersNext(KttMembers *members, int64 *member);

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
