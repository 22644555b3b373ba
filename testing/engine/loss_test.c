/* SPDX-License-Identifier: MIT */
/* A wire that loses, doubles and reorders: whatever it does to one message, both sides end up alike. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

struct script {
	unsigned number;            /* which datagram */
	enum kit_verdict verdict;
	unsigned seen;
};

static enum kit_verdict one_message(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct script *s = ctx;

	s->seen++;
	return packet->number == s->number ? s->verdict : KIT_PASS;
}

/* A whole life: set-up, rekeys of both kinds, delete. Returns how many datagrams it took. */
static unsigned live(struct script *s, const char *what)
{
	struct kit *kit = kit_new(NULL);
	struct ike_sa *sa;

	kit->script = one_message;
	kit->ctx = s;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 20000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert_msg(kit_connected(kit), "%s: message %u: not connected", what, s->number);

	kit_sa(kit_client(kit))->children->want_rekey = true;
	driver_pump(kit_sa(kit_client(kit)));
	kit_pass(kit, 20000);
	ck_assert_msg(kit_connected(kit), "%s: message %u: child not rekeyed", what, s->number);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).child_rekeyed, 1);

	sa = kit_sa(kit_gateway(kit));
	sa->wants |= WANT_REKEY;
	driver_pump(sa);
	kit_pass(kit, 20000);
	ck_assert_msg(kit_connected(kit), "%s: message %u: IKE_SA not rekeyed", what, s->number);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).ike_rekeyed, 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).ike_rekeyed, 1);

	ck_assert_uint_eq(ike_clear(kit_gateway(kit)->ike[0], NULL, NULL, UINT32_MAX, 10), 1);
	kit_pass(kit, 1500);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)) +
				  (s->verdict == KIT_DROP ? 0 : kit_up(kit_client(kit))), 0);
	kit_free(kit);
	return s->seen;
}

/* How many datagrams an undisturbed life takes. */
static unsigned undisturbed(void)
{
	struct script nothing = { .number = 0 };

	return live(&nothing, "undisturbed");
}

START_TEST(every_message_may_be_lost_once)
{
	unsigned count = undisturbed();

	ck_assert_uint_ge(count, 14);
	for (unsigned n = 1; n <= count - 2; n++)
		(void)live(&(struct script){ .number = n, .verdict = KIT_DROP }, "lost");
}
END_TEST

START_TEST(every_message_may_come_twice)
{
	unsigned count = undisturbed();

	for (unsigned n = 1; n <= count; n++)
		(void)live(&(struct script){ .number = n, .verdict = KIT_DOUBLE }, "doubled");
}
END_TEST

/* Every message comes once more, much later: all that were ever sent, newest first. */
struct recorder {
	struct kit_packet *all;
	unsigned count;
};

static enum kit_verdict record(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct recorder *r = ctx;
	struct kit_packet *copy = calloc(1, sizeof(*copy) + packet->len);

	memcpy(copy, packet, sizeof(*copy));
	memcpy(copy->octets, packet->octets, packet->len);
	copy->next = r->all;
	r->all = copy;
	r->count++;
	return KIT_PASS;
}

START_TEST(all_messages_replayed_late_change_nothing)
{
	struct recorder r = { 0 };
	struct kit *kit = kit_new(NULL);
	struct ike_sa *sa;
	struct ike_durable before;

	kit->script = record;
	kit->ctx = &r;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	kit_sa(kit_client(kit))->children->want_rekey = true;
	driver_pump(kit_sa(kit_client(kit)));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	kit->script = NULL;
	sa = kit_sa(kit_gateway(kit));
	before = sa->d;
	while (r.all) {
		struct kit_packet *next = r.all->next;

		kit_inject(kit, r.all->to, r.all->octets, r.all->len, r.all->natt);
		kit_settle(kit);
		free(r.all);
		r.all = next;
	}
	/* The old IKE_SA_INIT may begin a half-open SA, no more. */
	ck_assert_ptr_eq(kit_sa(kit_gateway(kit)), sa);
	ck_assert_int_eq(memcmp(&before, &sa->d, sizeof(before)), 0);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 1);
	kit_pass(kit, 31000);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

static enum kit_verdict hold_responses(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return packet->header.flags & CYG_FLAG_RESPONSE ? KIT_HOLD : KIT_PASS;
}

START_TEST(responses_that_come_late_and_reordered_are_taken_once)
{
	struct kit *kit = kit_new(NULL);

	kit->script = hold_responses;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 4000); /* some repeats, each answered */
	kit->script = NULL;
	kit_release(kit, true);
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ge(kit_counters(kit_gateway(kit)).responses_replayed, 2);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).sa_in, 1);
	kit_free(kit);
}
END_TEST

START_TEST(a_repeated_request_gets_the_same_response)
{
	struct recorder r = { 0 };
	struct kit *kit = kit_new(NULL);
	struct kit_packet *p, *q;

	kit->script = record;
	kit->ctx = &r;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	/* r: IKE_AUTH response, IKE_AUTH request, ... */
	q = r.all;
	p = q->next;
	ck_assert_uint_eq(p->header.exchange, CYG_IKE_AUTH);
	kit_inject(kit, KIT_GATEWAY, p->octets, p->len, p->natt);
	kit_settle(kit);
	ck_assert_ptr_ne(r.all, q);
	ck_assert_uint_eq(r.all->len, q->len);
	ck_assert_mem_eq(r.all->octets, q->octets, q->len);
	/* After minutes it is forgotten, and the repeat ignored: RFC 7296 2.1. */
	kit_pass(kit, FORGET_RESPONSE_MS + 1000);
	q = r.all;
	kit_inject(kit, KIT_GATEWAY, p->octets, p->len, p->natt);
	kit_settle(kit);
	ck_assert_ptr_eq(r.all, q);
	ck_assert(kit_connected(kit));
	while (r.all) {
		struct kit_packet *next = r.all->next;

		free(r.all);
		r.all = next;
	}
	kit_free(kit);
}
END_TEST

Suite *loss_suite(void)
{
	Suite *suite = suite_create("loss");
	TCase *tcase = tcase_create("loss");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_message_may_be_lost_once);
	tcase_add_test(tcase, every_message_may_come_twice);
	tcase_add_test(tcase, all_messages_replayed_late_change_nothing);
	tcase_add_test(tcase, responses_that_come_late_and_reordered_are_taken_once);
	tcase_add_test(tcase, a_repeated_request_gets_the_same_response);
	suite_add_tcase(suite, tcase);
	return suite;
}
