/* Chains: text and packed form are each other's inverse, and trust nothing. */
#include "core/chain.h"
#include "fuzz.h"

static void
walks(const unsigned char *packed, size_t size, const ktt_chain *chain)
{
	MUST(ktt_chain_depth(packed, size) == chain->depth);
	for (int i = 1; i <= chain->depth; i++)
	{
		size_t		upline = ktt_chain_upline_size(packed, size, i);

		MUST(ktt_chain_leads(packed, upline, packed, size));
		MUST(ktt_chain_member(packed, size, i) == chain->members[i - 1]);
		MUST(ktt_chain_place(packed, size, chain->members[i - 1]) == i);
	}
	MUST(ktt_chain_member(packed, size, chain->depth + 1) == 0);
}

bool
fuzz_chain(fuzz_form form, const int64_t *numbers, const uint8_t *data, size_t size)
{
	unsigned char packed[KTT_CHAIN_SIZE_MAX];
	unsigned char again[KTT_CHAIN_SIZE_MAX];
	unsigned char last[2 * KTT_CHAIN_SIZE_MAX];
	char		text[KTT_CHAIN_TEXT_MAX];
	ktt_chain	chain = {0};
	ktt_chain	copy = {0};
	ktt_fault	fault = {0};
	ktt_status	status;
	size_t		packed_size;
	size_t		last_size;
	size_t		length;

	status = form == FUZZ_PACKED ? ktt_chain_unpack(&chain, data, size, &fault)
		: ktt_chain_parse(&chain, (const char *) data, size, &fault);
	if (status != KTT_OK)
	{
		fuzz_refused(form, status, &fault, size);
		return false;
	}
	packed_size = ktt_chain_pack(packed, &chain);
	if (form == FUZZ_PACKED)
		MUST(packed_size == size && memcmp(packed, data, size) == 0);
	length = (size_t) (ktt_chain_print(text, &chain) - text);
	MUST(ktt_chain_parse(&copy, text, length, &fault) == KTT_OK);
	MUST(ktt_chain_pack(again, &copy) == packed_size);
	MUST(memcmp(packed, again, packed_size) == 0);
	MUST(ktt_chain_unpack(&copy, packed, packed_size, &fault) == KTT_OK);
	MUST(ktt_chain_pack(again, &copy) == packed_size);
	MUST(ktt_chain_compare(packed, packed_size, again, packed_size) == 0);
	walks(packed, packed_size, &chain);

	/* Whatever is below a chain lies between it and its last downline. */
	last_size = ktt_chain_last_downline(last, packed, packed_size);
	MUST(ktt_chain_unpack(&copy, last, last_size, &fault) == KTT_OK);
	MUST(copy.depth == KTT_CHAIN_MAX);
	MUST(ktt_chain_common_size(packed, packed_size, last, last_size) == packed_size);
	copy = chain;
	if (ktt_chain_push(&copy, numbers[0]) == KTT_OK)
	{
		size_t		below = ktt_chain_pack(again, &copy);

		MUST(ktt_chain_compare(packed, packed_size, again, below) < 0);
		MUST(ktt_chain_compare(again, below, last, last_size) <= 0);
	}
	return true;
}
