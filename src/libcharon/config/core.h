/* SPDX-License-Identifier: MIT */
/*
 * What the core's commands share. Each file core_*.c is a table of modes and rows with their
 * `apply` and `check`; config_core_commands is the first of them. Control thread.
 */
#ifndef CONFIG_CORE_H
#define CONFIG_CORE_H

#include "config/idle.h"
#include "config/objects.h"

extern const struct cyg_command_table core_aaa_commands, core_ikev2_commands, core_pki_commands, core_profile_commands,
	core_ipsec_commands, core_interface_commands, core_route_commands, core_vrf_commands,
	core_acl_commands, core_map_commands, core_client_commands;

#define MODE_TACACS_GROUP "tacacs-server-group"

/* AAA lists without `aaa new-model`: a finding at the first of them; from the check of the whole. */
void core_check_new_model(struct cyg_build *build, const struct config_global *global);
void core_check_http_url(struct cyg_build *build, const struct config_global *global);
/* `init` of every object that begins with a struct config_head. */
void core_init(void *object, struct cyg_str name);
/* Copies text into an array; what does not fit is a finding `range` at the argument. */
void core_text(struct cyg_build *build, const struct cyg_args *args, const char *name, char *out,
	       size_t size);
/* Ends a `check`: with nothing missing and no reason the object is complete. */
void core_finish(struct cyg_build *build, struct config_head *head, const char *missing,
		 const char *unusable);
/* Adds to a list of what is missing, with commas between. */
void core_lacks(struct cyg_strbuf *missing, const char *what);
/* Was the line at `a` before that at `b`? By their numbers; false without them. */
bool core_earlier(const char *a, const char *b);
/* The place of the line being applied, to be kept in the object. */
void core_place(const struct cyg_build *build, char out[CONFIG_PLACE_MAX]);
/* Reads `address`, `fqdn [domain]`, `email [domain]`, `key-id` or `any` of a line. */
void core_id_match(struct cyg_build *build, const struct cyg_args *args, struct id_match *out);
/* The argument `map`: the sequences of that certificate map, as one more of *count uses. */
enum cyg_status core_take_map(struct cyg_build *build, const struct cyg_args *args,
			      struct config_cert_map_use *uses, unsigned *count) CYG_MUST_CHECK;
void core_free_maps(struct config_cert_map_use *uses, unsigned count);
/* Two policies, two profiles with the same match: a finding at the later one. `inherit`, `inner` and `done` of the whole. */
void core_overlaps_inherit(struct config_global *global, const struct config_global *before);
void core_overlaps_inner(struct cyg_build *build, struct config_global *global, const struct cyg_inner *change);
void core_overlaps_done(struct config_global *global);
/* MODP and ECP groups that may be named; warns of the weak ones. False (and an error) for others.
 */
/* False, with an error, for fe80::/10, and for a word that is such an address with its zone (fe80::1%eth0). */
bool core_outer_address(struct cyg_build *build, const struct cyg_args *args, const char *address, const char *word);
bool core_group(struct cyg_build *build, uint64_t group);
bool core_group_is_weak(uint64_t group);
/* The group of `set pfs [<group:choice(CORE_GROUPS)>]`; 0 with an error. */
uint16_t core_pfs(struct cyg_build *build, const struct cyg_args *args);
#define CORE_GROUPS \
	"group1|group2|group5|group14|group15|group16|group17|group18|group19|group20|group21|" \
	"group24|group31|group32"

#endif
