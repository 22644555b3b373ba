/* SPDX-License-Identifier: MIT */
/* `cygnetd`: arguments, then the daemon. Started by `cygnet start`, which gives it its descriptors and takes
 * its privileges away before. */
#include "base/compat.h"
#include "control/daemon.h"
#include "sandbox.h"

#include <cygnet/broker.h>

#include <getopt.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static const char usage[] =
	"usage: cygnetd [OPTION...]\n"
	"\n"
	"The daemon. 'cygnet start' runs it; by hand only these make sense:\n"
	"  --check-config FILE  judge a configuration: FILE:LINE:COL: error|warning|note: text [code]\n"
	"  -h, --help           this text\n"
	"  -V, --version        the version\n"
	"\n"
	"options:\n"
	"  --root DIR           use DIR/etc/cygnet, DIR/run/cygnet, DIR/var/lib/cygnet, DIR/var/log\n"
	"  --plugin-dir DIR     where the plugins lie\n"
	"  --no-sandbox         do not filter system calls\n"
	"  --debug              a refused system call ends the daemon\n"
	"\n"
	"exit status: 0 stopped on request; 2 wrong usage; 3 an option file has an error; 4 a UDP port is\n"
	"in use; 5 anything else. --check-config: 0 no error, 1 errors, 2 the file cannot be read.\n";

static enum sandbox_mode sandbox_mode = SANDBOX_REFUSE;

static enum cyg_status seal(struct cyg_strbuf *why)
{
	return sandbox_close(sandbox_mode, why);
}

/* Is a starter at the other end of CYG_BROKER_FD? */
static bool have_starter(void)
{
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer);
	int type = 0;
	socklen_t type_len = sizeof(type);

	return getsockopt(CYG_BROKER_FD, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 &&
	       type == SOCK_SEQPACKET &&
	       getpeername(CYG_BROKER_FD, (struct sockaddr *)&peer, &peer_len) == 0 &&
	       peer.ss_family == AF_UNIX;
}

enum { OPT_ROOT = 256, OPT_PLUGIN_DIR, OPT_CHECK, OPT_NO_SANDBOX, OPT_DEBUG };

static const struct option options[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "plugin-dir", required_argument, NULL, OPT_PLUGIN_DIR },
	{ "check-config", required_argument, NULL, OPT_CHECK },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	struct daemon_args args = { .broker_fd = CYG_BROKER_FD, .seal = seal };
	const char *check = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (option) {
		case OPT_ROOT:
			args.root = optarg;
			break;
		case OPT_PLUGIN_DIR:
			args.plugin_dir = optarg;
			break;
		case OPT_CHECK:
			check = optarg;
			break;
		case OPT_NO_SANDBOX:
			args.seal = NULL;
			break;
		case OPT_DEBUG:
			sandbox_mode = SANDBOX_KILL;
			break;
		case 'h':
			fputs(usage, stdout);
			return fflush(stdout) == 0 ? 0 : DAEMON_FAILED;
		case 'V':
			printf("cygnetd " CYG_VERSION "\n");
			return fflush(stdout) == 0 ? 0 : DAEMON_FAILED;
		default:
			return DAEMON_USAGE; /* getopt_long has said what */
		}
	}
	if (optind < argc) {
		fprintf(stderr, "cygnetd: not understood: %s (see cygnetd --help)\n", argv[optind]);
		return DAEMON_USAGE;
	}
	if (check != NULL) {
		args.broker_fd = -1;
		return cyg_daemon_check_config(&args, check);
	}
	if (!have_starter()) {
		fprintf(stderr, "cygnetd: the starter runs it: use 'cygnet start'\n");
		return DAEMON_USAGE;
	}
	/* Keys are in here: no other process of this user looks at its memory. With --debug a debugger may,
	 * and a leak checker must. */
	if (sandbox_mode == SANDBOX_REFUSE && !CYG_HEAP_IS_WATCHED && prctl(PR_SET_DUMPABLE, 0) != 0)
		return DAEMON_FAILED;
	return cyg_daemon_main(&args);
}
