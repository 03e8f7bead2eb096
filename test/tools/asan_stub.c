/*
 * ASan's runtime looks this up when it starts. Where libc's message lock is held
 * just then (libgpg-error's constructor, in Debian 12), not finding it means a
 * deadlock in dlerror(), so here it is to be found.
 */
#include <stddef.h>

char	   *swift_demangle(const char *mangled, size_t length, char *out,
						   size_t *out_size, unsigned flags);

char *
swift_demangle(const char *mangled, size_t length, char *out,
			   size_t *out_size, unsigned flags)
{
	(void) mangled;
	(void) length;
	(void) out;
	(void) out_size;
	(void) flags;
	return NULL;
}
