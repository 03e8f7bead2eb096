/* Driver runs against all possible ones where these are few, and against the rules everywhere. */
#include "core/pause.h"
#include "core/run.h"
#include "unit.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define MANY 2000
#define FEW 7

static uint64_t seed;

static double
Uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double) (seed >> 11) / 9007199254740992.0;
}

static double
Normal(void)
{
	double		u = 1 - Uniform();

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * Uniform());
}

static int64_t
Below(int64_t limit)
{
	return (int64_t) (Uniform() * (double) limit);
}

/* Blocks that are held; after some of them there is no more. */
#define BLOCKS_MAX 64
static void *held[BLOCKS_MAX];
static size_t blocks;
static size_t blocks_left;

static void *
Take(void *owner, size_t size)
{
	(void) owner;
	if (blocks_left == 0 || blocks == BLOCKS_MAX)
		return NULL;
	blocks_left--;
	return held[blocks++] = calloc(1, size);
}

static void
GiveBack(void *owner, void *block)
{
	size_t		at = 0;

	(void) owner;
	while (held[at] != block)
		at++;
	held[at] = held[--blocks];
	free(block);
}

static void
GiveAllBack(void)
{
	while (blocks > 0)
		free(held[--blocks]);
}

static const ktt_memory memory = {Take, GiveBack, NULL};

/* A wave: stops and the seconds between all places, the warehouse first. */
typedef struct Wave
{
	ktt_run_stop stops[MANY];
	size_t		count;
	double	   *seconds;		/* (count + 1) x (count + 1) */
	bool		symmetric;
	ktt_run_terms terms;
	ktt_run_visit visits[MANY];
	ktt_run_totals totals;
} Wave;

static double
SecondsOf(void *context, size_t from, size_t to)
{
	const Wave *wave = context;

	return wave->seconds[from * (wave->count + 1) + to];
}

/* The same in whole milliseconds; -1: no way, or longer than a week. */
static int64_t
Leg(const Wave *wave, size_t from, size_t to)
{
	double		seconds = SecondsOf((void *) (uintptr_t) wave, from, to);

	if (from == to)
		return 0;
	if (!isfinite(seconds) || seconds < 0 || seconds > 7 * 86400.0)
		return -1;
	return (int64_t) round(seconds * 1000);
}

static int64_t
ServiceOf(const Wave *wave, size_t i)
{
	return wave->terms.service + wave->terms.service_parcel * wave->stops[i].parcels;
}

static void
MakeWave(Wave *wave, size_t count)
{
	memset(wave, 0, sizeof(*wave));
	wave->count = count;
	wave->seconds = calloc((count + 1) * (count + 1), sizeof(double));
	if (wave->seconds == NULL)
		abort();
	wave->symmetric = true;
	wave->terms = (ktt_run_terms) {.capacity = 25, .within = 6 * 3600000, .service = 180000,
		.vehicles = SIZE_MAX};
	for (size_t i = 0; i < count; i++)
		wave->stops[i] = (ktt_run_stop) {.id = (int64_t) i + 1, .parcels = 1};
}

/* Stops around a city: 25 km/h, roads 1.3 times as long as the straight line. */
static void
SpreadOverCity(Wave *wave)
{
	static double x[MANY + 1];
	static double y[MANY + 1];

	x[0] = 5000;
	y[0] = 5500;
	for (size_t i = 1; i <= wave->count; i++)
	{
		x[i] = 6160 * Normal();
		y[i] = 6650 * Normal();
	}
	for (size_t i = 0; i <= wave->count; i++)
		for (size_t j = 0; j <= wave->count; j++)
			wave->seconds[i * (wave->count + 1) + j] =
				hypot(x[i] - x[j], y[i] - y[j]) * 1.3 * 3.6 / 25;
}

/* Anything: ways back differ, detours are shorter, some ways are missing. */
static void
SpreadAnyhow(Wave *wave)
{
	double		missing = Uniform() < 0.5 ? 0 : 0.3;

	wave->symmetric = false;
	for (size_t i = 0; i < (wave->count + 1) * (wave->count + 1); i++)
	{
		static const double none[] = {-1, (double) NAN, (double) INFINITY, 1e300};

		wave->seconds[i] = Uniform() < missing ? none[Below(4)] : 7200 * Uniform();
	}
}

