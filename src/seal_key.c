#include "seal_key.h"

#include "error.h"

#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/guc.h"
#include "utils/memutils.h"

/* The setting. Read here only, never by name: a role can set a placeholder. */
static char *key_file_setting = NULL;

/* What this backend has read, NULL before the first need. */
static ktt_key_list *loaded_keys = NULL;
static char *loaded_path = NULL;
static struct stat loaded_stat;

/* When it was last found unchanged: by statement, and by transaction for a procedure. */
static TimestampTz checked_statement;
static TimestampTz checked_transaction;

void
KttSealInit(void)
{
	if (sodium_init() < 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYSTEM_ERROR),
				 errmsg("could not initialize libsodium")));
	DefineCustomStringVariable("ktt.key_file",
							   "File with the keys for codes, seals and signatures.",
							   "An absolute path outside the data directory; empty for none.",
							   &key_file_setting, "",
							   PGC_SIGHUP,
							   GUC_SUPERUSER_ONLY | GUC_NOT_IN_SAMPLE,
							   NULL, NULL, NULL);
}

static void
ForgetKeys(void)
{
	if (loaded_keys != NULL)
		sodium_free(loaded_keys);	/* wipes */
	if (loaded_path != NULL)
		pfree(loaded_path);
	loaded_keys = NULL;
	loaded_path = NULL;
}

/* A rule about where or what the file is. */
static void
RefuseFile(const char *path, const char *rule)
			pg_attribute_noreturn();

static void
RefuseFile(const char *path, const char *rule)
{
	ereport(ERROR,
			(errcode(ERRCODE_KTT_KEY_FILE),
			 errmsg("key file \"%s\" cannot be used", path),
			 errdetail("%s", rule),
			 KTT_HIDE_STATEMENT));
}

static void
FailOnFile(const char *path, const char *action)
			pg_attribute_noreturn();

static void
FailOnFile(const char *path, const char *action)
{
	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not %s key file \"%s\": %m", action, path),
			 KTT_HIDE_STATEMENT));
}

/* The same rule as for the private key of the server's certificate. */
static void
CheckAccess(const char *path, const struct stat *file)
{
	mode_t		excess = S_IRWXG | S_IRWXO;

	if (!S_ISREG(file->st_mode))
		RefuseFile(path, "It is not a regular file.");
	if (file->st_uid != geteuid() && file->st_uid != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("key file \"%s\" must be owned by the database user or root",
						path),
				 KTT_HIDE_STATEMENT));
	if (file->st_uid == 0 && geteuid() != 0)
		excess = S_IWGRP | S_IXGRP | S_IRWXO;
	if (file->st_mode & excess)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("key file \"%s\" has group or world access", path),
				 errdetail("File must have permissions u=rw (0600) or less if owned by the database user, or permissions u=rw,g=r (0640) or less if owned by root."),
				 KTT_HIDE_STATEMENT));
}

/* Whether real, a resolved path, lies under directory, which may be a link. */
static bool
LiesUnder(const char *real, const char *directory)
{
	char		resolved[PATH_MAX];

	return realpath(directory, resolved) != NULL &&
		path_is_prefix_of_path(resolved, real);
}

/* A base backup would carry a key that lies in the cluster's directories. */
static void
CheckPlace(const char *path, const struct stat *file)
{
	char		real[PATH_MAX];
	struct stat found;
	DIR		   *directory;
	struct dirent *entry;

	if (realpath(path, real) == NULL || stat(real, &found) != 0)
		FailOnFile(path, "resolve");
	if (found.st_dev != file->st_dev || found.st_ino != file->st_ino)
		RefuseFile(path, "It was replaced while it was read.");
	if (LiesUnder(real, DataDir))
		RefuseFile(path, "It lies inside the data directory.");

	directory = AllocateDir("pg_tblspc");
	while ((entry = ReadDir(directory, "pg_tblspc")) != NULL)
	{
		char		space[MAXPGPATH];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(space, sizeof(space), "pg_tblspc/%s", entry->d_name);
		if (LiesUnder(real, space))
			RefuseFile(path, "It lies inside a tablespace.");
	}
	FreeDir(directory);
}

/*
 * Read at most size bytes; -1 with errno on failure. Raises nothing, because
 * the caller holds memory that no context would free.
 */
static ssize_t
ReadAll(int fd, char *text, size_t size)
{
	size_t		used = 0;

	while (used < size)
	{
		ssize_t		got = read(fd, text + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t) got;
	}
	return (ssize_t) used;
}

