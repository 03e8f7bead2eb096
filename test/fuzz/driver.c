/*
 * Runs the harnesses without a fuzzer: inputs that must be accepted, every
 * truncation and every flipped bit of them, every other byte in every place of
 * some, inputs that must be refused, and mutated ones by chance. Of text, which
 * is longer, a quarter as many are taken apart.
 *
 *   driver [-n MUTATED] [-v VALID] [-s SEED] [-d SEEDS] TARGET...
 *   driver -w DIRECTORY [-d SEEDS] TARGET		write inputs for libFuzzer
 *   driver -r FILE TARGET						run one again
 *   driver -l									list the targets
 *
 * The same seed gives the same inputs. What breaks a harness is left in
 * broken.TARGET in the working directory.
 */
#include "targets.h"

#include <dirent.h>
#include <inttypes.h>
#include <regex.h>
#include <signal.h>
#include <unistd.h>

#define POOL 1000				/* valid inputs that are mutated */

static const target *current;
static int64_t numbers[FUZZ_NUMBERS];
static const input *running;
static regex_t grammar;
static input pool[POOL];

/* Fewer than this share of mutated inputs accepted, or refused, prove nothing. */
#define SHARE_MIN 0.01

static void
write_file(const char *path)
{
	FILE	   *file = fopen(path, "wb");

	if (file == NULL || fwrite(numbers, sizeof(numbers), 1, file) != 1 ||
		fwrite(running->bytes, 1, running->size, file) != running->size ||
		fclose(file) != 0)
		perror(path);
}

/* Keeps what broke a harness; called on the way out, also by the sanitizers. */
static void
keep_broken(void)
{
	char		path[80];

	if (running == NULL)
		return;
	snprintf(path, sizeof(path), "broken.%s", current->name);
	write_file(path);
	fprintf(stderr, "%s: kept in %s; its bytes:", current->name, path);
	for (size_t i = 0; i < running->size && i < 400; i++)
		fprintf(stderr, " %02x", running->bytes[i]);
	fprintf(stderr, "\n");
	running = NULL;
}

static void
on_signal(int number)
{
	keep_broken();
	signal(number, SIG_DFL);
	raise(number);
}

extern void __sanitizer_set_death_callback(void (*callback) (void))
			__attribute__((weak));

static void
watch(void)
{
	signal(SIGABRT, on_signal);
	signal(SIGALRM, on_signal);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(keep_broken);
}

/* Sale, cost and the like go together now and then. */
static void
draw_numbers(void)
{
	for (int i = 0; i < FUZZ_NUMBERS; i++)
		numbers[i] = one_in(4) ? chance_number() : chance_between(0, INT64_MAX);
	if (numbers[1] > numbers[0] && numbers[0] > 0)
		numbers[1] = chance_between(0, numbers[0]);
}

/* Whether the input is accepted; in memory of its very size. */
static bool
run(const input *in)
{
	uint8_t    *exact = malloc(in->size > 0 ? in->size : 1);
	bool		accepted;

	if (exact == NULL)
		abort();
	memcpy(exact, in->bytes, in->size);
	running = in;
	accepted = current->harness(current->form, numbers, exact, in->size);
	if (accepted && current->grammar != NULL)
	{
		regmatch_t	range = {0, (regoff_t) in->size};

		MUST(regexec(&grammar, (const char *) in->bytes, 1, &range, REG_STARTEND) == 0);
	}
	running = NULL;
	free(exact);
	return accepted;
}

/* Fill the pool with seeds of the directory first, then with what is made. */
static size_t
fill_pool(const char *seeds)
{
	char		path[512];
	DIR		   *directory;
	struct dirent *entry;
	size_t		count = 0;

	snprintf(path, sizeof(path), "%s/%s", seeds, current->name);
	directory = opendir(path);
	while (directory != NULL && count < POOL && (entry = readdir(directory)) != NULL)
	{
		FILE	   *file;

		snprintf(path, sizeof(path), "%s/%s/%s", seeds, current->name, entry->d_name);
		if (entry->d_name[0] == '.' || (file = fopen(path, "rb")) == NULL)
			continue;
		pool[count].size = fread(pool[count].bytes, 1, INPUT_MAX, file);
		fclose(file);
		count++;
	}
	if (directory != NULL)
		closedir(directory);
	for (size_t i = count; i < POOL; i++)
	{
		pool[i].size = 0;
		current->make(&pool[i], false);
	}
	return count;
}

