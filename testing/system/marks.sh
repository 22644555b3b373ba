#!/bin/bash
# SPDX-License-Identifier: MIT
# Our own packets never loop: what leaves a gateway carries its mark, routes into tunnels stand in a table of their own
# which marked packets do not see, so that even a route over the peer's own address leaves the tunnel as it was.
# With the mark taken off, that route swallows them.
# shellcheck source=testing/lib.sh
. "$(dirname "$0")/../lib.sh" "$@"
. "$top/testing/lib-net.sh"
need_root
need_tun
need_build
need_command jq nft ping

net_up
in_ns c1 nft -f - <<-END
	table ip seen {
	    counter marked { }
	    counter unmarked { }
	    chain out {
	        type filter hook output priority 0; policy accept;
	        ip daddr 192.0.2.1 meta l4proto esp meta mark 0xc6 counter name marked accept
	        ip daddr 192.0.2.1 udp dport { 500, 4500 } meta mark 0xc6 counter name marked accept
	        ip daddr 192.0.2.1 meta l4proto esp counter name unmarked
	        ip daddr 192.0.2.1 udp dport { 500, 4500 } counter name unmarked
	    }
	}
END
seen() { in_ns c1 nft -j list counter ip seen "$1" | jq '[.nftables[] | .counter? // empty | .packets] | add'; }
answers() { in_ns c1 ping -q -c 3 -i 0.1 -W 2 -I "$vip" 10.10.0.10 >"$tmp/ping" 2>&1; }

cygnet_start gw "$top/testing/interop/gateway"
for mode in raw udp; do
	step "ESP in $mode"
	rm -rf "$tmp/conf"
	cp -r "$top/testing/interop/client" "$tmp/conf"
	[[ $mode == raw ]] || sed -i 's/^ keyring local gateway/&\n nat force-encap/' "$tmp/conf/startup-config"
	cygnet_start c1 "$tmp/conf"
	wait_for 20 sa_ready c1 || fail "no tunnel: $(cygnet_log c1 | tail)"
	vip=$(json c1 "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	wait_for 10 answers || fail "no way through the tunnel: $(cat "$tmp/ping")"
	device=$(in_ns c1 ip -br link show type tun | awk '{print $1; exit}')
	[[ $(in_ns c1 ip route show table 73) == *"10.10.0.0/24 dev $device"* ]] || fail "not in our table: $(in_ns c1 ip route show table 73)"
	[[ $(in_ns c1 ip route show table main) != *"$device"* ]] || fail "a route of ours in the main table"

	in_ns c1 ip route add 192.0.2.0/24 dev "$device" table 73 proto 73
	[[ $(in_ns c1 ip route get 192.0.2.1) == *"dev $device "* ]] || fail "what has no mark must go into the tunnel: $(in_ns c1 ip route get 192.0.2.1)"
	[[ $(in_ns c1 ip route get 192.0.2.1 mark 0xc6) == *"dev wan "* ]] || fail "what has the mark must not: $(in_ns c1 ip route get 192.0.2.1 mark 0xc6)"
	answers || fail "a route over the peer's address swallows the tunnel: $(cat "$tmp/ping")"
	show c1 "rekey crypto ikev2 sa" >/dev/null || fail "no rekey"
	answers || fail "no traffic after a rekey: $(cat "$tmp/ping")"
	[[ $(seen marked) -ge 12 ]] || fail "only $(seen marked) packets carry the mark"
	[[ $(seen unmarked) == 0 ]] || fail "$(seen unmarked) packets without the mark"

	step "without the mark they are swallowed"
	in_ns c1 nft -f - <<-END
		table ip strip {
		    chain out {
		        type route hook output priority -150; policy accept;
		        ip daddr 192.0.2.1 meta mark 0xc6 meta mark set 0
		    }
		}
	END
	! answers || fail "they pass without the mark: this proves nothing"
	in_ns c1 nft delete table ip strip
	wait_for 10 answers || fail "the mark is back and nothing passes: $(cat "$tmp/ping")"
	cygnet_stop c1
	wait_for 20 no_sa gw || fail "the gateway keeps the client"
	in_ns c1 nft reset counters >/dev/null
done
done_ok
