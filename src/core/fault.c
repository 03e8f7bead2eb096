#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

ktt_status
ktt_fail(ktt_fault *fault, ktt_status status, size_t position,
		 const char *format, ...)
{
	va_list		args;

	fault->status = status;
	fault->position = position;
	va_start(args, format);
	vsnprintf(fault->reason, sizeof(fault->reason), format, args);
	va_end(args);
	return status;
}
