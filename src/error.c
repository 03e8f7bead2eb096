#include "error.h"

#include "mb/pg_wchar.h"

/* Foreign text in a message: at most this many bytes. */
#define ECHO_MAX 64

static int
FaultSqlState(const ktt_fault *fault)
{
	switch (fault->status)
	{
		case KTT_SYNTAX:
			return ERRCODE_INVALID_TEXT_REPRESENTATION;
		case KTT_RANGE:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case KTT_VALUE:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case KTT_LIMIT:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		case KTT_BINARY:
			return ERRCODE_INVALID_BINARY_REPRESENTATION;
		case KTT_UNCOVERED:
			return ERRCODE_KTT_UNCOVERED;
		case KTT_OK:
			break;
	}
	return ERRCODE_INTERNAL_ERROR;
}

/* The input, cut on a character boundary when it is long. */
static const char *
Excerpt(const char *input)
{
	size_t		length = strlen(input);
	int			clip;

	if (length <= ECHO_MAX)
		return input;
	clip = pg_mbcliplen(input, (int) Min(length, (size_t) ECHO_MAX * 4), ECHO_MAX);
	return psprintf("%.*s...", clip, input);
}

void
KttReportInput(const ktt_fault *fault, const char *type_name,
			   const char *input, Node *context)
{
	/* Every refused literal reads alike; only the code tells the kinds apart. */
	if (fault->position > 0)
		errsave(context,
				(errcode(FaultSqlState(fault)),
				 errmsg("invalid input syntax for type %s: \"%s\"",
						type_name, Excerpt(input)),
				 errdetail("Position %zu: %s", fault->position, fault->reason)));
	else
		errsave(context,
				(errcode(FaultSqlState(fault)),
				 errmsg("invalid input syntax for type %s: \"%s\"",
						type_name, Excerpt(input)),
				 errdetail("%s", fault->reason)));
}

void
KttReportFault(const ktt_fault *fault, const char *message)
{
	ereport(ERROR,
			(errcode(FaultSqlState(fault)),
			 errmsg("%s", message),
			 errdetail("%s", fault->reason)));
}

void
KttReportBinary(const ktt_fault *fault, const char *type_name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary format for type %s", type_name),
			 errdetail("%s", fault->reason)));
}
