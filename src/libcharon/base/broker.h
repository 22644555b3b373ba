/* SPDX-License-Identifier: MIT */
/*
 * The messages between daemon and starter: typed requests and replies to octets and back, and one
 * message with at most one descriptor through a SOCK_SEQPACKET socket. Both sides share this file, so
 * that they cannot differ. No state; any thread.
 *
 *   request: version (16 bits), verb (8), 0 (8), sequence (32), then by verb
 *     HELLO, CONFIG_REPLACE, ALIVE  nothing
 *     SOCKET     kind (8), flags (8), family (8), address (32 or 128), port (16), scope (32)
 *     TUN        flags (8), name
 *     FILE_OPEN, KEEP, RETURN  name
 *     READY      text
 *   reply: version (16), verb (8), status (8), sequence (32), text
 *   name, text: length (8), that many octets without NUL
 */
#ifndef CYGNET_BASE_BROKER_H
#define CYGNET_BASE_BROKER_H

#include <cygnet/broker.h>

#define BROKER_MESSAGE_MAX 512 /* octets; the longest is shorter */

/*
 * CYG_UNSUPPORTED: another version; CYG_MALFORMED. `*sequence` is set as soon as it was there, so that a
 * refusal can name it. `out->fd` is -1: descriptors travel beside the octets.
 */
enum cyg_status broker_request_read(struct cyg_bytes octets, uint32_t *sequence,
				    struct cyg_broker_request *out) CYG_MUST_CHECK;
/* The octets in `buffer` of BROKER_MESSAGE_MAX; empty if the request cannot be said. */
struct cyg_bytes broker_request_write(uint8_t *buffer, uint32_t sequence,
				      const struct cyg_broker_request *request);

struct broker_reply_head {
	enum cyg_broker_verb verb;
	uint32_t sequence;
};

enum cyg_status broker_reply_read(struct cyg_bytes octets, struct broker_reply_head *head,
				  struct cyg_broker_reply *out) CYG_MUST_CHECK;
/* A text that is too long is cut. */
struct cyg_bytes broker_reply_write(uint8_t *buffer, const struct broker_reply_head *head,
				    const struct cyg_broker_reply *reply);

/* One message, with `pass` (-1: none; it stays the caller's). Never waits: CYG_BUSY when the socket is
 * full; CYG_IO when the other side is gone. */
enum cyg_status broker_send(int fd, struct cyg_bytes octets, int pass) CYG_MUST_CHECK;
/*
 * One message into `buffer` of BROKER_MESSAGE_MAX, its descriptor (close-on-exec, the caller's) or -1 at
 * *passed. Never waits. CYG_BUSY: none there; CYG_NOT_FOUND: the other side has closed; CYG_MALFORMED:
 * it was too long or carried more than one descriptor (all closed); CYG_IO.
 */
enum cyg_status broker_receive(int fd, uint8_t *buffer, struct cyg_bytes *octets, int *passed)
	CYG_MUST_CHECK;

#endif
