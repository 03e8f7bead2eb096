/*
 * Driver runs: the stops of a wave, shared out over vehicles that leave the
 * warehouse together.
 *
 * As many stops as can be are served, with as few vehicles as can be found, and
 * then in as little driving time as can be found: savings of Clarke and Wright,
 * local search, and runs emptied into the others. The same stops and legs give the
 * same runs on every machine, whatever order the stops are given in.
 */
#ifndef KTT_CORE_RUN_H
#define KTT_CORE_RUN_H

#include "fault.h"
#include "memory.h"

#include <stdbool.h>
#include <stdint.h>

/* The table of legs takes 4 bytes for each pair: 16 MB. */
#define KTT_RUN_STOPS_MAX 2000
/* A week, in milliseconds. */
#define KTT_RUN_WITHIN_MAX INT64_C(604800000)
#define KTT_RUN_CAPACITY_MAX INT64_C(1000000000)

typedef struct ktt_run_stop
{
	int64_t		id;				/* distinct; ties go to the smaller one */
	int64_t		parcels;		/* 0 or more */
} ktt_run_stop;

/*
 * Seconds from one place to another: 0 is the warehouse, stop i of the array is
 * i + 1. What is negative or not finite means that there is no way. A way from a
 * to b need not be as long as the way back, nor the shortest by way of others. A
 * last stop without a way back is put up with, but only where it cannot be helped.
 */
typedef double (*ktt_run_seconds) (void *context, size_t from, size_t to);

typedef struct ktt_run_legs
{
	ktt_run_seconds seconds;
	void	   *context;
	bool		symmetric;		/* only from < to is asked */
} ktt_run_legs;

/* Times are in milliseconds. */
typedef struct ktt_run_terms
{
	int64_t		capacity;		/* parcels that a vehicle takes, 1 or more */
	int64_t		within;			/* from the departure to the end of the last service */
	int64_t		service;		/* at each stop ... */
	int64_t		service_parcel;	/* ... and for each of its parcels */
	size_t		vehicles;		/* at most so many runs */
} ktt_run_terms;

typedef enum ktt_run_outcome
{
	KTT_RUN_SERVED = 0,
	KTT_RUN_TOO_LARGE,			/* more parcels than a vehicle takes */
	KTT_RUN_NO_WAY,				/* no way leads there */
	KTT_RUN_TOO_FAR,			/* not in time even when nothing else is served */
	KTT_RUN_NO_VEHICLE			/* all vehicles are under way */
} ktt_run_outcome;

typedef struct ktt_run_visit
{
	ktt_run_outcome outcome;
	uint32_t	run;			/* from 1, when served */
	uint32_t	place;			/* in the run, from 1 */
	int64_t		arrives;		/* ms from the departure; straight there when too far */
	int64_t		late;			/* ms, above 0 only when too far */
} ktt_run_visit;

typedef struct ktt_run_totals
{
	size_t		runs;
	size_t		bound;			/* whoever serves the same stops needs at least so many */
	int64_t		drive;			/* ms at the wheel, the ways back included */
} ktt_run_totals;

/*
 * Plan the runs; visits has room for count. KTT_VALUE for ids that are not
 * distinct or terms out of bounds, KTT_LIMIT for too many stops or no memory.
 */
extern ktt_status ktt_runs_plan(const ktt_run_stop *stops, size_t count,
								const ktt_run_legs *legs,
								const ktt_run_terms *terms,
								const ktt_memory *memory,
								ktt_run_visit *visits, ktt_run_totals *totals,
								ktt_fault *fault);

#endif
