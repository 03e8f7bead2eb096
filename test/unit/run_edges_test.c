/* Driver runs at their limits: odd waves, terms out of bounds, no memory, broken off. */
#include "run_wave.h"

#include "core/pause.h"

#include <setjmp.h>

static jmp_buf broken_off;
static size_t pauses;
static size_t pauses_left;

static void
Pause(void)
{
	pauses++;
	if (pauses_left-- == 1)
		longjmp(broken_off, 1);
}

/* Long work can be broken off; the memory is then somebody else's to clear up. */
static void
TestPauses(void)
{
	static Wave wave;
	ktt_fault	fault;

	seed = 3;
	MakeWave(&wave, MANY);
	SpreadOverCity(&wave);
	wave.terms.capacity = MANY;
	wave.terms.within = KTT_RUN_WITHIN_MAX;
	ktt_pause_hook = Pause;
	pauses_left = 0;
	CHECK(Plan(&wave, &fault) == KTT_OK, "one long run");
	CheckRules(&wave);
	CHECK(wave.totals.runs == 1, "is one");
	CHECK(pauses > 100, "with many pauses");
	ktt_pause_hook = NULL;
	free(wave.seconds);
}

static void
TestEdges(void)
{
	static Wave wave;
	ktt_fault	fault;
	bool		good = true;

	MakeWave(&wave, 0);
	CHECK(Plan(&wave, &fault) == KTT_OK && wave.totals.runs == 0 && wave.totals.bound == 0 &&
		  wave.totals.drive == 0, "no stops, no runs");
	free(wave.seconds);

	/* All at the warehouse, with nothing to bring. */
	MakeWave(&wave, 300);
	wave.terms.service = 0;
	for (size_t i = 0; i < wave.count; i++)
		wave.stops[i].parcels = 0;
	CHECK(Plan(&wave, &fault) == KTT_OK, "all stops are at the warehouse");
	CheckRules(&wave);
	CHECK(wave.totals.runs == 1 && wave.totals.drive == 0, "one vehicle, no driving");
	free(wave.seconds);

	/* The limits themselves are within the limits. */
	MakeWave(&wave, 3);
	for (size_t i = 0; i < 16; i++)
		wave.seconds[i] = i % 5 == 0 ? 0 : 1000;
	wave.terms.within = 1180000;
	wave.stops[1].parcels = 25;
	wave.stops[2].parcels = 26;
	CHECK(Plan(&wave, &fault) == KTT_OK, "on the limit");
	CheckRules(&wave);
	CHECK(wave.visits[0].outcome == KTT_RUN_SERVED && wave.visits[1].outcome == KTT_RUN_SERVED,
		  "is served");
	CHECK(wave.visits[2].outcome == KTT_RUN_TOO_LARGE, "one parcel too many");
	wave.terms.within--;
	CHECK(Plan(&wave, &fault) == KTT_OK, "a millisecond less");
	CheckRules(&wave);
	CHECK(wave.visits[0].outcome == KTT_RUN_TOO_FAR && wave.visits[0].late == 1 &&
		  wave.visits[0].arrives == 1000000, "is late by it");
	CHECK(wave.totals.runs == 0 && wave.totals.bound == 0, "nothing is left to drive");

	/* There is a way only by another stop. */
	wave.terms.within = 6 * 3600000;
	wave.stops[1].parcels = 2;
	wave.symmetric = false;
	wave.seconds[2] = -1;
	CHECK(Plan(&wave, &fault) == KTT_OK, "no straight way");
	CheckRules(&wave);
	CHECK(wave.visits[1].run == wave.visits[0].run && wave.visits[1].place == 2, "behind another");
	wave.seconds[4 + 2] = -1;
	CHECK(Plan(&wave, &fault) == KTT_OK, "no way at all");
	CheckRules(&wave);
	CHECK(wave.visits[1].outcome == KTT_RUN_NO_WAY, "no way");

	/* No way back: it ends a run, and the others do without it. */
	wave.seconds[4 + 2] = wave.seconds[2] = 1000;
	wave.seconds[2 * 4] = (double) NAN;
	CHECK(Plan(&wave, &fault) == KTT_OK, "no way back");
	CheckRules(&wave);
	CHECK(wave.visits[1].run == 1 && wave.visits[1].place == 1 && wave.visits[0].place == 2,
		  "another stop leads back");
	free(wave.seconds);

	/* Refused. */
	MakeWave(&wave, 5);
	wave.stops[3].id = 1;
	CHECK(Plan(&wave, &fault) == KTT_VALUE && strcmp(fault.reason, "Stop 1 is there twice.") == 0,
		  "an id twice");
	wave.stops[3].id = INT64_MIN;
	CHECK(Plan(&wave, &fault) == KTT_OK, "any id is good");
	wave.stops[3].parcels = -1;
	CHECK(Plan(&wave, &fault) == KTT_VALUE, "less than no parcel");
	wave.stops[3].parcels = KTT_RUN_CAPACITY_MAX + 1;
	CHECK(Plan(&wave, &fault) == KTT_VALUE, "too many parcels");
	wave.stops[3].parcels = 1;
	for (int i = 0; i < 10; i++)
	{
		ktt_run_terms terms[] = {
			{0, 1000, 0, 0, 1}, {KTT_RUN_CAPACITY_MAX + 1, 1000, 0, 0, 1},
			{1, 0, 0, 0, 1}, {1, KTT_RUN_WITHIN_MAX + 1, 0, 0, 1},
			{1, 1000, -1, 0, 1}, {1, 1000, KTT_RUN_WITHIN_MAX + 1, 0, 1},
			{1, 1000, 0, -1, 1}, {1, 1000, 0, KTT_RUN_WITHIN_MAX + 1, 1},
			{1, 1000, 0, 0, 0}, {-1, -1, -1, -1, 0}};

		wave.terms = terms[i];
		good = good && Plan(&wave, &fault) == KTT_VALUE;
	}
	CHECK(good, "terms out of bounds");
	wave.terms = (ktt_run_terms) {KTT_RUN_CAPACITY_MAX, KTT_RUN_WITHIN_MAX, KTT_RUN_WITHIN_MAX,
		KTT_RUN_WITHIN_MAX, SIZE_MAX};
	for (size_t i = 0; i < wave.count; i++)
		wave.stops[i].parcels = KTT_RUN_CAPACITY_MAX;
	CHECK(Plan(&wave, &fault) == KTT_OK && wave.visits[0].outcome == KTT_RUN_TOO_FAR,
		  "the largest terms do not overflow");
	wave.count = KTT_RUN_STOPS_MAX + 1;
	CHECK(Plan(&wave, &fault) == KTT_LIMIT, "too many stops");
	free(wave.seconds);

	/* Memory that runs out anywhere. */
	MakeWave(&wave, 30);
	SpreadOverCity(&wave);
	for (size_t left = 0;; left++)
	{
		ktt_run_legs legs = {SecondsOf, &wave, true};
		ktt_status	status;

		blocks_left = left;
		status = ktt_runs_plan(wave.stops, wave.count, &legs, &wave.terms, &memory,
							   wave.visits, &wave.totals, &fault);
		CHECK(blocks == 0, "a failure gives all memory back");
		if (status == KTT_OK)
		{
			CHECK(left > 10, "memory was asked for");
			break;
		}
		CHECK(status == KTT_LIMIT, "no memory is a limit");
	}
	free(wave.seconds);
}