static ktt_status
Plan(Wave *wave, ktt_fault *fault)
{
	ktt_run_legs legs = {SecondsOf, wave, wave->symmetric};
	ktt_status	status;

	blocks_left = SIZE_MAX;
	status = ktt_runs_plan(wave->stops, wave->count, &legs, &wave->terms, &memory,
						   wave->visits, &wave->totals, fault);
	CHECK(blocks == 0, "all memory is given back");
	return status;
}

/*
 * The rules, from the visits alone: every place of every run is one stop, times
 * and loads are what they say and within the limits, and who is left out is so
 * for a reason.
 */
static void
CheckRules(const Wave *wave)
{
	static size_t stop_at[MANY + 1];
	size_t		served = 0;
	size_t		counted = 0;
	size_t		runs = 0;
	int64_t		drive = 0;
	int64_t		load_sum = 0;
	bool		good = true;

	for (size_t i = 0; i < wave->count; i++)
	{
		const ktt_run_visit *visit = &wave->visits[i];
		int64_t		straight = Leg(wave, 0, i + 1);
		int64_t		late = straight + ServiceOf(wave, i) - wave->terms.within;
		double		seconds = SecondsOf((void *) (uintptr_t) wave, 0, i + 1);

		switch (visit->outcome)
		{
			case KTT_RUN_SERVED:
				served++;
				load_sum += wave->stops[i].parcels;
				if (visit->run > runs)
					runs = visit->run;
				good = good && visit->run >= 1 && visit->place >= 1 && visit->late == 0;
				continue;
			case KTT_RUN_TOO_LARGE:
				good = good && wave->stops[i].parcels > wave->terms.capacity;
				break;
			case KTT_RUN_NO_WAY:
				good = good && (!isfinite(seconds) || seconds < 0);
				break;
			case KTT_RUN_TOO_FAR:
				good = good && isfinite(seconds) && seconds >= 0 && visit->late > 0 &&
					(straight < 0 || (visit->late == late && visit->arrives == straight));
				break;
			case KTT_RUN_NO_VEHICLE:
				good = good && straight >= 0 && late <= 0 &&
					wave->totals.runs == wave->terms.vehicles;
				break;
		}
		good = good && visit->run == 0 && visit->place == 0;
	}
	CHECK(good, "who is left out is so for a reason");

	good = true;
	for (uint32_t run = 1; run <= runs; run++)
	{
		int64_t		clock = 0;
		int64_t		load = 0;
		int64_t		back;
		size_t		length = 0;
		size_t		at = 0;

		memset(stop_at, 0, (wave->count + 1) * sizeof(*stop_at));
		for (size_t i = 0; i < wave->count; i++)
			if (wave->visits[i].run == run && wave->visits[i].place <= wave->count)
			{
				stop_at[wave->visits[i].place] = i + 1;
				length++;
			}
		good = good && length > 0;
		for (size_t place = 1; place <= length; place++)
		{
			size_t		next = stop_at[place];
			int64_t		leg;

			if (next == 0)
			{
				good = false;
				break;
			}
			leg = Leg(wave, at, next);
			good = good && leg >= 0 && wave->visits[next - 1].arrives == clock + leg;
			clock += leg + ServiceOf(wave, next - 1);
			drive += leg;
			load += wave->stops[next - 1].parcels;
			at = next;
		}
		back = Leg(wave, at, 0);
		drive += back < 0 ? 0 : back;
		counted += length;
		good = good && clock <= wave->terms.within && load <= wave->terms.capacity;
	}
	CHECK(good, "every run keeps its times and limits");
	CHECK(counted == served && wave->totals.runs == runs, "every stop is in one run");
	CHECK(wave->totals.drive == drive, "the driving is what it says");
	CHECK(runs <= wave->terms.vehicles, "there is a vehicle for each run");
	CHECK(wave->totals.bound <= runs && (served == 0 || wave->totals.bound >= 1) &&
		  (int64_t) wave->totals.bound * wave->terms.capacity >= load_sum - wave->terms.capacity + 1,
		  "the bound is one");
}

/* What the best runs come to. */
typedef struct Best
{
	int			served;
	int			runs;
	int64_t		drive;
} Best;

static bool
IsBetter(Best one, Best other)
{
	if (one.served != other.served)
		return one.served > other.served;
	if (one.runs != other.runs)
		return one.runs < other.runs;
	return one.drive < other.drive;
}

