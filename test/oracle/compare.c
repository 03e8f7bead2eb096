/*
 * Reads what generate.py prints, asks the core the same and counts where the
 * two differ:
 *
 *	generate.py 1000000 | oracle
 *
 * The last line is "N passed, M failed": one for every kind of case, which
 * must have occurred and have no difference, and one for the rules themselves.
 */
#include "core/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS 64
#define FIELDS 8
#define SHOWN 5				/* differences printed in full */
#define PROGRESS 2500000		/* cases between two signs of life */

typedef struct Kind
{
	char		letter;
	char		meaning[60];
	unsigned long cases;
	unsigned long differences;
} Kind;

/* The rule in force, as read, and its terms and steps as unpacked. */
typedef struct Rule
{
	char	   *text;
	bool		parsed;
	ktt_rule	unpacked;
} Rule;

static Kind kinds[KINDS];
static size_t kind_count;
static unsigned long rules, refused_rules, cases, differences;

static void
Differ(const char *what, const char *expected, const char *found)
{
	if (differences++ < SHOWN)
		printf("differs: %s\n  expected %s\n  found    %s\n", what, expected, found);
}

/* Cut a line at its bars; the last field keeps the rest. */
static size_t
Cut(char *line, char **fields, size_t most)
{
	size_t		count = 0;

	fields[count++] = line;
	while (count < most && (line = strchr(line, '|')) != NULL)
	{
		*line++ = '\0';
		fields[count++] = line;
	}
	return count;
}

static const char *
StatusName(ktt_status status)
{
	switch (status)
	{
		case KTT_SYNTAX:
			return "!syntax";
		case KTT_RANGE:
			return "!range";
		case KTT_VALUE:
			return "!value";
		case KTT_LIMIT:
			return "!limit";
		case KTT_UNCOVERED:
			return "!uncovered";
		default:
			return "!other";
	}
}

/* Read a rule, see whether it prints as expected, and take its packed terms. */
static void
ReadRule(Rule *rule, const char *text, const char *canonical)
{
	static ktt_split split;
	static unsigned char packed[KTT_SPLIT_PACKED_MAX];
	static char printed[KTT_SPLIT_TEXT_MAX + 1];
	ktt_fault	fault = {0};
	ktt_status	status = ktt_split_parse(text, strlen(text), &split, &fault);

	rules++;
	free(rule->text);
	rule->text = strdup(canonical);
	rule->parsed = false;
	if (status != KTT_OK)
	{
		Differ(text, canonical, fault.reason);
		return;
	}
	*ktt_split_print(printed, &split) = '\0';
	if (strcmp(printed, canonical) != 0)
		Differ(text, canonical, printed);
	rule->parsed = ktt_rule_unpack(packed, (size_t) (ktt_split_pack(packed, &split) - packed),
								   &rule->unpacked);
	if (!rule->parsed)
		Differ(text, "packed terms that can be read", "none");
}

static void
RefuseRule(const char *refusal, const char *text)
{
	static ktt_split split;
	ktt_fault	fault = {0};
	const char *found = StatusName(ktt_split_parse(text, strlen(text), &split, &fault));

	refused_rules++;
	if (strcmp(found + 1, refusal) != 0)
		Differ(text, refusal, found);
}

/* What the core gives, in the words of the generator. */
static void
Answer(const Rule *rule, const int64_t *numbers, char *answer)
{
	int64_t		parts[KTT_SPLIT_CLAUSES];
	ktt_fault	fault = {0};
	ktt_sale	sale = {numbers[0], numbers[1], numbers[2], numbers[3]};
	ktt_status	status = ktt_split_evaluate(&rule->unpacked, &sale, parts, &fault);

	if (status != KTT_OK)
	{
		strcpy(answer, StatusName(status));
		return;
	}
	for (size_t i = 0; i < rule->unpacked.count; i++)
		answer += sprintf(answer, i > 0 ? " %lld" : "%lld", (long long) parts[i]);
}

static void
CompareCase(const Rule *rule, char **fields)
{
	static char answer[KTT_SPLIT_CLAUSES * 21];
	int64_t		numbers[4];
	bool		same;

	cases++;
	for (int i = 0; i < 4; i++)
		numbers[i] = strtoll(fields[2 + i], NULL, 10);
	strcpy(answer, "!rule");
	if (rule->parsed)
		Answer(rule, numbers, answer);
	same = strcmp(answer, fields[6]) == 0;
	if (!same)
	{
		char		what[KTT_SPLIT_TEXT_MAX + 200];

		snprintf(what, sizeof(what), "%s: sale %s, cost %s, units %s, volume %s",
				 rule->text, fields[2], fields[3], fields[4], fields[5]);
		Differ(what, fields[6], answer);
	}
	for (size_t i = 0; i < kind_count; i++)
		if (strchr(fields[1], kinds[i].letter) != NULL)
		{
			kinds[i].cases++;
			kinds[i].differences += !same;
		}
}

static void
AddKind(const char *letter, const char *meaning)
{
	if (kind_count == KINDS)
		abort();
	kinds[kind_count].letter = letter[0];
	snprintf(kinds[kind_count].meaning, sizeof(kinds[kind_count].meaning), "%s", meaning);
	kind_count++;
}

static int
Report(bool complete)
{
	unsigned	failed = 0;

	for (size_t i = 0; i < kind_count; i++)
	{
		bool		bad = kinds[i].cases == 0 || kinds[i].differences > 0;

		failed += bad;
		printf("  %-52s %10lu%s\n", kinds[i].meaning, kinds[i].cases,
			   kinds[i].cases == 0 ? "  missing" : bad ? "  differs" : "");
	}
	printf("%lu splits under %lu rules, %lu rules refused, %lu differences\n",
		   cases, rules, refused_rules, differences);
	if (!complete)
		puts("the generator broke off");
	if (!complete || cases == 0 || rules == 0 || refused_rules == 0 || differences > 0)
		failed++;
	printf("%u passed, %u failed\n", (unsigned) kind_count + 1 - failed, failed);
	return failed > 0;
}

int
main(void)
{
	static Rule rule;
	char	   *line = NULL;
	char	   *fields[FIELDS];
	size_t		size = 0;
	ssize_t		length;
	bool		complete = false;

	while ((length = getline(&line, &size, stdin)) > 0)
	{
		char		letter = line[0];
		size_t		count;

		line[length - 1] = '\0';
		count = Cut(line, fields, letter == 'C' ? 7 : 3);
		if (letter == 'K' && count == 3)
			AddKind(fields[1], fields[2]);
		else if (letter == 'R' && count == 3)
			ReadRule(&rule, fields[1], fields[2]);
		else if (letter == 'X' && count == 3)
			RefuseRule(fields[1], fields[2]);
		else if (letter == 'C' && count == 7)
			CompareCase(&rule, fields);
		else if (letter == 'E' && count == 2)
			complete = strtoul(fields[1], NULL, 10) == cases;
		else
		{
			fprintf(stderr, "cannot read this line: %s\n", line);
			break;
		}
		if (letter == 'C' && cases % PROGRESS == 0)
			fprintf(stderr, "oracle: %lu splits, %lu differences\n", cases, differences);
	}
	free(line);
	free(rule.text);
	return Report(complete);
}
