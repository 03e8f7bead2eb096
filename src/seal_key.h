/*
 * Keys of this server: read from ktt.key_file when a backend first needs one,
 * held in locked, guarded, read-only memory, read again when the setting or the
 * file changes.
 */
#ifndef KTT_SEAL_KEY_H
#define KTT_SEAL_KEY_H

#include "compat.h"
#include "core/key_file.h"

/*
 * For every error that a function can raise while it holds a secret argument:
 * keeps the statement, and with it the secret, out of the server's log.
 */
#define KTT_HIDE_STATEMENT errhidestmt(true), errhidecontext(true)

/* Start libsodium and define ktt.key_file. */
extern void KttSealInit(void);

/*
 * The keys of the file, or NULL when no file is configured. A file that is
 * configured but cannot be used is an error. Valid until the next call.
 */
extern const ktt_key_list *KttKeys(void);

/* The key that makes new seals of this purpose, NULL when there is none. */
extern const ktt_key *KttActiveKey(const ktt_key_list *keys,
								   ktt_key_purpose purpose);

/* Raise KT501 for a purpose without keys; keys as KttKeys() gave them. */
extern void KttNoKey(const ktt_key_list *keys, ktt_key_purpose purpose)
			pg_attribute_noreturn();

#endif
