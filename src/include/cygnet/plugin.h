/* SPDX-License-Identifier: MIT */
/*
 * A plugin is data first: one constant descriptor says what it provides, what it needs and what can
 * be configured. The registry reads it before any of the plugin's code has run.
 *
 * ABI: `abi` and `size` are compared before anything else is read. CYG_PLUGIN_ABI changes whenever a
 * struct of these headers does (NEWS, "Compatibility").
 */
#ifndef CYGNET_PLUGIN_H
#define CYGNET_PLUGIN_H

#include <cygnet/aaa.h>
#include <cygnet/address.h>
#include <cygnet/authz.h>
#include <cygnet/cert.h>
#include <cygnet/cfg_attr.h>
#include <cygnet/commands.h>
#include <cygnet/crypto.h>
#include <cygnet/eap.h>
#include <cygnet/esp.h>
#include <cygnet/kernel.h>
#include <cygnet/listener.h>
#include <cygnet/log.h>
#include <cygnet/name_mangler.h>
#include <cygnet/objects.h>
#include <cygnet/option.h>
#include <cygnet/outside.h>

#define CYG_PLUGIN_ABI 1u

enum cyg_feature_kind {
	CYG_FEATURE_END = 0,
	CYG_CIPHER, CYG_MAC, CYG_PRF, CYG_HASH, CYG_KE, CYG_RNG, CYG_ESP,  /* crypto */
	CYG_SIGNER, CYG_CERT, CYG_TLS,
	CYG_KERNEL, CYG_FETCH, CYG_RESOLVE,                                /* the world outside */
	CYG_EAP_CLIENT, CYG_EAP_SERVER, CYG_AAA, CYG_AUTHZ, CYG_NAME_MANGLER, /* who, and what they may */
	CYG_ADDRESS, CYG_CFG_ATTR, CYG_COMMANDS, CYG_LISTENER,             /* what they get; the language */
	CYG_FEATURE_KINDS,
};

struct cyg_feature {
	enum cyg_feature_kind kind;
	union {
		const void *any; /* for the registry's generic lists only */
		const struct cyg_cipher_ops *cipher;
		const struct cyg_mac_ops *mac;
		const struct cyg_prf_ops *prf;
		const struct cyg_hash_ops *hash;
		const struct cyg_ke_ops *ke;
		const struct cyg_rng_ops *rng;
		const struct cyg_esp_ops *esp;
		const struct cyg_signer_ops *signer;
		const struct cyg_cert_ops *cert;
		const struct cyg_tls_ops *tls;
		const struct cyg_kernel_ops *kernel;
		const struct cyg_fetch_ops *fetch;
		const struct cyg_resolve_ops *resolve;
		const struct cyg_eap_method_ops *eap_client, *eap_server;
		const struct cyg_aaa_ops *aaa;
		const struct cyg_authz_ops *authz;
		const struct cyg_name_mangler_ops *name_mangler;
		const struct cyg_address_ops *address;
		const struct cyg_cfg_attr_ops *cfg_attr;
		const struct cyg_command_table *commands;
		const struct cyg_listener_ops *listener;
	};
};

/* The only way to write an entry: tag and member are set together. */
#define CYG_PROVIDE_CIPHER(ops_)       { .kind = CYG_CIPHER, .cipher = (ops_) }
#define CYG_PROVIDE_MAC(ops_)          { .kind = CYG_MAC, .mac = (ops_) }
#define CYG_PROVIDE_PRF(ops_)          { .kind = CYG_PRF, .prf = (ops_) }
#define CYG_PROVIDE_HASH(ops_)         { .kind = CYG_HASH, .hash = (ops_) }
#define CYG_PROVIDE_KE(ops_)           { .kind = CYG_KE, .ke = (ops_) }
#define CYG_PROVIDE_RNG(ops_)          { .kind = CYG_RNG, .rng = (ops_) }
#define CYG_PROVIDE_ESP(ops_)          { .kind = CYG_ESP, .esp = (ops_) }
#define CYG_PROVIDE_SIGNER(ops_)       { .kind = CYG_SIGNER, .signer = (ops_) }
#define CYG_PROVIDE_CERT(ops_)         { .kind = CYG_CERT, .cert = (ops_) }
#define CYG_PROVIDE_TLS(ops_)          { .kind = CYG_TLS, .tls = (ops_) }
#define CYG_PROVIDE_KERNEL(ops_)       { .kind = CYG_KERNEL, .kernel = (ops_) }
#define CYG_PROVIDE_FETCH(ops_)        { .kind = CYG_FETCH, .fetch = (ops_) }
#define CYG_PROVIDE_RESOLVE(ops_)      { .kind = CYG_RESOLVE, .resolve = (ops_) }
#define CYG_PROVIDE_EAP_CLIENT(ops_)   { .kind = CYG_EAP_CLIENT, .eap_client = (ops_) }
#define CYG_PROVIDE_EAP_SERVER(ops_)   { .kind = CYG_EAP_SERVER, .eap_server = (ops_) }
#define CYG_PROVIDE_AAA(ops_)          { .kind = CYG_AAA, .aaa = (ops_) }
#define CYG_PROVIDE_AUTHZ(ops_)        { .kind = CYG_AUTHZ, .authz = (ops_) }
#define CYG_PROVIDE_NAME_MANGLER(ops_) { .kind = CYG_NAME_MANGLER, .name_mangler = (ops_) }
#define CYG_PROVIDE_ADDRESS(ops_)      { .kind = CYG_ADDRESS, .address = (ops_) }
#define CYG_PROVIDE_CFG_ATTR(ops_)     { .kind = CYG_CFG_ATTR, .cfg_attr = (ops_) }
#define CYG_PROVIDE_COMMANDS(table_)   { .kind = CYG_COMMANDS, .commands = (table_) }
#define CYG_PROVIDE_LISTENER(ops_)     { .kind = CYG_LISTENER, .listener = (ops_) }
#define CYG_FEATURES_END               { .kind = CYG_FEATURE_END }

