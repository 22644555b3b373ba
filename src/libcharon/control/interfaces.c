/* SPDX-License-Identifier: MIT */
#include "control/interfaces.h"

#include "control/loopback.h"
#include "policy/select.h"

#include <cygnet/log.h>
#include <cygnet/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOPBACKS_MAX 64

/* What has been made so far, and the walk that is under way. */
struct interfaces {
	struct daemon *daemon;
	struct cyg_kernel_interface made[INTERFACES_MAX];
	size_t made_count;
	struct cyg_ip loopback[LOOPBACKS_MAX]; /* that we put on lo */
	size_t loopback_count;

	struct cyg_kernel_interface wanted[INTERFACES_MAX];
	size_t wanted_count, at;
	bool pruning;
	struct cyg_op op;
	void (*done)(struct daemon *daemon, void *ctx);
	void *ctx;
};

bool interface_device(const struct config_interface *interface, char *out, size_t room)
{
	bool tunnel = interface->kind == IF_TUNNEL && interface->protection_name[0];

	if (!tunnel && interface->kind != IF_VIRTUAL_TEMPLATE)
		return false;
	return (size_t)snprintf(out, room, "cyg-%c%u", tunnel ? 't' : 'v', interface->number) < room;
}

/* An interface's own address, or the one it borrows, as a host address: the prefix stays the lender's. */
static struct cyg_prefix address_of(const struct config_view *view, const struct cyg_prefix *own,
				    const char *unnumbered, bool six)
{
	const struct config_interface *lender = find_interface(view, unnumbered);
	struct cyg_prefix none = { 0 }, borrowed;

	if (cyg_ip_is_set(&own->ip))
		return *own;
	if (!lender)
		return none;
	borrowed = six ? lender->address6 : lender->address4;
	if (cyg_ip_is_set(&borrowed.ip))
		borrowed.len = (uint8_t)cyg_ip_bits(borrowed.ip.family);
	return borrowed;
}

size_t interfaces_wanted(const struct config_view *view, struct cyg_kernel_interface *out, size_t max, size_t *left_out)
{
	size_t count = 0, more = 0;

	for (size_t i = 0; i < view->interface_count; i++) {
		const struct config_interface *from = view->interfaces[i];
		struct cyg_kernel_interface to = { 0 };

		if (!interface_device(from, to.name, sizeof(to.name)))
			continue;
		if (count == max) {
			more++;
			continue;
		}
		to.id = config_interface_id(from->kind, from->number);
		to.mtu = from->mtu;
		to.address4 = address_of(view, &from->address4, from->unnumbered4, false);
		to.address6 = address_of(view, &from->address6, from->unnumbered6, true);
		to.up = !from->shutdown;
		out[count++] = to;
	}
	if (left_out)
		*left_out = more;
	return count;
}

static bool same_prefix(const struct cyg_prefix *a, const struct cyg_prefix *b)
{
	return cyg_ip_equal(&a->ip, &b->ip) && a->len == b->len;
}

static bool same_interface(const struct cyg_kernel_interface *a, const struct cyg_kernel_interface *b)
{
	return a->id == b->id && a->mtu == b->mtu && a->up == b->up &&
	       same_prefix(&a->address4, &b->address4) && same_prefix(&a->address6, &b->address6);
}

static struct cyg_kernel_interface *find_id(struct cyg_kernel_interface *list, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].id == id)
			return &list[i];
	return NULL;
}

bool interface_is_made(const struct daemon *daemon, const struct config_interface *interface)
{
	struct interfaces *s = daemon->interfaces;

	return s && find_id(s->made, s->made_count, config_interface_id(interface->kind, interface->number));
}

static void log_left_out(const char *what, size_t count, size_t most)
{
	if (count)
		cyg_log(CYG_LOG_WARNING, "interface.limit", "{count} {what} are left out: there are {most} at most", F_UINT("count", count),
			F_STR("what", what), F_UINT("most", most));
}

/* --- Loopbacks --- */

static bool wants_loopback(const struct config_view *view, const struct cyg_ip *ip)
{
	for (size_t i = 0; view && i < view->interface_count; i++) {
		const struct config_interface *from = view->interfaces[i];

		if (from->kind == IF_LOOPBACK && !from->shutdown && !from->vrf[0] &&
		    (cyg_ip_equal(&from->address4.ip, ip) || cyg_ip_equal(&from->address6.ip, ip)))
			return true;
	}
	return false;
}

static void log_loopback(const struct cyg_ip *ip, bool add)
{
	cyg_log(CYG_LOG_WARNING, "interface.loopback",
		"the address {address} cannot be {what} lo: {why} (by hand: ip address {verb} {address} dev lo)",
		F_IP("address", ip), F_STR("what", add ? "put on" : "taken off"), F_STR("why", strerror(errno)),
		F_STR("verb", add ? "add" : "del"));
}

/* False: there is no room for it. */
static bool set_loopback(struct interfaces *s, const struct cyg_ip *ip)
{
	enum cyg_status status;

	if (!cyg_ip_is_set(ip) || loopback_has(ip) == CYG_OK)
		return true;
	if (s->loopback_count == LOOPBACKS_MAX)
		return false;
	status = loopback_set(ip, true);
	if (status == CYG_OK)
		s->loopback[s->loopback_count++] = *ip;
	else if (status != CYG_EXISTS)
		log_loopback(ip, true);
	return true;
}

