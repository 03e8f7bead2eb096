#include "compat.h"

#include "seal_key.h"

#include "utils/builtins.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);
PGDLLEXPORT Datum ktt_module_version(PG_FUNCTION_ARGS);

PG_FUNCTION_INFO_V1(ktt_module_version);

void
_PG_init(void)
{
	KttSealInit();
	MarkGUCPrefixReserved("ktt");
}

Datum
ktt_module_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(KTT_VERSION));
}
