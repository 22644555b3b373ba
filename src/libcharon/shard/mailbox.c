/* SPDX-License-Identifier: MIT */
/* The mailbox: see mailbox.h for its shape and why. */
#include "shard/mailbox.h"

/* What `head` holds once the mailbox is closed: the address of no message. */
static struct cyg_msg closed;

void mailbox_init(struct mailbox *box, unsigned limit)
{
	atomic_init(&box->head, NULL);
	atomic_init(&box->waiting, 0);
	box->limit = limit;
	box->taken = NULL;
}

static void drop(struct cyg_msg *msg)
{
	if (msg->drop)
		msg->drop(msg);
}

enum cyg_status mailbox_put(struct mailbox *box, struct cyg_msg *msg, bool *wake)
{
	/* Whoever finds it closed drops the message, so it must see all that the owner did before it closed. */
	struct cyg_msg *head = atomic_load_explicit(&box->head, memory_order_acquire);
	bool reserved = msg->reserved;

	*wake = false;
	if (head != &closed && !reserved &&
	    atomic_fetch_add_explicit(&box->waiting, 1, memory_order_relaxed) >= box->limit) {
		atomic_fetch_sub_explicit(&box->waiting, 1, memory_order_relaxed);
		return CYG_BUSY;
	}
	do {
		if (head == &closed) {
			drop(msg);
			return CYG_OK;
		}
		msg->next = head;
	} while (!atomic_compare_exchange_weak_explicit(&box->head, &head, msg,
							memory_order_seq_cst,
							memory_order_acquire));
	*wake = head == NULL;
	return CYG_OK;
}

/* A stack, newest first, as a list with the oldest first. */
static struct cyg_msg *turn_around(struct cyg_msg *stack)
{
	struct cyg_msg *list = NULL;

	while (stack) {
		struct cyg_msg *next = stack->next;

		stack->next = list;
		list = stack;
		stack = next;
	}
	return list;
}

struct cyg_msg *mailbox_take(struct mailbox *box)
{
	struct cyg_msg *msg;

	if (!box->taken) {
		if (mailbox_empty(box))
			return NULL;
		box->taken = turn_around(
			atomic_exchange_explicit(&box->head, NULL, memory_order_acquire));
	}
	msg = box->taken;
	box->taken = msg->next;
	msg->next = NULL;
	if (!msg->reserved)
		atomic_fetch_sub_explicit(&box->waiting, 1, memory_order_relaxed);
	return msg;
}

bool mailbox_empty(const struct mailbox *box)
{
	struct cyg_msg *head = atomic_load(&box->head);

	return !box->taken && (!head || head == &closed);
}

void mailbox_close(struct mailbox *box)
{
	struct cyg_msg *msg = atomic_exchange_explicit(&box->head, &closed, memory_order_acq_rel);

	if (msg == &closed)
		return;
	while (box->taken) {
		struct cyg_msg *next = box->taken->next;

		drop(box->taken);
		box->taken = next;
	}
	msg = turn_around(msg);
	while (msg) {
		struct cyg_msg *next = msg->next;

		drop(msg);
		msg = next;
	}
}
