# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced after testing/lib.sh: the net of most scenarios with two gateways, a router between them that can
# be a NAT, lose packets or be a narrow path, and numbered traffic through the tunnel.
#
#   c1 198.51.100.2 ---- 198.51.100.1 r 192.0.2.254 ---- 192.0.2.1 gw 10.10.0.1 ---- 10.10.0.10 lan
#      2001:db8:1::2     2001:db8:1::1  2001:db8:2::fe   2001:db8:2::1  fd00:10::1    fd00:10::10
#
# Interfaces: `wan` of c1 and gw; `toc` and `tog` of r; `lan` of gw and lan.

net_up() {
	need_command nft
	ns gw r c1 lan
	link c1 wan r toc
	link gw wan r tog
	link gw lan lan lan
	address c1 wan 198.51.100.2/24
	address r toc 198.51.100.1/24
	address r tog 192.0.2.254/24
	address gw wan 192.0.2.1/24
	address gw lan 10.10.0.1/24
	address lan lan 10.10.0.10/24
	address c1 wan 2001:db8:1::2/64
	address r toc 2001:db8:1::1/64
	address r tog 2001:db8:2::fe/64
	address gw wan 2001:db8:2::1/64
	address gw lan fd00:10::1/64
	address lan lan fd00:10::10/64
	ip -n "$prefix-c1" route add default via 198.51.100.1
	ip -n "$prefix-c1" route add default via 2001:db8:1::1
	ip -n "$prefix-gw" route add default via 192.0.2.254
	ip -n "$prefix-gw" route add default via 2001:db8:2::fe
	ip -n "$prefix-lan" route add default via 10.10.0.1
	ip -n "$prefix-lan" route add default via fd00:10::1
	forwarding r
	forwarding gw
	in_ns r nft -f - <<-END
	table inet path {
	    chain forward {
	        type filter hook forward priority 0; policy accept;
	    }
	}
	END
}

# path RULE: a rule of nft for what r forwards, until path_clear.
path() { in_ns r nft add rule inet path forward "$@"; }
path_clear() { in_ns r nft flush chain inet path forward; }
path_dead() { path drop; }
# A path that takes 1280 octets, tells nobody so, and loses fragments.
path_narrow() {
	path meta length '>' 1280 drop
	path ip frag-off '&' 0x3fff '!=' 0 drop
	path exthdr frag exists drop
}

# --- NAT ---

# nat_client: r hides c1 behind 192.0.2.254, each mapping at a port of its own.
nat_client() {
	need_command conntrack
	in_ns r nft -f - <<-END
	table ip nat {
	    chain post {
	        type nat hook postrouting priority 100;
	        oifname "tog" masquerade fully-random
	    }
	}
	END
}
# nat_gateway: gw is reached as 198.51.100.1, whose ports 500 and 4500 r hands on.
nat_gateway() {
	need_command conntrack
	in_ns r nft -f - <<-END
	table ip nat {
	    chain pre {
	        type nat hook prerouting priority -100;
	        iifname "toc" ip daddr 198.51.100.1 udp dport { 500, 4500 } dnat to 192.0.2.1
	    }
	    chain post {
	        type nat hook postrouting priority 100;
	        oifname "toc" masquerade fully-random
	    }
	}
	END
}
# nat_flush: r forgets its mappings, as one that restarts does.
nat_flush() { in_ns r conntrack -F 2>/dev/null; }

# --- Numbered traffic ---

