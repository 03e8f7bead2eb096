/*
 * Mutated values for a server: as text and in binary to the input and receive
 * functions of the types, and as jsonb to their casts. The server must
 * accept and refuse what the core does, with its codes and bytes; what it
 * accepts must come back as it was; and it must be the same backend to the end.
 *
 *   server_client [-n COUNT] [-s SEED] TARGET...	where PGHOST and the like say
 *   server_client -l								list the targets
 */
#include "core/chain.h"
#include "core/pickup_text.h"
#include "core/split.h"
#include "core/vector_text.h"
#include "targets.h"

#include <libpq-fe.h>
#include <unistd.h>

#define POOL 1000				/* valid inputs that are mutated */
#define BATCH 100				/* queries on their way at a time */
#define PACKED_MAX (4 * INPUT_MAX)

/* Fewer than this share of inputs accepted, or refused, prove nothing. */
#define SHARE_MIN 0.01

typedef enum type
{
	CHAIN, BASKET, SHARES, SPLIT, PICKUP
} type;

static const char *const type_names[] = {"chain", "basket", "shares", "split", "pickup_index"};

/* A way into the server: as one of the targets, or as jsonb. */
typedef struct entrance
{
	const char *name;
	type		type;
	bool		binary;
	void		(*make_json) (input *in);
} entrance;

static const entrance entrances[] = {
	{"chain-text", CHAIN, false, NULL},
	{"chain-packed", CHAIN, true, NULL},
	{"chain-jsonb", CHAIN, false, make_chain_json},
	{"basket-text", BASKET, false, NULL},
	{"basket-packed", BASKET, true, NULL},
	{"basket-jsonb", BASKET, false, make_basket_json},
	{"shares-text", SHARES, false, NULL},
	{"shares-packed", SHARES, true, NULL},
	{"shares-jsonb", SHARES, false, make_shares_json},
	{"split-text", SPLIT, false, NULL},
	{"split-packed", SPLIT, true, NULL},
	{"split-jsonb", SPLIT, false, make_split_json},
	{"pickup-text", PICKUP, false, NULL},
	{"pickup-packed", PICKUP, true, NULL},
};

#define ENTRANCES (sizeof(entrances) / sizeof(entrances[0]))

static PGconn *connection;
static input pool[POOL];
static input batch[BATCH];

static void
show(const input *in)
{
	printf("the input, byte by byte:");
	for (size_t i = 0; i < in->size && i < 400; i++)
		printf(" %02x", in->bytes[i]);
	printf("\n");
}

static PGresult *
query(const char *text, ExecStatusType wanted)
{
	PGresult   *result = PQexec(connection, text);

	if (PQresultStatus(result) != wanted)
	{
		printf("%s: %s", text, PQerrorMessage(connection));
		exit(1);
	}
	return result;
}

/* The code that the core's refusal must have. */
static const char *
code_of(const entrance *entrance, ktt_status status)
{
	if (entrance->binary)
		return "22P03";
	switch (status)
	{
		case KTT_SYNTAX:
			return "22P02";
		case KTT_RANGE:
			return "22003";
		case KTT_VALUE:
			return "22023";
		default:
			return "54000";
	}
}

static ktt_status
core_vector(ktt_vector_kind kind, bool binary, const input *in, unsigned char *packed, size_t *size)
{
	static ktt_entry entries[INPUT_MAX];
	ktt_fault	fault;
	ktt_status	status;
	size_t		count;

	if (binary)
	{
		memcpy(packed, in->bytes, in->size);
		*size = in->size;
		return ktt_vector_check(kind, in->bytes, in->size, &fault);
	}
	status = ktt_vector_parse(kind, (const char *) in->bytes, in->size, entries, &count, &fault);
	if (status == KTT_OK)
		*size = (size_t) (ktt_vector_pack(kind, entries, count, packed) - packed);
	return status;
}

/* Blocks for the points of one input. */
static void *pickup_blocks[INPUT_MAX];
static size_t pickup_block_count;

static void *
take(void *owner, size_t size)
{
	(void) owner;
	return pickup_blocks[pickup_block_count++] = calloc(1, size);
}

static void
let_be(void *owner, void *memory)
{
	(void) owner;
	(void) memory;
}

static ktt_status
core_pickup(bool binary, const input *in, unsigned char *packed, size_t *size)
{
	const ktt_memory memory = {take, let_be, NULL};
	ktt_pickup_entry *entries;
	ktt_fault	fault;
	ktt_status	status;
	size_t		count;

	if (binary)
	{
		memcpy(packed, in->bytes, in->size);
		*size = in->size;
		status = ktt_pickup_check(in->bytes, in->size, &memory, &fault);
	}
	else
		status = ktt_pickup_parse((const char *) in->bytes, in->size, &memory, &entries, &count, &fault);
	if (status == KTT_OK && !binary)
	{
		*size = ktt_pickup_size(entries, count);
		ktt_pickup_pack(entries, count, packed);
	}
	while (pickup_block_count > 0)
		free(pickup_blocks[--pickup_block_count]);
	return status;
}

