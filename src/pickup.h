/*
 * ktt.pickup_index on the server.
 */
#ifndef KTT_PICKUP_H
#define KTT_PICKUP_H

#include "compat.h"
#include "core/match.h"
#include "core/pickup.h"
#include "core/pickup_pack.h"

#include "utils/array.h"

/* Raise a fault met with pickup points. */
extern void KttPickupReport(const ktt_fault *fault) pg_attribute_noreturn();

/* The packed entries of a flat value, in memory of the current context; areas point into it. */
extern ktt_pickup_entry *KttPickupEntries(const struct varlena *flat,
										  size_t *count);

/* A value made of entries, which are put in order. */
extern Datum KttPickupFromEntries(ktt_pickup_entry *entries, size_t count);

/*
 * A tree of entries in memory of a context, areas unpacked there.
 */
extern void KttPickupsBuild(ktt_pickups *pickups,
							const ktt_pickup_entry *entries, size_t count,
							MemoryContext context);

/* The tree of an argument, built once for all calls with the same value. */
extern const ktt_pickups *KttPickupsArg(FunctionCallInfo fcinfo, int number);

/* The tree of a value that an aggregate holds, NULL when it is another kind of thing. */
extern const ktt_pickups *KttPickupSetTree(Datum value);

/* How many nearest points are asked for: 1 to 1000, or 22023. */
extern int	KttCheckedK(int k);

/*
 * Who wants a point: the ids and locations of two arrays of one length, nulls
 * refused.
 */
extern ktt_demand *KttDemands(ArrayType *ids, ArrayType *locations,
							  size_t *count);

#endif
