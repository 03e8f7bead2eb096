#include "compat.h"

#include "core/pause.h"
#include "core/tally.h"
#include "seal_key.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);
PGDLLEXPORT Datum ktt_module_version(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_module_version);

/* Without randomness sums are as right, only open to keys chosen to slow them. */
static void
SeedTallies(void)
{
	uint64		secret;

	if (pg_strong_random(&secret, sizeof(secret)))
		ktt_tally_seed(secret);
}

static void
CheckForInterrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

void
_PG_init(void)
{
	ktt_pause_hook = CheckForInterrupts;
	SeedTallies();
	KttSealInit();
	MarkGUCPrefixReserved("ktt");
}

Datum
ktt_module_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(KTT_VERSION));
}
