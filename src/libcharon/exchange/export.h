/* SPDX-License-Identifier: MIT */
/*
 * Keys as Wireshark reads them: a line of its table `ikev2_decryption_table` for each IKE_SA, two of `esp_sa` for
 * each CHILD_SA. A debugging aid: whoever has the lines can read all that was said. Nothing is made of them unless
 * the daemon's options hold a struct key_export (cygnet.conf, `key-export`). Owning shard.
 */
#ifndef EXCHANGE_EXPORT_H
#define EXCHANGE_EXPORT_H

#include <cygnet/bytes.h>

struct child_sa;
struct ike_sa;

enum key_table { KEY_TABLE_IKE, KEY_TABLE_ESP, KEY_TABLES };

struct key_export {
	/* A whole line with its end; borrowed for the call. Any shard, several at once. */
	void (*write)(const struct key_export *to, enum key_table table, struct cyg_bytes line);
};

/* When its keys are there. Algorithms that Wireshark has no name for are left out. */
void export_ike(const struct ike_sa *sa);
void export_child(const struct child_sa *child);

#endif
