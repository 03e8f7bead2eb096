/*
 * Work over millions of entries pauses now and then, so that whoever runs the
 * core can break it off there.
 */
#ifndef KTT_CORE_PAUSE_H
#define KTT_CORE_PAUSE_H

#include <stddef.h>

/* Called in a pause; need not return. NULL: nobody wants to know. */
extern void (*ktt_pause_hook) (void);

static inline void
ktt_pause(void)
{
	if (ktt_pause_hook != NULL)
		ktt_pause_hook();
}

/* Steps from one pause to the next, a millisecond or so. */
#define KTT_PAUSE_STEPS 65536

static inline void
ktt_pause_at(size_t step)
{
	if (step % KTT_PAUSE_STEPS == KTT_PAUSE_STEPS - 1)
		ktt_pause();
}

#endif
