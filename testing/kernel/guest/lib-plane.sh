# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by scenarios that run with either plane: `. lib-plane.sh BUILD PLANE`. A gateway gw between the outer link
# and a network behind it; c1 is a client, strongSwan with the kernel's ESP.
plane=${2:-tun}
. "$(dirname "${BASH_SOURCE[0]}")/../../lib.sh" "$1"
charon_kernel=kernel-netlink
. "$top/testing/interop/lib-charon.sh"
need_root
need_tun
need_build
charon_need

# net: gw (192.0.2.1, 10.10.0.1) - lan (10.10.0.10), and c1 (192.0.2.2).
net() {
	ns gw c1 lan
	link gw wan c1 wan
	link gw lan lan lan
	address gw wan 192.0.2.1/24
	address c1 wan 192.0.2.2/24
	address gw lan 10.10.0.1/24
	address lan lan 10.10.0.10/24
	ip -n "$prefix-lan" route add default via 10.10.0.1
	forwarding gw
}

# planned PLANE FOLDER NS: a copy of a configuration that uses that plane; prints its folder.
planned() {
	local to=$tmp/conf-$3 other
	rm -rf "$to"
	cp -r "$2" "$to"
	sed -i 's/198\.51\.100\.2$/192.0.2.2/' "$to/startup-config" # no NAT, no router between: one link
	mkdir -p "$to/plugins"
	for other in tun netlink; do
		[[ $other == "$1" ]] || echo 'load = no' >"$to/plugins/kernel-$other.conf"
	done
	say "$to"
}
# gateway [SED-SCRIPT]: starts gw with the plane.
gateway() {
	local to
	to=$(planned "$plane" "$top/testing/interop/gateway" gw)
	[[ -z ${1:-} ]] || sed -i "$1" "$to/startup-config"
	cygnet_start gw "$to"
}

# client ESP-PROPOSALS [CONNECTION-LINE] [CHILD-LINE]: strongSwan in c1. What it asks for beside that:
client_vips=0.0.0.0
client_local_ts=dynamic
client_remote_ts=0.0.0.0/0
client() {
	charon_start c1 <<-C
	connections {
	    gw {
	        version = 2
	        remote_addrs = 192.0.2.1
	        proposals = aes128gcm16-prfsha256-x25519
	        ${client_vips:+vips = $client_vips}
	        ${2:-}
	        local {
	            auth = psk
	            id = alice.example.org
	        }
	        remote {
	            auth = psk
	            id = gateway.example.org
	        }
	        children {
	            net {
	                local_ts = $client_local_ts
	                remote_ts = $client_remote_ts
	                esp_proposals = $1
	                ${3:-}
	            }
	        }
	    }
	}
	secrets {
	    ike-gw {
	        secret = key-of-alice
	    }
	}
	C
}
connect() {
	charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "strongSwan cannot connect"; }
	wait_for 10 sa_ready gw || fail "the gateway shows no SA"
	vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
}

# ping_through NS TARGET COUNT [PING-OPTION...]: all answered.
ping_through() {
	local name=$1 target=$2 count=$3
	shift 3
	in_ns "$name" ping -c "$count" -i 0.2 -W 5 -q "$@" "$target" >"$tmp/ping" 2>&1 || { cat "$tmp/ping"; fail "no traffic: $name to $target"; }
	grep -q " 0% packet loss" "$tmp/ping" || { cat "$tmp/ping"; fail "lost on the way: $name to $target"; }
}
# both_ways: from the client, and from behind the gateway.
both_ways() {
	ping_through c1 10.10.0.10 "${1:-5}" -I "$vip"
	ping_through lan "$vip" "${1:-5}"
}
counted() { # at least so many packets each way, in the gateway's own count
	[[ $(esp gw packets_in) -ge $1 && $(esp gw packets_out) -ge $1 ]] ||
		fail "the gateway counts $(esp gw packets_in) in, $(esp gw packets_out) out, and not $1"
}

# Nothing of ours in the system of a namespace.
nothing_left() {
	local what
	for what in "ip xfrm state" "ip xfrm policy" "ip route show table 73" "ip -6 route show table 73" \
		"ip -br link show type xfrm" "ip -br link show type tun"; do
		[[ -z $(in_ns "$1" $what 2>/dev/null) ]] || fail "stays in $1, $what: $(in_ns "$1" $what)"
	done
	[[ -z $(in_ns "$1" ip rule | grep -i fwmark) ]] || fail "a rule of ours stays in $1: $(in_ns "$1" ip rule)"
}
# sas NS: how many ESP SAs its kernel holds.
sas() { in_ns "$1" ip xfrm state | grep -c 'proto esp' || true; }
has_sas() { [[ $(sas "$1") == "$2" ]]; }
