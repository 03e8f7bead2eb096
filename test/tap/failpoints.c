/*
 * Breaks a call off at a point of its own: every row that it writes is one, and
 * so is the end of each transaction that wrote, before its commit. A trigger on
 * every table counts them. Beside them stand the moments after each commit,
 * when the call is done and its caller does not know.
 */
#include "postgres.h"

#include <signal.h>
#include <unistd.h>

#include "access/xact.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(point);
PG_FUNCTION_INFO_V1(points_passed);
void		_PG_init(void);

static int	break_at;			/* the number of the point; 0 is none */
static int	kill_after;			/* the number of the commit; 0 is none */
static bool with_kill;
static int	passed;
static int	committed;

static void
die_here(void)
{
	kill(MyProcPid, SIGKILL);
	for (;;)
		pause();
}

static void
pass(void)
{
	passed++;
	if (passed != break_at)
		return;
	if (with_kill)
		die_here();
	/* What a full disk says, which nothing may take for the caller's fault. */
	ereport(ERROR,
			(errcode(ERRCODE_DISK_FULL),
			 errmsg("broken off at point %d", passed)));
}

Datum
point(PG_FUNCTION_ARGS)
{
	TriggerData *event = (TriggerData *) fcinfo->context;

	pass();
	PG_RETURN_POINTER(TRIGGER_FIRED_BY_UPDATE(event->tg_event) ? event->tg_newtuple : event->tg_trigtuple);
}

Datum
points_passed(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(passed);
}

static void
end_of_transaction(XactEvent event, void *arg)
{
	static bool wrote;

	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			wrote = TransactionIdIsValid(GetTopTransactionIdIfAny());
			if (wrote)
				pass();
			break;
		case XACT_EVENT_COMMIT:
			if (wrote && ++committed == kill_after)
				die_here();
			break;
		default:
			break;
	}
}

static void
begin_counting(int value, void *extra)
{
	passed = 0;
	committed = 0;
}

void
_PG_init(void)
{
	DefineCustomIntVariable("failpoints.break_at", "At which point to break off.", NULL, &break_at, 0, 0, 1000000,
							PGC_USERSET, 0, NULL, begin_counting, NULL);
	DefineCustomIntVariable("failpoints.kill_after", "After which commit to die.", NULL, &kill_after, 0, 0, 1000000,
							PGC_USERSET, 0, NULL, begin_counting, NULL);
	DefineCustomBoolVariable("failpoints.kill", "Whether to die there or to report an error.", NULL, &with_kill, false,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	RegisterXactCallback(end_of_transaction, NULL);
}
