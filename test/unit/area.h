/*
 * Areas for tests, written as WKB is documented.
 */
#ifndef KTT_TEST_AREA_H
#define KTT_TEST_AREA_H

#include "pool.h"
#include "unit.h"

#include "core/area.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static pool heap = {0, POOL_ENDLESS};
static const ktt_memory memory = {take, give_back, &heap};

/* WKB that is being written. */
static unsigned char bytes[400000];
static size_t size;

static inline void
put_number(uint32_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[size++] = (unsigned char) (number >> 8 * i);
}

static inline void
put_place(ktt_place place)
{
	uint64_t	bits[2];

	memcpy(&bits[0], &place.longitude, 8);
	memcpy(&bits[1], &place.latitude, 8);
	for (int i = 0; i < 2; i++)
	{
		put_number((uint32_t) bits[i]);
		put_number((uint32_t) (bits[i] >> 32));
	}
}

static inline void
put_header(uint32_t type, uint32_t count)
{
	bytes[size++] = 1;
	put_number(type);
	put_number(count);
}

static inline void
put_ring(const ktt_place *ring, size_t count)
{
	put_number((uint32_t) count);
	for (size_t i = 0; i < count; i++)
		put_place(ring[i]);
}

/* In memory of its very size, so that reading beyond is seen. */
static inline ktt_status
unpack(ktt_area **area, ktt_fault *fault)
{
	unsigned char *exact = malloc(size > 0 ? size : 1);
	ktt_status	status;

	memcpy(exact, bytes, size);
	*area = NULL;
	status = ktt_area_unpack(exact, size, &memory, area, fault);
	free(exact);
	return status;
}

static inline ktt_area *
must_unpack(void)
{
	ktt_area   *area;
	ktt_fault	fault = {KTT_OK};

	if (!CHECK(unpack(&area, &fault) == KTT_OK, "an area is unpacked"))
	{
		printf("%s\n", fault.reason);
		exit(1);
	}
	return area;
}

static inline ktt_area *
polygon(const ktt_place *ring, size_t count)
{
	size = 0;
	put_header(3, 1);
	put_ring(ring, count);
	return must_unpack();
}

#endif
