/*
 * Preloaded into a server: while a file "full" with the word "data" or "wal"
 * stands in the directory of NO_SPACE, that part of its data directory has no
 * space left. As on a full disk, what is there can be overwritten, and no file
 * grows.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Whether so many bytes at an offset, or at the file's end, find no space. */
static bool
no_space(int file, off_t offset, size_t bytes)
{
	const char *directory = getenv("NO_SPACE");
	char		link[64],
				path[4096],
				flag[4096];
	struct stat status;
	ssize_t		length;
	bool		wal;

	if (directory == NULL || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || offset + (off_t) bytes <= status.st_size)
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", file);
	length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return false;
	path[length] = 0;
	if (strstr(path, "/pgdata/") == NULL)
		return false;
	wal = strstr(path, "/pgdata/pg_wal/") != NULL;
	snprintf(flag, sizeof flag, "%s/full_%s", directory, wal ? "wal" : "data");
	return access(flag, F_OK) == 0;
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))
#define REFUSE_WHEN(full) if (full) { errno = ENOSPC; return -1; }

ssize_t
pwrite(int file, const void *data, size_t bytes, off_t offset)
{
	static __typeof__(&pwrite) real;

	REFUSE_WHEN(no_space(file, offset, bytes));
	if (real == NULL)
		real = REAL(pwrite);
	return real(file, data, bytes, offset);
}

ssize_t
pwritev(int file, const struct iovec *parts, int count, off_t offset)
{
	static __typeof__(&pwritev) real;
	size_t		bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += parts[i].iov_len;
	REFUSE_WHEN(no_space(file, offset, bytes));
	if (real == NULL)
		real = REAL(pwritev);
	return real(file, parts, count, offset);
}

ssize_t
write(int file, const void *data, size_t bytes)
{
	static __typeof__(&write) real;
	off_t		offset = lseek(file, 0, SEEK_CUR);

	REFUSE_WHEN(offset >= 0 && no_space(file, offset, bytes));
	if (real == NULL)
		real = REAL(write);
	return real(file, data, bytes);
}

int
posix_fallocate(int file, off_t offset, off_t bytes)
{
	static __typeof__(&posix_fallocate) real;

	if (no_space(file, offset, (size_t) bytes))
		return ENOSPC;
	if (real == NULL)
		real = REAL(posix_fallocate);
	return real(file, offset, bytes);
}