/* All orders in which a set of stops can be driven: the least driving, or -1. */
static int64_t
BestOrder(const Wave *wave, unsigned set, size_t at, int64_t clock, int64_t drive)
{
	int64_t		best = -1;

	if (set == 0)
	{
		int64_t		back = Leg(wave, at, 0);

		return back < 0 ? -1 : drive + back;
	}
	for (size_t i = 0; i < wave->count; i++)
		if (set & (1U << i))
		{
			int64_t		leg = Leg(wave, at, i + 1);
			int64_t		then = clock + leg + ServiceOf(wave, i);

			if (leg >= 0 && then <= wave->terms.within)
			{
				int64_t		found = BestOrder(wave, set & ~(1U << i), i + 1, then, drive + leg);

				if (found >= 0 && (best < 0 || found < best))
					best = found;
			}
		}
	return best;
}

/* All ways to share the stops out over runs. */
static Best
BestRuns(const Wave *wave)
{
	static Best best[1U << FEW];
	static int64_t order[1U << FEW];
	unsigned	all = (1U << wave->count) - 1;
	Best		result = {0, 0, 0};

	for (unsigned set = 1; set <= all; set++)
	{
		int64_t		load = 0;

		for (size_t i = 0; i < wave->count; i++)
			load += set & (1U << i) ? wave->stops[i].parcels : 0;
		order[set] = load > wave->terms.capacity ? -1 : BestOrder(wave, set, 0, 0, 0);
	}
	best[0] = (Best) {0, 0, 0};
	for (unsigned set = 1; set <= all; set++)
	{
		best[set] = (Best) {-1, 0, 0};
		for (unsigned part = set; part > 0; part = (part - 1) & set)
			if (order[part] >= 0 && best[set & ~part].served >= 0 &&
				(size_t) best[set & ~part].runs < wave->terms.vehicles)
			{
				Best		found = {__builtin_popcount(set), best[set & ~part].runs + 1,
					best[set & ~part].drive + order[part]};

				if (IsBetter(found, best[set]))
					best[set] = found;
			}
		if (IsBetter(best[set], result))
			result = best[set];
	}
	return result;
}

/* Count how often the best is missed, and check that it is never missed by far. */
static void
TestFew(bool limited, double optimal)
{
	static Wave wave;
	int			rounds = 800;
	int			reached = 0;
	ktt_fault	fault;

	seed = 20240901;
	for (int round = 0; round < rounds; round++)
	{
		Best		best;
		Best		found = {0, 0, 0};

		MakeWave(&wave, (size_t) (1 + Below(FEW)));
		SpreadOverCity(&wave);
		wave.terms.capacity = 5 + Below(20);
		wave.terms.within = 600000 + Below(4 * 3600000);
		wave.terms.service = Below(600000);
		wave.terms.service_parcel = Below(3) * 20000;
		if (limited)
			wave.terms.vehicles = (size_t) (1 + Below(2));
		for (size_t i = 0; i < wave.count; i++)
			wave.stops[i].parcels = Below(11);
		CHECK(Plan(&wave, &fault) == KTT_OK, "few stops are planned");
		CheckRules(&wave);
		best = BestRuns(&wave);
		for (size_t i = 0; i < wave.count; i++)
			found.served += wave.visits[i].outcome == KTT_RUN_SERVED;
		found.runs = (int) wave.totals.runs;
		found.drive = wave.totals.drive;
		CHECK(!IsBetter(found, best), "nothing is better than the best");
		CHECK(limited ? found.served + 1 >= best.served : found.served == best.served,
			  "as many are served");
		if (found.served == best.served)
			CHECK(found.runs <= best.runs + 1, "with one vehicle more at most");
		if (found.served == best.served && found.runs == best.runs)
			CHECK((double) found.drive <= 1.3 * (double) best.drive,
				  "and little more driving");
		reached += !IsBetter(best, found);
		free(wave.seconds);
	}
	if (!CHECK(reached >= optimal * rounds, "and mostly as well as can be"))
		printf("the best was found in %d of %d\n", reached, rounds);
}