/* What is made is accepted; what is cut off is read or refused, and so on. */
static void
run_neighbours(size_t valid)
{
	static input in;
	unsigned long cuts = 0;
	unsigned long flips = 0;
	unsigned long bytes = 0;
	unsigned long flips_accepted = 0;

	for (size_t i = 0; i < valid; i++)
	{
		size_t		size;

		in.size = 0;
		current->make(&in, true);
		draw_numbers();
		running = &in;
		MUST(!run(&in));
		in.size = 0;
		current->make(&in, false);
		running = &in;
		MUST(run(&in));

		size = in.size;
		for (in.size = 0; in.size < size; in.size++)
		{
			bool		accepted = run(&in);

			running = &in;
			MUST(!(accepted && current->whole));
			cuts++;
		}
		for (size_t bit = 0; bit < 8 * in.size; bit++)
		{
			in.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
			flips_accepted += run(&in);
			in.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
			flips++;
		}
		for (size_t at = 0; i % 50 == 0 && at < in.size; at++)
		{
			uint8_t		was = in.bytes[at];

			for (int other = 0; other < 256; other++, bytes++)
			{
				in.bytes[at] = (uint8_t) other;
				(void) run(&in);
			}
			in.bytes[at] = was;
		}
		put_bytes(&in, &(uint8_t) {(uint8_t) chance()}, 1);
		running = &in;
		MUST(!(run(&in) && current->whole));
	}
	running = NULL;
	printf("%-13s %zu valid, as many wrong, %lu truncations, %lu flipped bits (%.0f %% accepted), %lu other bytes\n",
		   current->name, valid, cuts, flips,
		   flips > 0 ? 100.0 * (double) flips_accepted / (double) flips : 0, bytes);
}

/* False when so few are accepted, or refused, that nothing was tried. */
static bool
run_mutated(unsigned long count)
{
	static input in;
	unsigned long accepted = 0;
	double		share;

	for (unsigned long i = 0; i < count; i++)
	{
		const input *from = &pool[chance_below(POOL)];

		in.size = from->size;
		memcpy(in.bytes, from->bytes, from->size);
		mutate(&in, &pool[chance_below(POOL)], current->words);
		draw_numbers();
		accepted += run(&in);
	}
	share = count > 0 ? (double) accepted / (double) count : 0.5;
	printf("%-13s %lu mutated, %.1f %% accepted\n", current->name, count, 100 * share);
	return share >= SHARE_MIN && share <= 1 - SHARE_MIN;
}

static void
write_pool(const char *directory)
{
	for (size_t i = 0; i < POOL; i++)
	{
		char		path[512];

		snprintf(path, sizeof(path), "%s/seed%zu", directory, i);
		draw_numbers();
		running = &pool[i];
		write_file(path);
	}
	running = NULL;
}

static void
run_again(const char *path)
{
	static input in;
	FILE	   *file = fopen(path, "rb");

	if (file == NULL || fread(numbers, sizeof(numbers), 1, file) != 1)
	{
		perror(path);
		exit(2);
	}
	in.size = fread(in.bytes, 1, INPUT_MAX, file);
	fclose(file);
	printf("%s\n", run(&in) ? "accepted" : "refused");
}

int
main(int argc, char **argv)
{
	unsigned long mutated = 100000;
	size_t		valid = 1000;
	uint64_t	seed = 1;
	const char *seeds = "test/fuzz/seeds";
	const char *directory = NULL;
	const char *again = NULL;
	unsigned long passed = 0;
	unsigned long failed = 0;
	int			option;

	while ((option = getopt(argc, argv, "n:v:s:d:w:r:l")) != -1)
		switch (option)
		{
			case 'n':
				mutated = strtoul(optarg, NULL, 10);
				break;
			case 'v':
				valid = strtoul(optarg, NULL, 10);
				break;
			case 's':
				seed = strtoull(optarg, NULL, 10);
				break;
			case 'd':
				seeds = optarg;
				break;
			case 'w':
				directory = optarg;
				break;
			case 'r':
				again = optarg;
				break;
			case 'l':
				for (size_t i = 0; i < target_count; i++)
					printf("%s\n", targets[i].name);
				return 0;
			default:
				return 2;
		}
	watch();
	for (int i = optind; i < argc; i++)
	{
		current = find_target(argv[i]);
		chance_seed(seed * 1000 + (uint64_t) (current - targets));
		if (current->grammar != NULL)
			MUST(regcomp(&grammar, current->grammar, REG_EXTENDED | (current->fold ? REG_ICASE : 0)) == 0);
		if (again != NULL)
			run_again(again);
		else
		{
			size_t		seeded = fill_pool(seeds);

			if (directory != NULL)
				write_pool(directory);
			else
			{
				for (size_t j = 0; j < seeded; j++)
					(void) run(&pool[j]);
				run_neighbours(current->form == FUZZ_PACKED ? valid : valid / 4);
				if (run_mutated(mutated))
					passed += 2;
				else
				{
					printf("%s: too few were accepted or refused\n", current->name);
					failed++;
				}
			}
		}
		if (current->grammar != NULL)
			regfree(&grammar);
	}
	if (directory == NULL && again == NULL)
		printf("%lu passed, %lu failed\n", passed, failed);
	return failed > 0;
}
