/*
 * Waves for tests of driver runs: how they are drawn, planned, and held to the rules.
 */
#ifndef KTT_TEST_RUN_WAVE_H
#define KTT_TEST_RUN_WAVE_H

#include "unit.h"

#include "core/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MANY 2000

static uint64_t seed;

static inline double
Uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double) (seed >> 11) / 9007199254740992.0;
}

static inline double
Normal(void)
{
	double		u = 1 - Uniform();

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * Uniform());
}

static inline int64_t
Below(int64_t limit)
{
	return (int64_t) (Uniform() * (double) limit);
}

/* Blocks that are held; after some of them there is no more. */
#define BLOCKS_MAX 64
static void *held[BLOCKS_MAX];
static size_t blocks;
static size_t blocks_left;

static inline void *
Take(void *owner, size_t size)
{
	(void) owner;
	if (blocks_left == 0 || blocks == BLOCKS_MAX)
		return NULL;
	blocks_left--;
	return held[blocks++] = calloc(1, size);
}

static inline void
GiveBack(void *owner, void *block)
{
	size_t		at = 0;

	(void) owner;
	while (held[at] != block)
		at++;
	held[at] = held[--blocks];
	free(block);
}

static inline void
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

static inline double
SecondsOf(void *context, size_t from, size_t to)
{
	const Wave *wave = context;

	return wave->seconds[from * (wave->count + 1) + to];
}

/* The same in whole milliseconds; -1: no way, or longer than a week. */
static inline int64_t
Leg(const Wave *wave, size_t from, size_t to)
{
	double		seconds = SecondsOf((void *) (uintptr_t) wave, from, to);

	if (from == to)
		return 0;
	if (!isfinite(seconds) || seconds < 0 || seconds > 7 * 86400.0)
		return -1;
	return (int64_t) round(seconds * 1000);
}

static inline int64_t
ServiceOf(const Wave *wave, size_t i)
{
	return wave->terms.service + wave->terms.service_parcel * wave->stops[i].parcels;
}

static inline void
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
static inline void
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
static inline void
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

static inline ktt_status
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
static inline void
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

#endif
