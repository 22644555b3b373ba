#!/bin/bash
# SPDX-License-Identifier: MIT
# A gateway with several addresses of each family answers from the one that was called, IKE and ESP alike,
# whatever the system would have chosen. Twins: an address that no policy serves; a link-local one.
. "$(dirname "$0")/../lib.sh"
need_root
need_tun
need_build
need_command tcpdump

called=(192.0.2.1 192.0.2.3 2001:db8::1 2001:db8::3)
ns gw c1
link gw wan c1 wan
for each in "${called[@]}"; do
	case $each in *:*) address gw wan "$each/64" ;; *) address gw wan "$each/24" ;; esac
done
address c1 wan 192.0.2.2/24
address c1 wan 2001:db8::2/64

mkdir -p "$tmp/gw" "$tmp/c1"
cat >"$tmp/gw/startup-config" <<'END'
hostname gateway
aaa new-model
aaa authorization network here local
crypto ikev2 authorization policy clients
 pool clients
 netmask 255.255.255.255
crypto ikev2 keyring clients
 peer anybody4
  address 0.0.0.0 0.0.0.0
  pre-shared-key one-for-all
 peer anybody6
  address ::/0
  pre-shared-key one-for-all
crypto ikev2 profile clients
 match identity remote fqdn domain example.org
 identity local fqdn gateway.example.org
 authentication local pre-share
 authentication remote pre-share
 keyring local clients
 aaa authorization group psk list here clients
 virtual-template 1
crypto ipsec profile clients
 set ikev2-profile clients
interface Loopback0
 ip address 10.99.0.1 255.255.255.255
interface Virtual-Template1 type tunnel
 ip unnumbered Loopback0
 tunnel mode ipsec ipv4
 tunnel protection ipsec profile clients
ip local pool clients 10.99.1.1 10.99.1.100
end
END
{
	printf '%s\n' 'hostname client' 'crypto ikev2 keyring gateway'
	for n in "${!called[@]}"; do
		case ${called[n]} in *:*) at=${called[n]}/128 ;; *) at=${called[n]} ;; esac
		printf '%s\n' " peer p$n" "  address $at" '  pre-shared-key one-for-all'
	done
	for n in "${!called[@]}"; do
		printf '%s\n' "crypto ikev2 profile p$n" ' match identity remote fqdn gateway.example.org' \
			" identity local fqdn t$n.example.org" ' authentication local pre-share' \
			' authentication remote pre-share' ' keyring local gateway' \
			"crypto ipsec profile p$n" " set ikev2-profile p$n" \
			"interface Tunnel$n" ' ip address negotiated' ' tunnel source dynamic' ' tunnel mode ipsec ipv4' \
			" tunnel destination ${called[n]}" " tunnel protection ipsec profile p$n"
	done
	echo end
} >"$tmp/c1/startup-config"

step "four tunnels, each to another address of the gateway"
capture c1 wan "$tmp/wire.pcap"
cygnet_start gw "$tmp/gw"
cygnet_start c1 "$tmp/c1"
wait_for 20 sa_ready c1 4 || { cygnet_log c1 | tail -n 5; fail "not all tunnels are up"; }
locals=$(json gw "show crypto ikev2 sa" '[.rows[].local] | sort | join(" ")')
[[ $locals == "192.0.2.1 192.0.2.3 2001:db8::1 2001:db8::3" ]] || fail "the gateway's ends are: $locals"
for n in "${!called[@]}"; do
	in_ns c1 ping -c 3 -i 0.1 -W 3 -q -I "cyg-t$n" 10.99.0.1 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic by Tunnel$n to ${called[n]}"; }
done
capture_stop

# from ADDRESS FILTER: how many such packets the gateway sent from there.
from() { tcpdump -n -r "$tmp/wire.pcap" "src host $1 and ($2)" 2>/dev/null | wc -l; }
for each in "${called[@]}"; do
	[[ $(from "$each" 'udp port 500') -ge 2 ]] || fail "no IKE from $each"
	case $each in *:*) esp='ip6 proto 50' ;; *) esp='ip proto 50' ;; esac
	[[ $(from "$each" "$esp") -ge 3 ]] || fail "no ESP from $each"
done
only_ipsec "$tmp/wire.pcap"

step "twin: an address that no policy is for"
{
	sed '/^end$/d' "$tmp/gw/startup-config"
	printf '%s\n' 'no crypto ikev2 policy default' 'crypto ikev2 policy some' ' match address local 192.0.2.1' ' proposal default' end
} >"$tmp/startup-config"
cp "$tmp/startup-config" "$(cygnet_root gw)/etc/cygnet/startup-config"
cygnet_stop c1
cygnet_stop gw
cygnet_start gw
cygnet_start c1
wait_for 20 logged gw 'ike\.failed.*192\.0\.2\.2.*no policy of ours is for this local address.*crypto ikev2 policy' || fail "no line says that no policy is for 192.0.2.3"
wait_for 20 sa_ready c1 1 || fail "the tunnel to the address that is served is not up"
[[ $(json gw "show crypto ikev2 sa" '[.rows[] | select(.status == "READY") | .local] | join(" ")') == 192.0.2.1 ]] || fail "another address is served, too"

step "twin: link-local"
printf '%s\n' 'interface Tunnel9' ' tunnel source dynamic' ' tunnel destination fe80::1%wan' end >"$tmp/link-local"
! "$(cygnet_bin)" check-config "$tmp/link-local" >"$tmp/out" 2>&1 || fail "a link-local destination is taken"
grep -q 'link-local address means another host on each link' "$tmp/out" || { cat "$tmp/out"; fail "no reason is given"; }
done_ok
