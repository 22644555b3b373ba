/* SPDX-License-Identifier: MIT */
/*
 * Every collision, in every order: both sides begin something at once (a rekey or a delete, of the child or
 * of the IKE_SA), and from there on each datagram that is under way may come next, be lost, come twice, or come
 * after the other side has lost its patience. All orders are walked through, with a budget of faults; the
 * process forks at each choice, so that every order starts from the same state. Along the way and at the end the
 * invariants hold. Without faults all orders are run, with one fault up to a limit, with two a random choice of them. An engine is a function of what it was given and when, so orders that differ only in what the two
 * sides do independently lead to one state, which is gone on from once. How many were run is printed.
 *
 * CYG_EXPLORE_ORDERS changes the limit; CYG_EXPLORE_PAIR=n runs one collision, with CYG_EXPLORE_PATH=a.b.c in one order
 * alone, and tells what was logged.
 */
#include "testing/engine/explore_tests.h"
#include "testing/engine/kit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define GCM " encryption aes-gcm-128\n prf sha256\n group 31\n"
#define PENDING_MAX 16
#define PATH_MAX_STEPS 64
/* Longer than all retransmissions, and than what waits for the other side's DELETE. */
#define AFTERWARDS_MS 200000

enum work { REKEY_CHILD, DELETE_CHILD, REKEY_IKE, DELETE_IKE, NOTHING, SABOTAGE, WORKS };

static const char *const work_names[WORKS] = {
	"rekey of the child", "delete of the child", "rekey of the IKE_SA", "delete of the IKE_SA", "nothing", "sabotage",
};

enum act { DELIVER, LOSE, DOUBLE, WAIT };

struct walk {
	struct kit *kit;
	enum work work[KIT_SIDES];
	uint64_t seed;
	bool pfs;
	unsigned faults;                /* that are left */
	unsigned pick;
	uint64_t random;                /* 0: all choices one after the other; else one at random */
	uint64_t history[KIT_SIDES];    /* hash of what each side was given, in its order */
	uint32_t child_spi;             /* of the client, before */
	uint64_t ike_spi;
	unsigned routes[KIT_SIDES];     /* likewise */
	unsigned steps;
	uint8_t path[PATH_MAX_STEPS];
	const char *only;               /* one order alone: its path */
};

/* Shared by all processes of a walk, of which one runs at a time. */
#define SEEN_MAX (1u << 20)
struct counted {
	unsigned long orders, steps, known, limit;
	uint64_t seen[SEEN_MAX];        /* hashes of states, 0: free */
};
static struct counted *counted;

static const char act_letters[] = "dlbw";

static void tell_path(const struct walk *w, const char *what)
{
	char path[4 * PATH_MAX_STEPS] = "";
	struct cyg_strbuf out = CYG_STRBUF(path);

	for (unsigned i = 0; i < w->steps; i++)
		cyg_strbuf_addf(&out, "%s%u", i ? "." : "", w->path[i]);
	fprintf(stderr, "gateway: %s, client: %s, seed %llu%s, CYG_EXPLORE_PATH=%s: %s\n",
		work_names[w->work[KIT_GATEWAY]], work_names[w->work[KIT_CLIENT]],
		(unsigned long long)w->seed, w->pfs ? " with PFS" : "", path, what);
}

static void demand(const struct walk *w, bool holds, const char *what)
{
	if (holds)
		return;
	tell_path(w, what);
	if (w->only)
		kit_print_log();
	_exit(1);
}

static bool is_work(const struct walk *w, enum work work)
{
	return w->work[KIT_GATEWAY] == work || w->work[KIT_CLIENT] == work;
}

/* --- Invariants --- */

static bool receives(struct kit_side *side, uint32_t spi)
{
	struct fake_kernel *kernel = fake_kernel(kit_shard(side, 0));

	for (unsigned i = 0; i < FAKE_CHILDREN_MAX; i++) {
		if (kernel->child[i].used && kernel->child[i].in && kernel->child[i].spi_in == spi)
			return true;
	}
	return false;
}

