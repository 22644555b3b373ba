/* SPDX-License-Identifier: MIT */
/*
 * The starter's side of cygnet/broker.h: takes one request from the daemon's socket, does it if it is
 * on the list, answers. Whatever the daemon says, it gets nothing else: this is the border between
 * root and what talks to the network. One thread; never waits.
 */
#ifndef STARTER_BROKER_H
#define STARTER_BROKER_H

#include <cygnet/broker.h>

#include "base/paths.h"

struct broker_kept {
	char name[CYG_BROKER_NAME_MAX];
	int fd;
};

#define BROKER_GROUPS_MAX 64

struct broker {
	/* Set by the owner. */
	char etc_name[PATHS_LEN];
	int etc;                 /* the folder, open; the owner's */
	const char *tun_path;    /* "/dev/net/tun" */
	void (*ready)(void *owner, const char *text);
	void (*alive)(void *owner);
	void *owner;
	/* The broker's own. */
	bool greeted;
	struct broker_kept kept[CYG_BROKER_KEPT_MAX];
	size_t kept_count;
	struct cyg_endpoint groups[BROKER_GROUPS_MAX]; /* where this daemon has UDP sockets */
	size_t group_count;
};

/* A new daemon is at the other end: what was kept stays, what belonged to the old one is forgotten. */
void broker_restart(struct broker *broker);
/* Closes what is kept. */
void broker_done(struct broker *broker);

/*
 * One message from `fd` and its answer. CYG_OK: go on; CYG_BUSY: nothing there; else the daemon is gone
 * (CYG_NOT_FOUND) or does not keep to the protocol and must be ended.
 */
enum cyg_status broker_serve(struct broker *broker, int fd) CYG_MUST_CHECK;

/* The same without a socket: `request` with the descriptor that came along (always closed here). */
void broker_answer(struct broker *broker, const struct cyg_broker_request *request,
		   struct cyg_broker_reply *reply);

#endif