/* What the core makes of an input. */
static ktt_status
core(const entrance *entrance, const input *in, unsigned char *packed, size_t *size)
{
	static ktt_split split;
	ktt_chain	chain;
	ktt_fault	fault;
	ktt_status	status;

	switch (entrance->type)
	{
		case CHAIN:
			status = entrance->binary ? ktt_chain_unpack(&chain, in->bytes, in->size, &fault)
				: ktt_chain_parse(&chain, (const char *) in->bytes, in->size, &fault);
			if (status == KTT_OK)
				*size = ktt_chain_pack(packed, &chain);
			return status;
		case SPLIT:
			status = entrance->binary ? ktt_split_unpack(in->bytes, in->size, &split, &fault)
				: ktt_split_parse((const char *) in->bytes, in->size, &split, &fault);
			if (status == KTT_OK)
				*size = (size_t) (ktt_split_pack(packed, &split) - packed);
			return status;
		case PICKUP:
			return core_pickup(entrance->binary, in, packed, size);
		default:
			return core_vector(entrance->type == BASKET ? KTT_BASKET : KTT_SHARES,
							   entrance->binary, in, packed, size);
	}
}

static bool
beyond_ascii(const input *in)
{
	for (size_t i = 0; i < in->size; i++)
		if (in->bytes[i] >= 128)
			return true;
	return false;
}

/* What is wrong with an answer; NULL when it is as it should be. */
static const char *
judge(const entrance *entrance, const input *in, const PGresult *result, bool *accepted)
{
	static unsigned char packed[PACKED_MAX];
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	size_t		size = 0;
	ktt_status	status = KTT_OK;

	*accepted = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (!*accepted && code == NULL)
		return "no answer";
	if (!*accepted && strncmp(code, "22", 2) != 0 && strcmp(code, "54000") != 0)
		return "refused with a code of another class";
	if (*accepted && PQgetvalue(result, 0, 1)[0] != 1)
		return "what was accepted does not come back as it was";
	if (entrance->make_json != NULL)
		return NULL;

	/* Text that is not in the server's encoding does not get as far as ktt. */
	if (!*accepted && strcmp(code, "22021") == 0)
		return beyond_ascii(in) && !entrance->binary ? NULL : "refused for its encoding";
	status = core(entrance, in, packed, &size);
	if (*accepted != (status == KTT_OK))
		return "the core says otherwise";
	if (!*accepted)
		return strcmp(code, code_of(entrance, status)) == 0 ? NULL : "another code than the core's fault";
	if ((size_t) PQgetlength(result, 0, 0) != size || memcmp(PQgetvalue(result, 0, 0), packed, size) != 0)
		return "other bytes than the core's";
	return NULL;
}

static void
prepare(const entrance *entrance)
{
	/* What jsonb says must be in what it came from. */
	static const char *const same[] = {
		[CHAIN] = "v::jsonb = given",
		[BASKET] = "v::jsonb <@ given",
		[SHARES] = "v::jsonb <@ given",
		[SPLIT] = "jsonb_array_length(v::jsonb) = jsonb_array_length(given)"
	};
	const char *type = type_names[entrance->type];
	const char *by = entrance->make_json != NULL ? "jsonb" : "text";
	char		text[512];

	snprintf(text, sizeof(text),
			 "PREPARE entrance (%s%s) AS SELECT ktt.%s_send(v), ktt.%s_send(v::%s::ktt.%s) = ktt.%s_send(v) AND %s"
			 " FROM (SELECT $1, $1::ktt.%s OFFSET 0) AS read (given, v)",
			 entrance->make_json != NULL ? "" : "ktt.", entrance->make_json != NULL ? "jsonb" : type,
			 type, type, by, type, type, entrance->make_json != NULL ? same[entrance->type] : "true", type);
	PQclear(query(text, PGRES_COMMAND_OK));
}

static void
draw(const entrance *entrance, const target *target, input *in)
{
	static const char *const words[] = {"{", "}", "[", "]", ":", ",", "\"", "\\u0000", "null", "1e9", NULL};
	const input *from = &pool[chance_below(POOL)];

	in->size = 0;
	if (entrance->make_json != NULL)
	{
		entrance->make_json(in);
		if (one_in(8))
			mutate(in, from, words);
	}
	else
	{
		put_bytes(in, from->bytes, from->size);
		mutate(in, &pool[chance_below(POOL)], target->words);
		if (entrance->type == PICKUP && entrance->binary)
			seal_pickup(in->bytes, in->size);
	}

	/* Text ends at its first zero. */
	if (!entrance->binary)
	{
		uint8_t    *zero = memchr(in->bytes, 0, in->size);

		if (zero != NULL)
			in->size = (size_t) (zero - in->bytes);
		if (in->size == INPUT_MAX)
			in->size--;
		in->bytes[in->size] = 0;
	}
}