# numbered_start NS ADDRESS NS ADDRESS [RATE [SIZE]]: both send to each other until numbered_stop.
numbered_start() {
	numbered_begin a "$1" "$2" "$4" "${@:5}"
	numbered_begin b "$3" "$4" "$2" "${@:5}"
	wait_for 10 test -s "$tmp/numbered-a" -a -s "$tmp/numbered-b" || fail "numbered does not start"
	kill -USR2 "$numbered_a" "$numbered_b"
	wait_for 10 numbered_came 1 || fail "no numbered packet passes"
}
numbered_begin() { # a|b NS FROM TO [RATE [SIZE]]
	need_tool testing/tools/numbered
	rm -f "$tmp/numbered-$1"
	in_background "$2" "$tmp/numbered-$1" "$build/testing/tools/numbered" "$3" "$4" 7007 "${5:-1000}" "${6:-600}"
	eval "numbered_$1=$!"
}
# numbered a|b FIELD: what that side knows now.
numbered() { tail -n 2 "$tmp/numbered-$1" | grep '}$' | tail -n 1 | jq -r ".$2"; }
# numbered_came COUNT: at least so many came on either side.
numbered_came() { [[ $(numbered a received) -ge $1 && $(numbered b received) -ge $1 ]]; }
# numbered_go_on SECONDS: traffic goes on both ways: 200 more packets on either side in that time.
numbered_go_on() {
	local a b
	a=$(numbered a received) b=$(numbered b received)
	wait_for "$1" numbered_beyond $((a + 200)) $((b + 200)) ||
		fail "traffic stands still: $(numbered a received) packets after $a at one end, $(numbered b received) after $b at the other"
}
numbered_beyond() { [[ $(numbered a received) -ge $1 && $(numbered b received) -ge $2 ]]; }
# numbered_stop: ends it; sets sent_a lost_ab sent_b lost_ba, and prints what became of all.
numbered_stop() {
	# shellcheck disable=SC2154 # set by numbered_begin
	kill -USR1 "$numbered_a" "$numbered_b"
	sleep 1
	kill "$numbered_a" "$numbered_b"
	wait_gone 5 "$numbered_a" && wait_gone 5 "$numbered_b" || fail "numbered does not end"
	sent_a=$(numbered a sent) sent_b=$(numbered b sent)
	lost_ab=$((sent_a - $(numbered b received))) lost_ba=$((sent_b - $(numbered a received)))
	say "there $sent_a sent, $lost_ab lost, $(numbered b doubled) doubled, $(numbered b reordered) reordered, longest pause $(numbered b gap_ms) ms"
	say "back  $sent_b sent, $lost_ba lost, $(numbered a doubled) doubled, $(numbered a reordered) reordered, longest pause $(numbered a gap_ms) ms"
}

# --- Where a packet died ---

# count_start [SIZE]: counts the ESP of what numbered_start sends, at the wire of gw, until count_stop. Runs of
# packets are cut before they cross it.
count_start() {
	local least=$((${1:-600} + 40))
	ip -n "$prefix-c1" link set wan gso_max_segs 1
	ip -n "$prefix-gw" link set wan gso_max_segs 1
	ip netns exec "$prefix-gw" tcpdump -i wan -n -s 64 -B 16384 -w "$tmp/count.pcap" \
		"(udp port 4500 and udp[4:2] > $least and udp[8:4] != 0) or (ip proto 50 and ip[2:2] > $least)" >"$tmp/count.log" 2>&1 </dev/null &
	count_pid=$!
	pids+=("$count_pid")
	wait_for 5 grep -q 'listening on' "$tmp/count.log" || fail "tcpdump does not start: $(cat "$tmp/count.log")"
}
count_stop() {
	sleep 1
	kill -INT "$count_pid"
	wait_gone 10 "$count_pid" || fail "tcpdump does not end"
	grep -q '^0 packets dropped' "$tmp/count.log" || fail "the capture is not whole: $(cat "$tmp/count.log")"
}
# count_from ADDRESS: ESP packets of that sender that crossed.
count_from() { tcpdump -n -r "$tmp/count.pcap" "src host $1" 2>/dev/null | wc -l; }

# losses: after numbered_stop and count_stop at the wire between c1 (end `a`) and gw (end `b` is behind it):
# sets c1_sealing, gw_opening, gw_sealing, c1_opening: how many died where.
losses() {
	local there back
	there=$(count_from 198.51.100.2) back=$(count_from 192.0.2.1)
	c1_sealing=$((sent_a - there)) gw_opening=$((there - (sent_a - lost_ab)))
	gw_sealing=$((sent_b - back)) c1_opening=$((back - (sent_b - lost_ba)))
	say "lost on the way into the client's tunnel: $c1_sealing; out of the gateway's: $gw_opening;" \
		"into the gateway's: $gw_sealing; out of the client's: $c1_opening"
}

# witness_start NS...: from now on what happens to their routes is kept, for witness_tell.
witness_start() {
	local name
	witnesses=("$@")
	for name in "$@"; do
		in_background "$name" "$tmp/routes-$name" ip -ts monitor route
		ip netns exec "$prefix-$name" ip route show table all | grep -v 'table local' >"$tmp/routes-$name-before"
	done
}
# witness_tell: what each data plane dropped and why, and the routes: before, then each change with its time.
witness_tell() {
	local name
	for name in "${witnesses[@]}"; do
		say "--- $name: what its data plane counts"
		json "$name" "show crypto ipsec statistics" '.rows[] | select(.value != 0) | "\(.name) \(.value): \(.help)"' || true
		show "$name" "show crypto ipsec sa detail" || true
		say "--- $name: routes before"
		cat "$tmp/routes-$name-before"
		say "--- $name: what happened to them"
		cat "$tmp/routes-$name"
	done
}
