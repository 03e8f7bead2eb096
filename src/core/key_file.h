/*
 * The key file's text. One key a line, fields parted by blanks:
 *
 *     1 <key id> <purpose> <state> <64 hex digits>
 *
 * Empty lines and lines that begin with # are skipped. The reader says which
 * line breaks which rule; it never repeats what the line holds.
 */
#ifndef KTT_CORE_KEY_FILE_H
#define KTT_CORE_KEY_FILE_H

#include "fault.h"

#include <stdint.h>

#define KTT_KEY_FILE_MAX 65536	/* bytes of a key file */
#define KTT_KEY_MAX 256			/* keys in it */
#define KTT_KEY_SIZE 32			/* bytes of a secret */

typedef enum ktt_key_purpose
{
	KTT_KEY_KEK,				/* wraps data keys */
	KTT_KEY_INDEX,				/* blind index of personal data */
	KTT_KEY_CODE,				/* pickup codes */
	KTT_KEY_LINK,				/* invitation links */
	KTT_KEY_SIGN				/* signatures */
} ktt_key_purpose;

#define KTT_KEY_PURPOSES 5

typedef enum ktt_key_state
{
	KTT_KEY_ACTIVE,				/* makes and checks */
	KTT_KEY_VERIFY,				/* only checks what it made before */
	KTT_KEY_RETIRED				/* kept for the record, not used */
} ktt_key_state;

typedef struct ktt_key
{
	uint32_t	id;
	ktt_key_purpose purpose;
	ktt_key_state state;
	unsigned char secret[KTT_KEY_SIZE];
} ktt_key;

typedef struct ktt_key_list
{
	size_t		count;
	ktt_key		keys[KTT_KEY_MAX];
} ktt_key_list;

/* The purpose with this name, or -1. */
extern int	ktt_key_purpose_find(const char *name, size_t length);

extern const char *ktt_key_purpose_name(ktt_key_purpose purpose);

/*
 * Read a whole key file. On failure fault->reason names the rule and
 * fault->position is the line, 0 when the rule is about the file as a whole;
 * the list then holds nothing of use, but may hold secrets.
 */
extern ktt_status ktt_key_file_read(const char *text, size_t length,
									ktt_key_list *list, ktt_fault *fault);

#endif