/* What the session has routed, to a child that sends. */
static void check_routes(const struct walk *w, unsigned side)
{
	const struct fake_kernel *kernel = fake_kernel(kit_shard(&w->kit->side[side], 0));
	unsigned i, n;

	demand(w, kernel->route_count == w->routes[side], "a route is missing, or too much");
	for (i = 0; i < kernel->route_count; i++) {
		for (n = 0; n < FAKE_CHILDREN_MAX; n++) {
			if (kernel->child[n].out && kernel->child[n].spi_in == kernel->route[i].spi_in)
				break;
		}
		demand(w, n < FAKE_CHILDREN_MAX, "a route leads nowhere");
	}
}

/* At every moment. */
static void check_now(const struct walk *w)
{
	for (unsigned i = 0; i < KIT_SIDES; i++) {
		struct kit_side *side = &w->kit->side[i], *other = &w->kit->side[1 - i];
		struct ike_shard *ike = side->ike[0];
		unsigned children = 0;
		struct fake_child *active;

		for (struct ike_sa *sa = ike->oldest; sa; sa = sa->next) {
			unsigned count = 0;

			for (struct child_sa *child = sa->children; child; child = child->next)
				count++;
			demand(w, count == sa->child_count, "an SA counts its children wrong");
			demand(w, sa->state != IKE_CLOSED, "a closed SA is in the list");
			children += count;
		}
		demand(w, children == ike->children.count, "a child is in no list");
		demand(w, kit_children(side) == children, "engine and data plane differ in children");
		/* Whatever is sent, the other side can open it: nothing is lost by new keys. */
		if (is_work(w, DELETE_CHILD) || is_work(w, DELETE_IKE))
			continue;
		active = fake_active(kit_shard(side, 0));
		demand(w, active != NULL, "there is nothing to send by");
		demand(w, receives(other, active->spi_out), "the other side does not receive what is sent");
		check_routes(w, i);
	}
}

/* When everything has come to rest. */
static void check_end(const struct walk *w)
{
	struct kit *kit = w->kit;
	bool ike_deleted = is_work(w, DELETE_IKE);
	bool child_deleted = ike_deleted || is_work(w, DELETE_CHILD);

	demand(w, kit_connected(kit), "the sides do not agree on one IKE_SA and one child");
	for (unsigned i = 0; i < KIT_SIDES; i++) {
		struct ike_sa *sa = kit_sa(&kit->side[i]);

		demand(w, !sa->ours && !sa->theirs && !sa->sent, "an exchange is stuck");
		demand(w, !sa->wants, "something is wanted and not done");
		demand(w, sa->child_count == 1, "not one child");
		demand(w, sa->children->state == CHILD_INSTALLED && !sa->children->outbound_held &&
				  !sa->children->want_rekey && !sa->children->want_delete,
		       "the child is stuck");
		demand(w, kit_counters(&kit->side[i]).active == 1, "the count of SAs is wrong");
	}
	demand(w, ike_sa_peer_spi(kit_sa(kit_client(kit))) == ike_sa_spi(kit_sa(kit_gateway(kit))),
	       "the sides hold different IKE_SAs");
	/* Nothing ended that nobody wanted to end, and what was wanted was done. */
	if (!ike_deleted)
		demand(w, kit_counters(kit_client(kit)).established_out == 1, "the session was lost");
	if (is_work(w, REKEY_IKE) || ike_deleted)
		demand(w, ike_sa_spi(kit_sa(kit_client(kit))) != w->ike_spi, "the IKE_SA has its old keys");
	else
		demand(w, ike_sa_spi(kit_sa(kit_client(kit))) == w->ike_spi, "the IKE_SA has new keys");
	if (is_work(w, REKEY_CHILD) || child_deleted)
		demand(w, kit_sa(kit_client(kit))->children->d.spi_in != w->child_spi,
		       "the child has its old keys");
	else
		demand(w, kit_sa(kit_client(kit))->children->d.spi_in == w->child_spi,
		       "the child has new keys");
}