static void
TestAnyhow(void)
{
	static Wave wave;
	ktt_fault	fault;

	seed = 77;
	for (int round = 0; round < 600; round++)
	{
		bool		few = round % 2 == 0;

		MakeWave(&wave, (size_t) (few ? 1 + Below(FEW) : Below(60)));
		SpreadAnyhow(&wave);
		wave.terms.capacity = 1 + Below(30);
		wave.terms.within = 1 + Below(6 * 3600000);
		wave.terms.service_parcel = Below(2) * 60000;
		if (Below(3) == 0)
			wave.terms.vehicles = (size_t) (1 + Below(5));
		for (size_t i = 0; i < wave.count; i++)
			wave.stops[i].parcels = Below(11);
		CHECK(Plan(&wave, &fault) == KTT_OK, "any legs are planned");
		CheckRules(&wave);
		free(wave.seconds);
	}
}

/* Stops in another order, under ids that say who they are: the same runs. */
static void
TestOrder(void)
{
	static Wave wave;
	static Wave other;
	static size_t from[MANY];
	ktt_fault	fault;

	seed = 5;
	for (int round = 0; round < 30; round++)
	{
		size_t		count = (size_t) (2 + Below(80));
		bool		same = true;

		MakeWave(&wave, count);
		if (round % 2 == 0)
			SpreadOverCity(&wave);
		else
			SpreadAnyhow(&wave);
		wave.terms.capacity = 10 + Below(20);
		wave.terms.vehicles = round % 3 == 0 ? 3 : SIZE_MAX;
		for (size_t i = 0; i < count; i++)
			wave.stops[i].parcels = Below(11);
		MakeWave(&other, count);
		other.symmetric = wave.symmetric;
		other.terms = wave.terms;
		for (size_t i = 0; i < count; i++)
			from[i] = i;
		for (size_t i = count - 1; i > 0; i--)
		{
			size_t		j = (size_t) Below((int64_t) i + 1);
			size_t		swap = from[i];

			from[i] = from[j];
			from[j] = swap;
		}
		for (size_t i = 0; i <= count; i++)
			for (size_t j = 0; j <= count; j++)
				other.seconds[i * (count + 1) + j] =
					wave.seconds[(i == 0 ? 0 : from[i - 1] + 1) * (count + 1) +
								 (j == 0 ? 0 : from[j - 1] + 1)];
		for (size_t i = 0; i < count; i++)
			other.stops[i] = wave.stops[from[i]];
		CHECK(Plan(&wave, &fault) == KTT_OK && Plan(&other, &fault) == KTT_OK, "both are planned");
		for (size_t i = 0; i < count; i++)
			same = same && memcmp(&other.visits[i], &wave.visits[from[i]], sizeof(ktt_run_visit)) == 0;
		CHECK(same, "the order of the stops changes nothing");
		free(wave.seconds);
		free(other.seconds);
	}
}

/* Every other round the table is said to have ways back of its own. */
static void
TestCity(size_t count, int64_t most_parcels, int rounds)
{
	static Wave wave;
	ktt_fault	fault;

	seed = 4711 + count;
	for (int round = 0; round < rounds; round++)
	{
		size_t		served = 0;

		MakeWave(&wave, count);
		SpreadOverCity(&wave);
		wave.symmetric = round % 2 == 0;
		wave.terms.capacity = most_parcels == 1 ? 25 : 25 * most_parcels / 2;
		for (size_t i = 0; i < count; i++)
			wave.stops[i].parcels = 1 + Below(most_parcels);
		CHECK(Plan(&wave, &fault) == KTT_OK, "a city is planned");
		CheckRules(&wave);
		for (size_t i = 0; i < count; i++)
			served += wave.visits[i].outcome == KTT_RUN_SERVED;
		CHECK(served == count, "all stops of a city are served");
		CHECK(wave.totals.runs <= wave.totals.bound + 1, "with hardly more vehicles than needed");
		free(wave.seconds);
	}
}

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
	TestFew(false, 0.95);
	TestFew(true, 0.85);
	TestAnyhow();
	TestOrder();
	TestCity(10, 1, 10);
	TestCity(25, 1, 10);
	TestCity(50, 1, 10);
	TestCity(100, 1, 6);
	TestCity(200, 1, 2);
	TestCity(300, 1, 2);
	TestCity(300, 9, 2);
	TestCity(1100, 9, 1);
	TestPauses();
	TestBreaks();
	return unit_report();
}
