/* Chains: text and packed form are each other's inverse, and trust nothing. */
#include "core/chain.h"
#include "fuzz.h"

static void
round_trip(const ktt_chain *chain)
{
	unsigned char packed[KTT_CHAIN_SIZE_MAX];
	unsigned char again[KTT_CHAIN_SIZE_MAX];
	unsigned char last[2 * KTT_CHAIN_SIZE_MAX];
	char		text[KTT_CHAIN_TEXT_MAX];
	ktt_chain	copy = {0};
	ktt_fault	fault = {0};
	size_t		size = ktt_chain_pack(packed, chain);
	size_t		length = (size_t) (ktt_chain_print(text, chain) - text);

	MUST(ktt_chain_unpack(&copy, packed, size, &fault) == KTT_OK);
	MUST(ktt_chain_pack(again, &copy) == size);
	MUST(ktt_chain_compare(packed, size, again, size) == 0);
	memset(&copy, 0, sizeof(copy));
	MUST(ktt_chain_parse(&copy, text, length, &fault) == KTT_OK);
	MUST(ktt_chain_pack(again, &copy) == size && memcmp(packed, again, size) == 0);

	MUST(ktt_chain_depth(packed, size) == chain->depth);
	for (int i = 1; i <= chain->depth; i++)
	{
		size_t		upline = ktt_chain_upline_size(packed, size, i);

		MUST(ktt_chain_leads(packed, upline, packed, size));
		MUST(ktt_chain_place(packed, size, ktt_chain_member(packed, size, i)) == i);
	}
	MUST(ktt_chain_member(packed, size, chain->depth + 1) == 0);
	size = ktt_chain_last_downline(last, packed, size);
	MUST(ktt_chain_unpack(&copy, last, size, &fault) == KTT_OK && copy.depth == KTT_CHAIN_MAX);
	for (int i = 0; i < chain->depth; i++)
		MUST(copy.members[i] == chain->members[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ktt_chain	chain = {0};
	ktt_fault	fault = {0};
	ktt_status	status;

	if (size-- == 0)
		return 0;
	if (*data++ & 1)
		status = ktt_chain_unpack(&chain, data, size, &fault);
	else
		status = ktt_chain_parse(&chain, (const char *) data, size, &fault);
	if (status == KTT_OK)
		round_trip(&chain);
	else
		MUST_EXPLAIN(fault, size);
	return 0;
}