static _Noreturn void finish(struct walk *w)
{
	struct kit *kit = w->kit;

	kit->script = NULL;
	kit_release(kit, false);
	for (unsigned i = 0; i < 20; i++) {
		kit_pass(kit, AFTERWARDS_MS / 20);
		check_now(w);
	}
	check_end(w);
	kit_free(kit);
	counted->orders++;
	_exit(0);
}

/* --- The walk --- */

static enum kit_verdict hold_all(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return KIT_HOLD;
}

/* In the order they were sent. */
static unsigned pending(const struct kit *kit, struct kit_packet *out[PENDING_MAX])
{
	unsigned count = 0;

	for (struct kit_packet *p = kit->held; p; p = p->next)
		count++;
	KIT_CHECK(count <= PENDING_MAX);
	for (struct kit_packet *p = kit->held; p; p = p->next)
		out[--count] = p;
	for (struct kit_packet *p = kit->held; p; p = p->next)
		count++;
	return count;
}

static void take_off(struct kit *kit, struct kit_packet *packet)
{
	struct kit_packet **at = &kit->held;

	while (*at != packet)
		at = &(*at)->next;
	*at = packet->next;
}

static bool busy(const struct kit *kit)
{
	for (unsigned i = 0; i < KIT_SIDES; i++) {
		for (const struct ike_sa *sa = kit->side[i].ike[0]->oldest; sa; sa = sa->next) {
			if (sa->sent)
				return true;
		}
	}
	return false;
}

static uint64_t mix(uint64_t hash, const void *octets, size_t len)
{
	const uint8_t *at = octets;

	while (len--)
		hash = (hash ^ *at++) * 0x100000001b3;
	return hash ^ hash >> 29;
}

/* Until somebody sends again. */
static void be_patient(struct walk *w)
{
	struct kit *kit = w->kit;
	unsigned sent = kit->sent;

	for (unsigned i = 0; i < 640 && kit->sent == sent && busy(kit); i++)
		kit_pass(kit, 100);
	for (unsigned i = 0; i < KIT_SIDES; i++)
		w->history[i] = mix(w->history[i], &kit->clock.now_ms, sizeof(kit->clock.now_ms));
}

static void give(struct walk *w, struct kit_packet *packet)
{
	w->history[packet->to] = mix(w->history[packet->to], packet->octets, packet->len);
	kit_send_on(w->kit, packet);
}

/* Were we here before? */
static bool known(const struct walk *w)
{
	uint64_t under_way = 0, key = 0x6379676e65740001;
	size_t at;

	for (const struct kit_packet *p = w->kit->held; p; p = p->next)
		under_way += mix(1 + p->to, p->octets, p->len); /* in whatever order */
	key = mix(key, w->history, sizeof(w->history));
	key = mix(key, &under_way, sizeof(under_way));
	key = mix(key, &w->faults, sizeof(w->faults)) | 1;
	for (at = key % SEEN_MAX; counted->seen[at]; at = (at + 1) % SEEN_MAX) {
		if (counted->seen[at] == key) {
			counted->known++;
			return true;
		}
	}
	counted->seen[at] = key;
	KIT_CHECK(++counted->steps < SEEN_MAX / 2);
	return false;
}

static void act(struct walk *w, enum act act, unsigned which)
{
	struct kit *kit = w->kit;
	struct kit_packet *packets[PENDING_MAX];

	(void)pending(kit, packets);
	switch (act) {
	case DELIVER:
		take_off(kit, packets[which]);
		give(w, packets[which]);
		break;
	case LOSE:
		take_off(kit, packets[which]);
		free(packets[which]);
		w->faults--;
		break;
	case DOUBLE:
		give(w, kit_packet_copy(packets[which]));
		w->faults--;
		break;
	case WAIT:
		be_patient(w);
		w->faults--;
		break;
	}
	kit_settle(kit);
	check_now(w);
}

