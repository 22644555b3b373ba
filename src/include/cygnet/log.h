/* SPDX-License-Identifier: MIT */
/*
 * Events with typed fields. The sentence for people and the record for machines come from one call:
 *
 *   cyg_log(CYG_LOG_NOTICE, "auth.rejected", "{peer}: {id} was refused: {why}",
 *           F_ENDPOINT("peer", &sa->remote), F_IDENTITY("id", sa->remote_id), F_STR("why", why));
 *
 * Event names are an interface for people who alert on them (doc/EVENTS.md). Fields that the
 * sentence does not name go to structured sinks only. Any thread; formatting happens in the caller
 * and the line goes to the sinks through a bounded queue, so that no caller waits for a disk.
 */
#ifndef CYGNET_LOG_H
#define CYGNET_LOG_H

#include <cygnet/identity.h>
#include <cygnet/ip.h>

enum cyg_log_level { /* numbers of syslog(3) */
	CYG_LOG_CRIT = 2,
	CYG_LOG_ERROR = 3,
	CYG_LOG_WARNING = 4,
	CYG_LOG_NOTICE = 5,
	CYG_LOG_INFO = 6,
	CYG_LOG_DEBUG = 7,
};

enum cyg_field_type {
	CYG_F_END = 0,
	CYG_F_STR,
	CYG_F_FOREIGN, /* octets of a peer, escaped */
	CYG_F_UINT,
	CYG_F_HEX64,   /* SPIs */
	CYG_F_IP,
	CYG_F_ENDPOINT,
	CYG_F_IDENTITY,
	CYG_F_STATUS,
	CYG_F_BOOL,
};

struct cyg_field {
	const char *name;
	enum cyg_field_type type;
	union {
		const char *str;
		struct cyg_bytes foreign;
		uint64_t number;
		const struct cyg_ip *ip;
		const struct cyg_endpoint *endpoint;
		const struct cyg_identity *identity;
		enum cyg_status status;
	};
};

#define F_STR(n_, v_)      { .name = (n_), .type = CYG_F_STR, .str = (v_) }
#define F_FOREIGN(n_, v_)  { .name = (n_), .type = CYG_F_FOREIGN, .foreign = (v_) }
#define F_UINT(n_, v_)     { .name = (n_), .type = CYG_F_UINT, .number = (v_) }
#define F_HEX64(n_, v_)    { .name = (n_), .type = CYG_F_HEX64, .number = (v_) }
#define F_IP(n_, v_)       { .name = (n_), .type = CYG_F_IP, .ip = (v_) }
#define F_ENDPOINT(n_, v_) { .name = (n_), .type = CYG_F_ENDPOINT, .endpoint = (v_) }
#define F_IDENTITY(n_, v_) { .name = (n_), .type = CYG_F_IDENTITY, .identity = (v_) }
#define F_STATUS(n_, v_)   { .name = (n_), .type = CYG_F_STATUS, .status = (v_) }
#define F_BOOL(n_, v_)     { .name = (n_), .type = CYG_F_BOOL, .number = (v_) }

#define cyg_log(level_, event_, sentence_, ...)                                     \
	do {                                                                        \
		if (cyg_log_wanted((level_)))                                       \
			cyg_log_emit((level_), (event_), (sentence_),               \
				     (const struct cyg_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0 } }); \
	} while (0)

/*
 * For lines that an unauthenticated peer can provoke: at most `CYG_LOG_BURST` of one event per
 * second and thread; how many were dropped is logged when the next one passes.
 */
#define CYG_LOG_BURST 10
#define cyg_log_limited(level_, event_, sentence_, ...)                             \
	do {                                                                        \
		if (cyg_log_wanted((level_)) && cyg_log_admit((level_), (event_)))  \
			cyg_log_emit((level_), (event_), (sentence_),               \
				     (const struct cyg_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0 } }); \
	} while (0)

CYG_EXPORT bool cyg_log_wanted(enum cyg_log_level level);
CYG_EXPORT bool cyg_log_admit(enum cyg_log_level level, const char *event);
CYG_EXPORT void cyg_log_emit(enum cyg_log_level level, const char *event, const char *sentence,
			     const struct cyg_field *fields);

#endif