/* Broken off in every pause in turn, the same plan comes out afterwards. */
static void
TestBreaks(void)
{
	static Wave wave;
	static ktt_run_visit first[MANY];
	ktt_fault	fault;

	seed = 8;
	MakeWave(&wave, 300);
	SpreadOverCity(&wave);
	wave.terms.within = 3 * 3600000;
	pauses = 0;
	pauses_left = 0;
	ktt_pause_hook = Pause;
	CHECK(Plan(&wave, &fault) == KTT_OK, "without a break");
	CheckRules(&wave);
	memcpy(first, wave.visits, sizeof(first));
	CHECK(pauses > 10, "there are pauses");
	for (volatile size_t at = 1; at < 6; at++)
	{
		pauses_left = at;
		if (setjmp(broken_off) == 0)
		{
			Plan(&wave, &fault);
			CHECK(false, "it is broken off");
		}
		CHECK(blocks > 0, "with its memory held");
		GiveAllBack();
	}
	pauses_left = 0;
	CHECK(Plan(&wave, &fault) == KTT_OK && memcmp(first, wave.visits, sizeof(first)) == 0,
		  "and can be planned again");
	ktt_pause_hook = NULL;
	free(wave.seconds);
}

int
main(void)
{
	TestEdges();
	TestPauses();
	TestBreaks();
	return unit_report();
}