static void
send_one(const entrance *entrance, const input *in)
{
	const char *value = (const char *) in->bytes;
	int			length = (int) in->size;
	int			binary = entrance->binary;

	if (!PQsendQueryPrepared(connection, "entrance", 1, &value, &length, &binary, 1) ||
		!PQpipelineSync(connection))
	{
		printf("%s: %s", entrance->name, PQerrorMessage(connection));
		exit(1);
	}
}

/* The answer to one query, and the end of its implicit transaction. */
static void
receive_one(const entrance *entrance, const input *in, unsigned long *accepted)
{
	PGresult   *result = PQgetResult(connection);
	bool		good;
	const char *wrong = judge(entrance, in, result, &good);

	if (wrong != NULL)
	{
		printf("%s: %s\n%s", entrance->name, wrong,
			   result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(connection));
		show(in);
		exit(1);
	}
	*accepted += good;
	PQclear(result);
	while ((result = PQgetResult(connection)) != NULL)
		PQclear(result);
	result = PQgetResult(connection);
	if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
	{
		printf("%s: %s", entrance->name, PQerrorMessage(connection));
		show(in);
		exit(1);
	}
	PQclear(result);
}

static bool
run(const entrance *entrance, unsigned long count)
{
	const target *target = entrance->make_json != NULL ? NULL : find_target(entrance->name);
	unsigned long accepted = 0;
	double		share;

	for (size_t i = 0; i < POOL; i++)
	{
		pool[i].size = 0;
		if (target != NULL)
			target->make(&pool[i], one_in(20));
		else
			entrance->make_json(&pool[i]);
	}
	prepare(entrance);
	PQenterPipelineMode(connection);
	for (unsigned long done = 0; done < count;)
	{
		unsigned long many = count - done < BATCH ? count - done : BATCH;

		for (unsigned long i = 0; i < many; i++)
		{
			draw(entrance, target, &batch[i]);
			send_one(entrance, &batch[i]);
		}
		for (unsigned long i = 0; i < many; i++)
			receive_one(entrance, &batch[i], &accepted);
		done += many;
	}
	PQexitPipelineMode(connection);
	PQclear(query("DEALLOCATE entrance", PGRES_COMMAND_OK));
	share = (double) accepted / (double) count;
	printf("%-13s %lu to the server, %.1f %% accepted\n", entrance->name, count, 100 * share);
	return share >= SHARE_MIN && share <= 1 - SHARE_MIN;
}

static const entrance *
find_entrance(const char *name)
{
	for (size_t i = 0; i < ENTRANCES; i++)
		if (strcmp(entrances[i].name, name) == 0)
			return &entrances[i];
	fprintf(stderr, "there is no target \"%s\"\n", name);
	exit(2);
}

/* The number of the backend, which a crash would change. */
static int
backend(void)
{
	PGresult   *result = query("SELECT pg_backend_pid()", PGRES_TUPLES_OK);
	int			number = atoi(PQgetvalue(result, 0, 0));

	PQclear(result);
	return number;
}

int
main(int argc, char **argv)
{
	unsigned long count = 100000;
	uint64_t	seed = 1;
	unsigned	passed = 0;
	unsigned	failed = 0;
	int			number;
	int			option;

	while ((option = getopt(argc, argv, "n:s:l")) != -1)
		switch (option)
		{
			case 'n':
				count = strtoul(optarg, NULL, 10);
				break;
			case 's':
				seed = strtoull(optarg, NULL, 10);
				break;
			case 'l':
				for (size_t i = 0; i < ENTRANCES; i++)
					printf("%s\n", entrances[i].name);
				return 0;
			default:
				return 2;
		}
	connection = PQconnectdb("");
	if (PQstatus(connection) != CONNECTION_OK)
	{
		printf("%s", PQerrorMessage(connection));
		return 1;
	}

	/* Refusals are what is wanted here; they need not fill the server's log. */
	PQclear(query("SET log_min_messages = panic", PGRES_COMMAND_OK));
	PQclear(query("SET log_min_error_statement = panic", PGRES_COMMAND_OK));
	PQclear(query("SET plan_cache_mode = force_generic_plan", PGRES_COMMAND_OK));
	number = backend();
	for (int i = optind; i < argc; i++)
	{
		const entrance *entrance = find_entrance(argv[i]);

		chance_seed(seed * 1000 + 500 + (uint64_t) (entrance - entrances));
		if (run(entrance, count) && backend() == number)
			passed++;
		else
		{
			printf("%s: too few were accepted or refused, or the backend is another\n", entrance->name);
			failed++;
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	PQfinish(connection);
	return failed > 0;
}
