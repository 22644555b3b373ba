#!/bin/bash
# SPDX-License-Identifier: MIT
# A million bad packets of all kinds through the real sockets: resident memory stays where it was, the client that
# was there before keeps its tunnel, and another one gets in meanwhile. Twin: that the packets were read is counted.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-net.sh"
need_root
need_tun
need_build
need_command tshark tcpdump
net_up
ns c2 evil
link c2 wan r toc2
address r toc2 203.0.113.1/24
address c2 wan 203.0.113.2/24
ip -n "$prefix-c2" route add default via 203.0.113.1
link evil wan r toe
address r toe 198.19.0.1/24
address evil wan 198.19.0.2/24
ip -n "$prefix-evil" route add default via 198.19.0.1
ip -n "$prefix-evil" route add local 198.18.0.0/16 dev lo
ip -n "$prefix-r" route add 198.18.0.0/16 via 198.19.0.2
need_tool testing/tools/bad_packets
million=${FLOOD_PACKETS:-1000000}

# UDP only, so that ESP of a client is among the templates.
nat_client
CYGNET_SHARDS=1 cygnet_configure gw "$top/testing/interop/gateway"
printf 'shards = 1\nlog-file = cygnet.log\nlog-level = warning\n' >"$(cygnet_root gw)/etc/cygnet/cygnet.conf"
cygnet_add gw <<-END
	crypto ikev2 keyring clients
	peer bob
	identity fqdn bob.example.org
	pre-shared-key key-of-bob
END
cygnet_start gw
cygnet_configure c1 "$top/testing/interop/client"
cygnet_configure c2 "$top/testing/interop/client"
cygnet_add c2 <<-END
	crypto ikev2 profile gateway
	identity local fqdn bob.example.org
	crypto ikev2 keyring gateway
	peer gateway
	pre-shared-key key-of-bob
	interface Tunnel0
	tunnel source 203.0.113.2
END
capture gw wan "$tmp/good.pcap"
cygnet_start c1
wait_for 15 sa_ready c1 || fail "the client does not connect"
in_ns c1 ping -c 5 -i 0.05 -W 3 -q 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic through the tunnel"; }
capture_stop
tshark -r "$tmp/good.pcap" -Y 'udp && ip.dst == 192.0.2.1' -T fields -e udp.dstport -e udp.payload 2>/dev/null |
	tr -d ':' >"$tmp/templates"
[[ $(wc -l <"$tmp/templates") -ge 7 ]] || fail "too few packets to make bad ones of"

daemon=$(sed -n 's/^daemon=//p' "$(cygnet_root gw)/run/cygnet/cygnet.state")
resident() { sed -n 's/^VmRSS:\s*\([0-9]*\).*/\1/p' "/proc/$daemon/status"; }
# What the sockets were too full for never reached us.
unread() { in_ns gw awk '/^Udp:/ && $6 ~ /[0-9]/ {print $6}' /proc/net/snmp; }
bad() { in_ns evil "$build/testing/tools/bad_packets" 198.18 192.0.2.1 "$1" "$2" "$3" <"$tmp/templates"; }

step "the first of them: what is made once is made"
bad 100000 40000 7 >"$tmp/first" || fail "bad_packets"
sleep 1
before=$(resident)
overrun=$(unread)

step "$million bad packets, and a client that wants in"
in_background evil "$tmp/flood" sh -c "exec '$build/testing/tools/bad_packets' 198.18 192.0.2.1 $million 40000 11 <'$tmp/templates'"
flooder=$!
sleep 1
cygnet_start c2
wait_for 30 sa_ready c2 || fail "no way in beside the flood"
kill -0 "$flooder" 2>/dev/null || fail "the flood was over before the client was in: this proves nothing"
in_ns c2 ping -c 10 -i 0.1 -W 3 -q 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic of the new client"; }
wait_gone 120 "$flooder" || fail "the flood does not end"
wait "$flooder" || fail "bad_packets: $(cat "$tmp/flood")"
say "$(cat "$tmp/flood")"
sleep 1
after=$(resident) missed=$(($(unread) - overrun))
say "resident: $before KB before, $after KB after; $missed packets found the sockets full"
[[ $((after - before)) -lt 1024 ]] || fail "the daemon grew by $((after - before)) KB"
[[ $missed -lt $((million / 2)) ]] || fail "more than half of them never reached the daemon"

step "nobody's tunnel went"
for name in c1 c2; do
	[[ $(json "$name" "show crypto ikev2 stats" '.rows[0].established_out') == 1 ]] || fail "$name had to connect again"
	in_ns "$name" ping -c 5 -i 0.05 -W 3 -q 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic of $name"; }
done
[[ $(sed -n 's/^restarts=//p' "$(cygnet_root gw)/run/cygnet/cygnet.state") == 0 ]] || fail "the daemon fell"

step "twin: they were read, and dropped for their own reasons"
stats=$(show_json gw "show crypto ikev2 stats")
for reason in drop_short drop_version drop_malformed drop_unknown_spi drop_auth cookies_demanded; do
	count=$(jq -r ".rows[0].$reason" <<<"$stats")
	say "$reason $count"
	[[ $count -gt 0 ]] || fail "none was counted as $reason"
done
done_ok
