/* What is fuzzed: every parser and every reader of packed bytes. */
#ifndef KTT_TEST_TARGETS_H
#define KTT_TEST_TARGETS_H

#include "fuzz.h"
#include "mutate.h"

typedef struct target
{
	const char *name;			/* also of the directory below seeds */
	fuzz_harness harness;
	fuzz_form	form;
	void		(*make) (input *in, bool wrong);	/* one that must be accepted, or refused */
	const char *const *words;	/* of the grammar, and numbers at its edges */
	const char *grammar;		/* what does not match must be refused; or NULL */
	bool		fold;			/* its words in either case */
	bool		whole;			/* no part of an input from its start is one */
} target;

extern const target targets[];
extern const size_t target_count;

/* Exits when there is none of this name. */
extern const target *find_target(const char *name);

/*
 * The makers, by noun. What is wrong with an input is wrong in its meaning, such
 * as the same key twice: mutation seldom comes upon that.
 */
extern void make_chain_text(input *in, bool wrong);
extern void make_chain_packed(input *in, bool wrong);
extern void make_basket_text(input *in, bool wrong);
extern void make_basket_packed(input *in, bool wrong);
extern void make_shares_text(input *in, bool wrong);
extern void make_shares_packed(input *in, bool wrong);
extern void make_split_text(input *in, bool wrong);
extern void make_split_packed(input *in, bool wrong);
extern void make_pickup_text(input *in, bool wrong);
extern void make_pickup_packed(input *in, bool wrong);
extern void make_key_file(input *in, bool wrong);
extern void make_code(input *in, bool wrong);
extern void make_area(input *in, bool wrong);

/* Put the digest that fits into what may be packed pickup points. */
extern void seal_pickup(uint8_t *bytes, size_t size);

/* Right and nearly so. */
extern void make_chain_json(input *in);
extern void make_basket_json(input *in);
extern void make_shares_json(input *in);
extern void make_split_json(input *in);

#endif