/* Goes on in a process of its own. In the parent, when it has ended: true. */
static bool in_parent(const struct walk *w)
{
	pid_t child = fork();
	int status;

	KIT_CHECK(child >= 0);
	if (!child)
		return false;
	while (waitpid(child, &status, 0) < 0)
		KIT_CHECK(errno == EINTR);
	if (!WIFEXITED(status))
		tell_path(w, "crashed one step further");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		_exit(1);
	return true;
}

/* One after the other, each in a process of its own; the last one here. */
static void walk_on(struct walk *w);

static void branch(struct walk *w, unsigned choice, enum act what, unsigned which, bool last)
{
	if (w->random) {
		if (choice != w->pick)
			return;
		last = true;
	}
	if (counted->orders >= counted->limit)
		_exit(0);
	if (w->only) {
		char *end;

		if (choice != strtoul(w->only, &end, 10))
			return;
		w->only = *end ? end + 1 : end;
		last = true;
		fprintf(stderr, "%c %u at %llu ms\n", act_letters[what], which,
			(unsigned long long)w->kit->clock.now_ms);
	}
	if (!last && in_parent(w))
		return;
	w->path[w->steps++] = (uint8_t)choice;
	act(w, what, which);
	walk_on(w);
}

static void walk_on(struct walk *w)
{
	struct kit_packet *packets[PENDING_MAX];
	unsigned count, choice = 0, choices;
	bool wait;

	for (;;) {
		if (!w->only && !w->random && known(w))
			_exit(0);
		count = pending(w->kit, packets);
		if (w->steps == PATH_MAX_STEPS || (w->only && !*w->only && w->steps))
			finish(w);
		if (count == 0) {
			if (!busy(w->kit))
				finish(w);
			be_patient(w);
			check_now(w);
			continue;
		}
		if (count > 1 || w->faults || w->only)
			break;
		act(w, DELIVER, 0); /* there is no choice */
	}
	wait = w->faults && busy(w->kit);
	choices = count * (w->faults ? 3 : 1) + (wait ? 1 : 0);
	w->random = w->random ? mix(w->random, w->history, sizeof(w->history)) | 1 : 0;
	w->pick = w->random ? (unsigned)(w->random >> 20) % choices : 0;
	for (unsigned i = 0; i < count; i++, choice++)
		branch(w, choice, DELIVER, i, choice + 1 == choices);
	if (w->faults) {
		for (unsigned i = 0; i < count; i++, choice++)
			branch(w, choice, LOSE, i, false);
		for (unsigned i = 0; i < count; i++, choice++)
			branch(w, choice, DOUBLE, i, choice + 1 == choices);
		if (wait)
			branch(w, choice, WAIT, 0, true);
	}
	_exit(0);
}

/* --- The collisions --- */

static void begin(struct kit_side *side, enum work work)
{
	struct ike_sa *sa = kit_sa(side);

	switch (work) {
	case REKEY_CHILD:
		sa->children->want_rekey = true;
		break;
	case DELETE_CHILD:
		sa->children->want_delete = true;
		break;
	case REKEY_IKE:
		sa->wants |= WANT_REKEY;
		break;
	case DELETE_IKE:
		sa->wants |= WANT_DELETE;
		break;
	case SABOTAGE:
		child_close(sa->children); /* without a word */
		return;
	default:
		return;
	}
	driver_pump(sa);
	life_schedule(sa);
}

static unsigned from_environment(const char *name, unsigned usual)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

