/*
 * Pickup codes: seven random symbols of Crockford's base32 and one check
 * symbol, printed XXXX-XXXX.
 *
 * The check symbol makes the weighted sum of all eight symbols zero in GF(32),
 * with eight different weights: it finds every single wrong symbol and every
 * exchange of two symbols, and stays inside the alphabet that people can type.
 */
#ifndef KTT_CORE_CODE_H
#define KTT_CORE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KTT_CODE_BASE 32			/* symbols of the alphabet */
#define KTT_CODE_RANDOM 7			/* symbols that carry the secret */
#define KTT_CODE_SYMBOLS 8			/* with the check symbol */
#define KTT_CODE_PRINTED 9			/* with the hyphen, without a final zero */
#define KTT_CODE_TYPED_MAX 64		/* longer input is no code */

/* The check symbol of KTT_CODE_RANDOM symbols, each below KTT_CODE_BASE. */
extern uint8_t ktt_code_check(const uint8_t *symbols);

/* Print symbols with their check symbol: KTT_CODE_PRINTED bytes, no final zero. */
extern void ktt_code_print(const uint8_t *symbols, char *out);

/*
 * Read what a human typed (either case, spaces and hyphens anywhere, O for 0,
 * I and L for 1) into KTT_CODE_SYMBOLS symbols. False when it is mistyped.
 */
extern bool ktt_code_read(const char *typed, size_t length, uint8_t *symbols);

#endif
