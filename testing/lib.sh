# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by scenarios: namespaces with the pid in their names, daemons by pid, waiting, cleaning up.
#
# A scenario:
#   . testing/lib.sh "$@"                sets $top (sources), $build (a built tree), $tmp (a folder of its own)
#   need_root; need_command tcpdump
#   ns gw; ns c1; link gw wan c1 wan     namespaces "cyg$$-gw", ...; a veth pair between two of them
#   cygnet_start gw testing/x/gateway    starts a gateway in gw on a copy of that configuration
#   ...
#   done_ok                              (or fail "why": exit 1; skip "why": exit 77)
# Whatever was started or made is gone when the script ends, however it ends.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(cd "${1:-${CYGNET_BUILD_TREE:-$top/build/gcc}}" 2>/dev/null && pwd) || build=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cygnet-test.XXXXXX")
chmod 755 "$tmp"
prefix=cyg$$
pids=()          # what we started, to be ended by pid
roots=()         # --root folders of running gateways
namespaces=()
at_end=()        # further commands

say() { printf '%s\n' "$*"; }
step() { printf -- '--- %s\n' "$*"; }
fail() { say "FAIL: $*" >&2; exit 1; }
skip() { say "SKIP: $*"; exit 77; }
done_ok() { say "ok"; exit 0; }