/* Parse the open file into locked memory, which the caller owns. */
static ktt_key_list *
ReadKeys(int fd, const char *path)
{
	/* One byte more than allowed, so that a longer file is seen. */
	size_t		size = KTT_KEY_FILE_MAX + 1;
	char	   *text = sodium_malloc(size);
	ktt_key_list *keys = sodium_malloc(sizeof(ktt_key_list));
	ktt_fault	fault = {KTT_OK, 0, ""};
	ssize_t		length = -1;
	int			failure = ENOMEM;

	if (text != NULL && keys != NULL)
	{
		length = ReadAll(fd, text, size);
		failure = errno;
		if (length >= 0)
			ktt_key_file_read(text, (size_t) length, keys, &fault);
	}
	if (text != NULL)
		sodium_free(text);
	if (length >= 0 && fault.status == KTT_OK &&
		sodium_mprotect_readonly(keys) == 0)
		return keys;

	if (keys != NULL)
		sodium_free(keys);
	if (length < 0)
	{
		errno = failure;
		FailOnFile(path, "read");
	}
	if (fault.status == KTT_OK)
		FailOnFile(path, "protect the memory of");
	if (fault.position == 0)
		RefuseFile(path, fault.reason);
	ereport(ERROR,
			(errcode(ERRCODE_KTT_KEY_FILE),
			 errmsg("invalid line %zu in key file \"%s\"", fault.position, path),
			 errdetail("%s", fault.reason),
			 KTT_HIDE_STATEMENT));
}

static void
LoadKeys(const char *path)
{
	int			fd;
	struct stat file;

	if (!is_absolute_path(path))
		RefuseFile(path, "The path must be absolute.");
	/* Not blocking: a pipe in the file's place must not hang the backend. */
	fd = OpenTransientFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP)
		RefuseFile(path, "It is a symbolic link.");
	if (fd < 0)
		FailOnFile(path, "open");
	if (fstat(fd, &file) != 0)
		FailOnFile(path, "stat");
	CheckAccess(path, &file);
	CheckPlace(path, &file);

	loaded_path = MemoryContextStrdup(TopMemoryContext, path);
	loaded_stat = file;
	loaded_keys = ReadKeys(fd, path);
	CloseTransientFile(fd);
}

static bool
SameTime(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

/*
 * Asked once for a statement of the client: it may make codes for thousands of
 * orders, and should see one and the same file. The change time counts too: it
 * moves when the permissions do.
 */
static bool
IsUnchanged(const char *path)
{
	TimestampTz statement = GetCurrentStatementStartTimestamp();
	TimestampTz transaction = GetCurrentTransactionStartTimestamp();
	struct stat now;

	/* A background worker may have none. */
	if (statement != 0 && statement == checked_statement && transaction == checked_transaction)
		return true;
	checked_statement = statement;
	checked_transaction = transaction;
	return lstat(path, &now) == 0 &&
		now.st_dev == loaded_stat.st_dev &&
		now.st_ino == loaded_stat.st_ino &&
		now.st_size == loaded_stat.st_size &&
		SameTime(now.st_mtim, loaded_stat.st_mtim) &&
		SameTime(now.st_ctim, loaded_stat.st_ctim);
}

const ktt_key_list *
KttKeys(void)
{
	const char *path = key_file_setting;

	if (path == NULL || path[0] == '\0')
	{
		ForgetKeys();
		return NULL;
	}
	if (loaded_keys == NULL || strcmp(path, loaded_path) != 0 ||
		!IsUnchanged(path))
	{
		ForgetKeys();
		LoadKeys(path);
	}
	return loaded_keys;
}

const ktt_key *
KttActiveKey(const ktt_key_list *keys, ktt_key_purpose purpose)
{
	if (keys == NULL)
		return NULL;
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].purpose == purpose &&
			keys->keys[i].state == KTT_KEY_ACTIVE)
			return &keys->keys[i];
	return NULL;
}

void
KttNoKey(const ktt_key_list *keys, ktt_key_purpose purpose)
{
	if (keys == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_KTT_KEY_UNAVAILABLE),
				 errmsg("encryption keys are not configured"),
				 errhint("Set \"ktt.key_file\"."),
				 KTT_HIDE_STATEMENT));
	ereport(ERROR,
			(errcode(ERRCODE_KTT_KEY_UNAVAILABLE),
			 errmsg("no active key for purpose \"%s\"",
					ktt_key_purpose_name(purpose)),
			 errhint("Add one to the file that \"ktt.key_file\" names."),
			 KTT_HIDE_STATEMENT));
}
