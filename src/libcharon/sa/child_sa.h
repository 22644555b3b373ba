/* SPDX-License-Identifier: MIT */
/*
 * A CHILD_SA: a pair of ESP SAs that the kernel plugin carries. `d` is the durable part; its keys
 * stand in secret memory and its selectors in one allocation, since most children have one of each side.
 *
 * Owning shard only. A child belongs to one ike_sa, whose list holds it; a rekeyed IKE_SA inherits them.
 */
#ifndef SA_CHILD_SA_H
#define SA_CHILD_SA_H

#include <cygnet/kernel.h>

struct config_ipsec_profile;
struct ike_sa;

enum child_state {
	CHILD_NEW = 0,    /* negotiated, not in the kernel yet */
	CHILD_INSTALLED,
	CHILD_REKEYING,   /* our CREATE_CHILD_SA for it is under way */
	CHILD_REKEYED,    /* a newer one replaced it; waits for its DELETE */
	CHILD_DELETING,   /* our DELETE is under way */
	CHILD_STATES,
};

struct child_durable {
	uint32_t spi_in, spi_out;       /* host byte order */
	uint16_t encr, key_bits, integ;
	uint16_t pfs_group;             /* of its last key exchange, 0: none */
	bool esn, udp_encap;
	uint8_t mode;                   /* enum cyg_ipsec_mode */
	uint32_t interface_id;
	uint32_t replay_window;
	uint32_t lifetime_s;            /* 0: none */
	uint64_t lifetime_kb;           /* 0: none */
	uint16_t key_len;               /* of one direction: cipher key, salt, integrity key */
};

/* Selectors of both sides: `local` first, then `remote`. */
struct child_ts {
	uint8_t local, remote;
	struct cyg_selector item[];
};

struct child_sa {
	struct child_durable d;
	struct child_sa *next;          /* of the same IKE_SA */
	struct ike_sa *ike_sa;          /* borrowed */
	uint64_t number;                /* grows along the list; a new one with a new IKE_SA */
	uint8_t state;                  /* enum child_state */
	bool want_rekey, want_delete;   /* requests we are to make */
	bool outbound_held;             /* only inbound is in the kernel until the peer deletes the old one */
	bool initiator;                 /* our request made it */
	uint8_t *keys;                  /* secret memory: inbound key, then outbound key */
	struct child_ts *ts;
	const struct config_ipsec_profile *profile; /* counted */
	uint64_t born_ms, soft_at, hard_at;
	struct cyg_timer timer;
	uint32_t successor;             /* spi_in of the child that replaced it, 0: none */
	uint32_t replaces;              /* spi_in of the child it replaced, 0: none */
	uint8_t nonce_low[32];          /* head of the lower nonce of its exchange, for collisions */
};

/* A zeroed child in no list; NULL if out of memory. */
struct child_sa *child_sa_new(void);
/* Frees it and what it owns; the kernel was told before. NULL is fine. */
void child_sa_free(struct child_sa *child);
/* CYG_NOMEM; replaces what was there. */
enum cyg_status child_sa_set_ts(struct child_sa *child, const struct cyg_selectors *local,
				const struct cyg_selectors *remote) CYG_MUST_CHECK;
/* Copies of one side. */
void child_sa_get_ts(const struct child_sa *child, struct cyg_selectors *local,
		     struct cyg_selectors *remote);
/* Room for both keys of `len` octets each; CYG_NOMEM. */
enum cyg_status child_sa_set_keys(struct child_sa *child, struct cyg_bytes in, struct cyg_bytes out)
	CYG_MUST_CHECK;
const char *child_state_text(uint8_t state);

#endif