cleanup() {
	local status=$? item
	trap - EXIT INT TERM
	set +e
	if [[ $status != 0 && $status != 77 ]]; then
		for item in "${roots[@]}"; do
			for file in "$item"/var/log/*.log "$item"/start.log; do
				[[ -s $file ]] && { say "--- end of ${file#"$tmp"/}"; tail -n "${LOG_LINES:-40}" "$file"; }
			done
		done
	fi
	for item in "${at_end[@]}"; do eval "$item"; done
	for item in "${roots[@]}"; do cygnet_stop_root "$item"; done
	for item in "${pids[@]}"; do kill "$item" 2>/dev/null; done
	for item in "${pids[@]}"; do
		wait_gone 3 "$item" || kill -9 "$item" 2>/dev/null
		wait "$item" 2>/dev/null
	done
	for item in "${namespaces[@]}"; do ip netns del "$item" 2>/dev/null; done
	if [[ -n ${CYGNET_KEEP_TMP:-} ]]; then say "kept: $tmp"; else rm -rf "$tmp"; fi
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

need_root() {
	[[ $(id -u) == 0 ]] || skip "not root"
	ip netns add "$prefix-probe" 2>/dev/null || skip "network namespaces cannot be made here"
	ip netns del "$prefix-probe"
}
need_tun() { [[ -c /dev/net/tun ]] || skip "no /dev/net/tun"; }
need_command() {
	local command
	for command in "$@"; do
		command -v "$command" >/dev/null || skip "no '$command' on this machine (testing/packages)"
	done
}
need_build() { [[ -n $build && -x $build/src/starter/cygnet ]] || fail "no built tree (give its folder as the first argument)"; }

# need_tool PROGRAM: a small program of ours that only scenarios need.
need_tool() {
	[[ -x $build/$1 ]] || make -s -C "$build" "$1" >"$tmp/make.log" 2>&1 || fail "$1 cannot be built: $(tail -n 5 "$tmp/make.log")"
}

# Times are what an idle machine needs, with room. One that has other work gets more, and one in software most.
patience=3
[[ ${CYGNET_VM:-} != tcg ]] || patience=6

# wait_for SECONDS COMMAND...: until it succeeds; fails after the time.
wait_for() {
	local left=$(($1 * 10 * patience))
	shift
	until "$@" >/dev/null 2>&1; do
		((left-- > 0)) || return 1
		sleep 0.1
	done
}
wait_gone() { # SECONDS PID
	local left=$(($1 * 20 * patience))
	while kill -0 "$2" 2>/dev/null; do
		((left-- > 0)) || return 1
		sleep 0.05
	done
}

# --- namespaces ---

ns() { # NAME...
	local name
	for name in "$@"; do
		ip netns add "$prefix-$name"
		namespaces+=("$prefix-$name")
		ip -n "$prefix-$name" link set lo up
		in_ns "$name" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	done
}
in_ns() { # NAME COMMAND...
	local name=$1
	shift
	ip netns exec "$prefix-$name" "$@"
}
link() { # NS1 IF1 NS2 IF2
	ip -n "$prefix-$1" link add "$2" type veth peer name "$4" netns "$prefix-$3"
	ip -n "$prefix-$1" link set "$2" up
	ip -n "$prefix-$3" link set "$4" up
}
address() { ip -n "$prefix-$1" addr add "$3" dev "$2"; } # NS IF ADDRESS/LEN
forwarding() { in_ns "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; }

# in_background NS LOG COMMAND...: the pid at $!, ended at the end.
in_background() {
	local name=$1 out=$2
	shift 2
	ip netns exec "$prefix-$name" "$@" >"$out" 2>&1 </dev/null &
	pids+=($!)
}

# --- the gateway ---

cygnet_root() { say "$tmp/root-$1"; } # NS
# Binaries of the built tree; a scenario may run an installed one by setting these.
cygnet_bin() { say "${CYGNET_BIN:-$build/src/starter/cygnet}"; }
cygctl_bin() { say "${CYGCTL_BIN:-$build/src/cygctl/cygctl}"; }

# cygnet_configure NS FOLDER: a root of its own with the files of FOLDER as etc/cygnet.
cygnet_configure() {
	local root
	root=$(cygnet_root "$1")
	mkdir -p "$root/etc/cygnet/plugins" "$root/run/cygnet" "$root/var/lib/cygnet" "$root/var/log"
	cp -r "$2/." "$root/etc/cygnet/"
	[[ -e $root/etc/cygnet/cygnet.conf ]] ||
		printf 'shards = %s\nlog-file = cygnet.log\nlog-level = debug\n' "${CYGNET_SHARDS:-1}" >"$root/etc/cygnet/cygnet.conf"
}
# cygnet_start NS [FOLDER] [OPTION...]: starts and waits until it answers.
cygnet_start() {
	local name=$1 root
	root=$(cygnet_root "$name")
	[[ -z ${2:-} ]] || cygnet_configure "$name" "$2"
	shift
	[[ $# == 0 ]] || shift
	ip netns exec "$prefix-$name" "$(cygnet_bin)" start --foreground --root "$root" "$@" >"$root/start.log" 2>&1 </dev/null &
	pids+=($!)
	roots+=("$root")
	wait_for 20 show "$name" "show version" || {
		cat "$root/start.log"
		fail "the gateway in $name does not answer"
	}
}
cygnet_stop_root() { # ROOT
	local pid
	pid=$(cat "$1/run/cygnet/cygnet.pid" 2>/dev/null) || return 0
	[[ -n $pid ]] && kill "$pid" 2>/dev/null && wait_gone 10 "$pid"
}
cygnet_stop() { cygnet_stop_root "$(cygnet_root "$1")"; } # NS
# show NS 'COMMAND': as text; show_json: one JSON document.
show() { in_ns "$1" "$(cygctl_bin)" --root "$(cygnet_root "$1")" -c "$2"; }
show_json() { in_ns "$1" "$(cygctl_bin)" --root "$(cygnet_root "$1")" --json -c "$2"; }
# json NS 'COMMAND' JQ-FILTER: raw output of the filter.
json() { show_json "$1" "$2" | jq -r "$3"; }
# cygnet_add NS: further lines on standard input at the end of its configuration; before it is started.
cygnet_add() {
	local file
	file=$(cygnet_root "$1")/etc/cygnet/startup-config
	sed -i '/^end$/d' "$file"
	cat >>"$file"
	say end >>"$file"
}
# The log of the gateway in NS.
cygnet_log() { cat "$(cygnet_root "$1")"/var/log/*.log "$(cygnet_root "$1")/start.log" 2>/dev/null; }
# logged NS PATTERN: a line of its log.
logged() { [[ -n $(cygnet_log "$1" | grep -E -- "$2") ]]; }
sa_ready() { [[ $(json "$1" "show crypto ikev2 sa" '[.rows[] | select(.status == "READY")] | length') -ge ${2:-1} ]]; }
no_sa() { [[ $(json "$1" "show crypto ikev2 sa" '.rows | length') == 0 ]]; } # NS
# esp NS FIELD: the sum of a counter over all CHILD_SAs.
esp() { json "$1" "show crypto ipsec sa" "[.rows[].$2] | add // 0"; }

# --- the wire ---

# capture NS IF FILE: until capture_stop, which leaves FILE complete.
capture() {
	in_background "$1" "$3.log" tcpdump -i "$2" -n -U --immediate-mode -w "$3"
	capture_pid=$!
	wait_for 5 grep -q 'listening on' "$3.log" || fail "tcpdump does not start: $(cat "$3.log")"
}
capture_stop() {
	sleep 0.3
	kill -INT "$capture_pid"
	wait_gone 5 "$capture_pid" || fail "tcpdump does not end"
}
# only_ipsec FILE: nothing but IKE, ESP and neighbour discovery crossed the outer link (and that a daemon which
# stopped has no port any more).
only_ipsec() {
	local other
	other=$(tcpdump -n -r "$1" 'not arp and not (udp port 500 or udp port 4500) and not ip proto 50 and not ip6 proto 50 and not icmp6 and not dst net ff02::/16 and not (icmp[0] == 3 and icmp[1] == 3)' 2>/dev/null | head -n 5)
	[[ -z $other ]] || fail "seen in clear on the outer link: $other"
	[[ $(tcpdump -n -r "$1" 'udp port 4500 or ip proto 50 or ip6 proto 50' 2>/dev/null | wc -l) -gt 0 ]] ||
		fail "no ESP on the outer link: the capture proves nothing"
}
