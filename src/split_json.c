/* Splits as jsonb: [{"party": "platform", "term": "2% of sale"}, ...]. */
#include "split.h"
#include "error.h"

#include "utils/jsonb.h"

static void
PushString(JsonbParseState **state, JsonbIteratorToken token,
		   const char *text, size_t length)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = pnstrdup(text, length);
	value.val.string.len = (int) length;
	pushJsonbValue(state, token, &value);
}

PG_FUNCTION_INFO_V1(ktt_split_to_jsonb);
PGDLLEXPORT Datum
ktt_split_to_jsonb(PG_FUNCTION_ARGS)
{
	ktt_split	split;
	JsonbParseState *state = NULL;

	KttSplitUnpack(&split, KttSplitBytesOf(PG_GETARG_DATUM(0)));
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (size_t i = 0; i < split.rule.count; i++)
	{
		char		term[KTT_TERM_TEXT_MAX];
		char	   *end = ktt_term_print(term, &split.rule, i);

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		PushString(&state, WJB_KEY, "party", strlen("party"));
		PushString(&state, WJB_VALUE, split.parties[i].text,
				   split.parties[i].length);
		PushString(&state, WJB_KEY, "term", strlen("term"));
		PushString(&state, WJB_VALUE, term, (size_t) (end - term));
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

static void RefuseShape(const char *detail) pg_attribute_noreturn();

static void
RefuseShape(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cannot cast jsonb to type %s", KTT_SPLIT_NAME),
			 errdetail_internal("%s", detail),
			 errhint("Write a rule as [{\"party\": \"leader\", \"term\": \"rest\"}].")));
}

/* Refuse for the reason, and with the code, that the same rule in text has. */
static void RefuseFault(const ktt_fault *fault, const char *where)
			pg_attribute_noreturn();

static void
RefuseFault(const ktt_fault *fault, const char *where)
{
	ktt_fault	placed = *fault;

	snprintf(placed.reason, sizeof(placed.reason), "%s: %s", where, fault->reason);
	KttReportFault(&placed, "cannot cast jsonb to type " KTT_SPLIT_NAME);
}

static const JsonbValue *
ClausePart(JsonbContainer *clause, size_t ordinal, const char *key, JsonbValue *room)
{
	JsonbValue *value = getKeyJsonValueFromContainer(clause, key,
													 (int) strlen(key), room);

	if (value == NULL || value->type != jbvString)
		RefuseShape(psprintf("Clause %zu has no string named \"%s\".", ordinal, key));
	return value;
}

/* Read an object with a party and a term behind the clauses that are there. */
static void
ReadClause(const JsonbValue *clause, ktt_split *split)
{
	size_t		at = split->rule.count;
	JsonbContainer *container;
	JsonbValue	room;
	const JsonbValue *part;
	ktt_fault	fault;

	if (clause->type != jbvBinary ||
		!JsonContainerIsObject(clause->val.binary.data))
		RefuseShape(psprintf("Clause %zu is not an object.", at + 1));
	container = clause->val.binary.data;
	part = ClausePart(container, at + 1, "party", &room);
	if (ktt_party_parse(part->val.string.val, (size_t) part->val.string.len,
						&split->parties[at], &fault) != KTT_OK)
		RefuseFault(&fault, psprintf("Position %zu in the party of clause %zu",
									 fault.position, at + 1));
	part = ClausePart(container, at + 1, "term", &room);
	if (ktt_term_parse(part->val.string.val, (size_t) part->val.string.len,
					   &split->rule, &fault) != KTT_OK)
		RefuseFault(&fault, psprintf("Position %zu in the term of clause %zu",
									 fault.position, at + 1));
	if (JsonContainerSize(container) != 2)
		RefuseShape(psprintf("Clause %zu has other keys than \"party\" and \"term\".",
							 at + 1));
}

/* Check the whole; places are numbers of clauses here. */
static void
CheckClauses(const ktt_split *split)
{
	ktt_split_places clauses;
	ktt_fault	fault;

	for (size_t i = 0; i < split->rule.count; i++)
		clauses.party[i] = clauses.term[i] = i + 1;
	clauses.end = split->rule.count;
	if (ktt_split_check(split, &clauses, &fault) != KTT_OK)
		RefuseFault(&fault, psprintf("Clause %zu", fault.position));
}

PG_FUNCTION_INFO_V1(ktt_split_from_jsonb);
PGDLLEXPORT Datum
ktt_split_from_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb	   *source = PG_GETARG_JSONB_P(0);
	uint32		count = JB_ROOT_COUNT(source);
	ktt_split	split;

	if (!JB_ROOT_IS_ARRAY(source) || JB_ROOT_IS_SCALAR(source))
		RefuseShape("The value is not an array.");
	if (count < 1)
		RefuseShape("The array is empty.");
	if (count > KTT_SPLIT_CLAUSES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot cast jsonb to type %s", KTT_SPLIT_NAME),
				 errdetail("A rule has at most %d clauses.", KTT_SPLIT_CLAUSES)));

	ktt_rule_begin(&split.rule);
	for (uint32 i = 0; i < count; i++)
		ReadClause(getIthJsonbValueFromContainer(&source->root, i), &split);
	CheckClauses(&split);
	PG_RETURN_DATUM(KttSplitMake(&split));
}