static void set_loopbacks(struct interfaces *s, const struct config_view *view)
{
	size_t left_out = 0;

	for (size_t i = 0; i < view->interface_count; i++) {
		const struct config_interface *from = view->interfaces[i];

		if (from->kind != IF_LOOPBACK || from->shutdown || from->vrf[0])
			continue;
		left_out += !set_loopback(s, &from->address4.ip);
		left_out += !set_loopback(s, &from->address6.ip);
	}
	log_left_out("addresses of Loopbacks", left_out, LOOPBACKS_MAX);
}

static void prune_loopbacks(struct interfaces *s, const struct config_view *view)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->loopback_count; i++) {
		enum cyg_status status;

		if (wants_loopback(view, &s->loopback[i])) {
			s->loopback[kept++] = s->loopback[i];
			continue;
		}
		status = loopback_set(&s->loopback[i], false);
		if (status != CYG_OK && status != CYG_NOT_FOUND)
			log_loopback(&s->loopback[i], false);
	}
	s->loopback_count = kept;
}

/* --- Devices, one after the other --- */

static void walk(struct interfaces *s);

static void note_result(struct interfaces *s, enum cyg_status status)
{
	struct cyg_kernel_interface *made;

	if (s->pruning) {
		if (status != CYG_OK)
			cyg_log(CYG_LOG_WARNING, "interface.stays", "{device} cannot be removed: {status}",
				F_STR("device", s->made[s->at].name), F_STATUS("status", status));
		s->made[s->at] = s->made[--s->made_count];
		return;
	}
	made = find_id(s->made, s->made_count, s->wanted[s->at].id);
	if (status != CYG_OK) {
		cyg_log(CYG_LOG_ERROR, "interface.failed",
			"{device} cannot be made: {status}; tunnels through it will fail",
			F_STR("device", s->wanted[s->at].name), F_STATUS("status", status));
	} else {
		if (!made && s->made_count < INTERFACES_MAX)
			made = &s->made[s->made_count++];
		if (made)
			*made = s->wanted[s->at];
	}
	s->at++;
}

static void walk_on(struct cyg_op *op, enum cyg_status status)
{
	struct interfaces *s = CYG_CONTAINER(op, struct interfaces, op);

	note_result(s, status);
	walk(s);
}

/* Goes on to the next one with which there is something to do. */
static bool find_work(struct interfaces *s)
{
	for (; s->at < (s->pruning ? s->made_count : s->wanted_count); s->at++) {
		const struct cyg_kernel_interface *other =
			s->pruning ? find_id(s->wanted, s->wanted_count, s->made[s->at].id)
				   : find_id(s->made, s->made_count, s->wanted[s->at].id);

		if (!other || (!s->pruning && !same_interface(other, &s->wanted[s->at])))
			return true;
	}
	return false;
}

static void walk(struct interfaces *s)
{
	struct cyg_shard *control = s->daemon->control;
	struct cyg_plugin_ctx *ctx = NULL;
	const struct cyg_kernel_ops *ops = daemon_kernel(s->daemon, &ctx);

	while (ops && find_work(s)) {
		enum cyg_status status;

		cyg_op_init(&s->op, control, walk_on);
		if (s->pruning)
			status = ops->interface_remove(ctx, control, s->made[s->at].id, &s->op);
		else
			status = ops->interface_set(ctx, control, &s->wanted[s->at], &s->op);
		if (status == CYG_PENDING)
			return;
		note_result(s, status);
	}
	s->done(s->daemon, s->ctx);
}

static struct interfaces *interfaces_of(struct daemon *daemon)
{
	if (!daemon->interfaces) {
		daemon->interfaces = calloc(1, sizeof(*daemon->interfaces));
		if (daemon->interfaces)
			daemon->interfaces->daemon = daemon;
	}
	return daemon->interfaces;
}

void interfaces_set(struct daemon *daemon, const struct cyg_config *config,
		    void (*done)(struct daemon *daemon, void *ctx), void *ctx)
{
	struct interfaces *s = interfaces_of(daemon);
	size_t left_out;

	if (!s) {
		cyg_log(CYG_LOG_ERROR, "interface.memory", "memory is short: no interface was made");
		done(daemon, ctx);
		return;
	}
	s->wanted_count = interfaces_wanted(config_view(config), s->wanted, INTERFACES_MAX, &left_out);
	log_left_out("devices of interfaces", left_out, INTERFACES_MAX);
	s->at = 0;
	s->pruning = false;
	s->done = done;
	s->ctx = ctx;
	set_loopbacks(s, config_view(config));
	walk(s);
}

void interfaces_prune(struct daemon *daemon, const struct cyg_config *config,
		      void (*done)(struct daemon *daemon, void *ctx), void *ctx)
{
	struct interfaces *s = daemon->interfaces;

	if (!s) {
		done(daemon, ctx);
		return;
	}
	s->wanted_count = config ? interfaces_wanted(config_view(config), s->wanted, INTERFACES_MAX, NULL) : 0;
	s->at = 0;
	s->pruning = true;
	s->done = done;
	s->ctx = ctx;
	prune_loopbacks(s, config ? config_view(config) : NULL);
	walk(s);
}

void interfaces_free(struct daemon *daemon)
{
	if (daemon->interfaces)
		cyg_op_cancel(&daemon->interfaces->op);
	free(daemon->interfaces);
	daemon->interfaces = NULL;
}