struct cyg_need {
	enum cyg_feature_kind kind;
	uint16_t id;                    /* transform id, EAP type; 0 for any */
	bool optional;                  /* absent: the plugin loads and is told */
};

struct cyg_conf;        /* a typed options struct with its strings, counted and immutable */

struct cyg_plugin {
	uint32_t abi, size;             /* CYG_PLUGIN() fills these in */
	const char *name, *version;
	const char *summary;            /* one line for `show plugins` and the manual */
	const struct cyg_feature *provides;
	const struct cyg_need *needs;   /* ended by kind 0; NULL for none */
	const struct cyg_option *options;
	size_t conf_size;
	/* All optional. init, check and fini run on the control thread, the others on their shard. */
	enum cyg_status (*check)(const void *conf, struct cyg_strbuf *why); /* rules between options */
	enum cyg_status (*init)(struct cyg_plugin_ctx *ctx);
	enum cyg_status (*shard_start)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard);
	void (*reloaded)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard);
	void (*shard_stop)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard);
	void (*fini)(struct cyg_plugin_ctx *ctx);
};

/* In a shared object the loader finds `cyg_plugin_descriptor`; linked statically (tests, monolithic
 * builds: CYG_MONOLITHIC) each plugin has a name of its own. */
#ifdef CYG_MONOLITHIC
#define CYG_PLUGIN_SYMBOL_(name_) cyg_plugin_##name_
#else
#define CYG_PLUGIN_SYMBOL_(name_) cyg_plugin_descriptor
#endif
#define CYG_PLUGIN(name_, text_, ...)                                                   \
	CYG_EXPORT extern const struct cyg_plugin CYG_PLUGIN_SYMBOL_(name_);            \
	const struct cyg_plugin CYG_PLUGIN_SYMBOL_(name_) = { .abi = CYG_PLUGIN_ABI,    \
		.size = sizeof(struct cyg_plugin), .name = (text_), __VA_ARGS__ }

/* --- What the registry gives a plugin --- */

/* The plugin's own state for the whole daemon and for one shard: set once in init / shard_start. */
CYG_EXPORT void cyg_plugin_set_data(struct cyg_plugin_ctx *ctx, void *data);
CYG_EXPORT void *cyg_plugin_data(const struct cyg_plugin_ctx *ctx);
CYG_EXPORT void cyg_plugin_set_shard_data(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, void *data);
CYG_EXPORT void *cyg_plugin_shard_data(const struct cyg_plugin_ctx *ctx, const struct cyg_shard *shard);
/* The options in force on this shard: a `conf_size` struct, valid until the next turn of the loop. */
CYG_EXPORT const void *cyg_plugin_conf(const struct cyg_plugin_ctx *ctx, const struct cyg_shard *shard);
#define CYG_CONF(ctx_, shard_, type_) ((const type_ *)cyg_plugin_conf((ctx_), (shard_)))

/* For what is only known at run time (a backend asking its library): the same types, from init(). */
CYG_EXPORT enum cyg_status cyg_plugin_add(struct cyg_plugin_ctx *ctx, struct cyg_feature feature)
	CYG_MUST_CHECK;

/*
 * A plugin that is used keeps loaded: uses are counted per shard. An algorithm's use is counted by the instance; what a session
 * holds for longer (an EAP session, a lease) takes a use of its own.
 */
CYG_EXPORT void cyg_plugin_use(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard);
CYG_EXPORT void cyg_plugin_release(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard);

/*
 * Look-ups on a shard: the preferred provider of one algorithm, with this shard's instance (made at
 * first use). CYG_UNSUPPORTED if nothing that is loaded has it. The result may be kept until the shard's registry
 * generation changes (cyg_registry_generation()).
 */
CYG_EXPORT enum cyg_status cyg_get_cipher(struct cyg_shard *shard, uint16_t id, uint16_t key_bits,
					  struct cyg_cipher *out) CYG_MUST_CHECK;
CYG_EXPORT enum cyg_status cyg_get_mac(struct cyg_shard *shard, uint16_t id, struct cyg_mac *out) CYG_MUST_CHECK;
CYG_EXPORT enum cyg_status cyg_get_prf(struct cyg_shard *shard, uint16_t id, struct cyg_prf *out) CYG_MUST_CHECK;
CYG_EXPORT enum cyg_status cyg_get_hash(struct cyg_shard *shard, uint16_t id, struct cyg_hash *out) CYG_MUST_CHECK;
CYG_EXPORT enum cyg_status cyg_get_ke(struct cyg_shard *shard, uint16_t id, struct cyg_ke *out) CYG_MUST_CHECK;
CYG_EXPORT enum cyg_status cyg_get_esp(struct cyg_shard *shard, uint16_t encr, uint16_t key_bits,
				       uint16_t integ, struct cyg_esp *out) CYG_MUST_CHECK;
CYG_EXPORT uint32_t cyg_registry_generation(const struct cyg_shard *shard);

/* Other kinds: the nth provider in order of preference with its context, NULL after the last. */
CYG_EXPORT const struct cyg_feature *cyg_get_feature(struct cyg_shard *shard, enum cyg_feature_kind kind,
						     unsigned n, struct cyg_plugin_ctx **ctx);

#endif