static _Noreturn void walk(enum work gateway, enum work client, uint64_t seed, unsigned faults, unsigned random,
			   bool pfs)
{
	struct walk w = { .work = { gateway, client },
			  .seed = seed,
			  .pfs = pfs,
			  .faults = faults,
			  .only = getenv("CYG_EXPLORE_PATH") };

	w.kit = kit_new(&(struct kit_setup){ .seed = seed });
	kit_configure(kit_gateway(w.kit),
		      kit_gateway_text(GCM, "esp-gcm",
				       pfs ? "crypto ipsec profile clients\n set pfs group19\n" : NULL));
	kit_configure(kit_client(w.kit),
		      kit_client_text(GCM, "esp-gcm",
				      pfs ? "crypto ipsec profile gateway\n set pfs group19\n" : NULL));
	kit_pass(w.kit, 500);
	demand(&w, kit_connected(w.kit), "the sides did not connect");
	w.child_spi = kit_sa(kit_client(w.kit))->children->d.spi_in;
	w.ike_spi = ike_sa_spi(kit_sa(kit_client(w.kit)));
	for (unsigned i = 0; i < KIT_SIDES; i++)
		w.routes[i] = fake_kernel(kit_shard(&w.kit->side[i], 0))->route_count;
	w.kit->script = hold_all;
	begin(kit_gateway(w.kit), gateway);
	begin(kit_client(w.kit), client);
	kit_settle(w.kit);
	check_now(&w);
	if (!random)
		walk_on(&w);
	while (random--) {
		if (in_parent(&w))
			continue;
		w.random = mix(seed, &random, sizeof(random)) | 1;
		walk_on(&w);
	}
	_exit(0);
}

/* `random`: so many random orders instead of all. False: an invariant broke. */
static bool explore(enum work gateway, enum work client, uint64_t seed, unsigned faults, unsigned random,
		    bool pfs)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child)
		walk(gateway, client, seed, faults, random, pfs);
	while (waitpid(child, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void share(void)
{
	counted = mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(counted, MAP_FAILED);
}

static void unshare_counted(void)
{
	munmap(counted, sizeof(*counted));
}

/* Nonces decide which of two colliding exchanges wins: with two seeds either side does. */
static const uint64_t seeds[] = { 11, 12 };

struct sum {
	unsigned long orders, choices;
};

static void add_up(struct sum *sum)
{
	sum->orders += counted->orders;
	sum->choices += counted->steps + counted->known;
	memset(counted, 0, sizeof(*counted));
	counted->limit = ULONG_MAX;
}

START_TEST(every_order_of_a_collision_ends_well)
{
	enum work gateway = (enum work)(_i / NOTHING), client = (enum work)(_i % NOTHING);
	struct sum none = { 0 }, one = { 0 }, two = { 0 };
	bool good = true;

	if (from_environment("CYG_EXPLORE_PAIR", (unsigned)_i) != (unsigned)_i)
		return;
	for (unsigned s = 0; s < CYG_COUNT(seeds) && good; s++) {
		add_up(&none);
		good = explore(gateway, client, seeds[s], 0, 0, s == 1);
		add_up(&none);
		counted->limit = from_environment("CYG_EXPLORE_ORDERS", 150);
		good = good && explore(gateway, client, seeds[s], 1, 0, s == 1);
		add_up(&one);
		good = good && explore(gateway, client, seeds[s], 2,
				       from_environment("CYG_EXPLORE_ORDERS", 150) / 3, s == 1);
		add_up(&two);
	}
	printf("  %s x %s: %lu orders without a fault, %lu with one, %lu with two; %lu choices\n",
	       work_names[gateway], work_names[client], none.orders, one.orders, two.orders,
	       none.choices + one.choices + two.choices);
	ck_assert_msg(good, "%s against %s: see above", work_names[gateway], work_names[client]);
}
END_TEST

/* The invariants can break: a side that loses a child without a word is found out. */
START_TEST(a_broken_invariant_is_seen)
{
	struct sum sum = { 0 };

	add_up(&sum);
	ck_assert(explore(NOTHING, REKEY_CHILD, seeds[0], 0, 0, false));
	ck_assert(!explore(SABOTAGE, REKEY_IKE, seeds[0], 0, 0, false));
}
END_TEST

Suite *explore_suite(void)
{
	Suite *suite = suite_create("explore");
	TCase *tcase = tcase_create("explore");

	tcase_set_timeout(tcase, 600);
	tcase_add_checked_fixture(tcase, share, unshare_counted);
	tcase_add_loop_test(tcase, every_order_of_a_collision_ends_well, 0, NOTHING * NOTHING);
	tcase_add_test(tcase, a_broken_invariant_is_seen);
	suite_add_tcase(suite, tcase);
	return suite;
}
