#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../../lib.sh"
. "$(dirname "$0")/../../lib-net.sh"
. "$(dirname "$0")/../lib-charon.sh"
interop=$(cd "$(dirname "$0")/.." && pwd)
need_root
need_tun
need_build
charon_need
net_up

cygnet_configure gw "$interop/gateway"
cygnet_add gw <<-END
	crypto ikev2 keyring clients
	peer bob
	identity fqdn bob.example.org
	pre-shared-key key-of-bob
	peer carol
	identity fqdn carol.example.org
	pre-shared-key key-of-carol
	crypto ikev2 profile clients
	no match identity remote fqdn domain example.org
	match identity remote fqdn alice.example.org
	dpd 10 2 periodic
	crypto ikev2 profile quiet
	match identity remote fqdn bob.example.org
	match identity remote fqdn carol.example.org
	identity local fqdn gateway.example.org
	authentication local pre-share
	authentication remote pre-share
	keyring local clients
	aaa authorization group psk list here clients
	virtual-template 1
	dpd 10 2 on-demand
END
cygnet_start gw

# connection NAME: one of strongSwan's, which probes every second by itself.
connection() {
	cat <<-END
	$1 {
	    version = 2
	    remote_addrs = 192.0.2.1
	    proposals = aes128gcm16-prfsha256-x25519
	    vips = 0.0.0.0
	    dpd_delay = 1s
	    local {
	        auth = psk
	        id = $1.example.org
	    }
	    remote {
	        auth = psk
	        id = gateway.example.org
	    }
	    children {
	        $1 {
	            remote_ts = 10.10.0.0/24
	            esp_proposals = aes128gcm16
	        }
	    }
	}
	END
}
{
	say "connections {"
	for name in alice bob carol; do connection "$name"; done
	say "}"
	say "secrets {"
	for name in alice bob carol; do say "ike-$name { id = $name.example.org"; say "secret = key-of-$name }"; done
	say "}"
} | charon_start c1
for name in alice bob carol; do
	charon_initiate c1 "$name" >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "$name cannot connect"; }
done
wait_for 5 sa_ready gw 3 || fail "the gateway has not three SAs"
sas() { json gw "show crypto ikev2 sa" "[.rows[].remote_id | split(\".\")[0]] | sort | join(\" \")"; }
sas_are() { [[ $(sas) == "$1" ]]; }
stat() { json gw "show crypto ikev2 stats" ".rows[0].$1"; }
inner() { json gw "show crypto ikev2 sa" ".rows[] | select(.remote_id | startswith(\"$1\")) | .assigned_address"; }

step "twin: the link is well: probes are answered"
answered=$(charon_log c1 | grep -c 'parsed INFORMATIONAL response') || true
probed() { [[ $(charon_log c1 | grep -c 'parsed INFORMATIONAL response') -gt $((answered + 3)) ]]; }
wait_for 10 probed || fail "strongSwan's probes are not answered"
sas_are "alice bob carol" || fail "an SA went while all was well: $(sas)"

step "the link goes dead"
bob=$(inner bob)
path_dead
begin=$SECONDS
in_background lan "$tmp/ping-bob" ping -i 0.5 "$bob"
sleep 18
sas_are "alice bob carol" || fail "taken down after $((SECONDS - begin)) s, too early: $(sas)"
wait_for 12 sas_are carol || fail "not found dead after $((SECONDS - begin)) s: $(sas)"
say "found dead after $((SECONDS - begin)) s"
[[ $(stat dpd_dead) == 2 ]] || fail "dpd_dead is $(stat dpd_dead)"
logged gw 'ike\.dead.*alice\.example\.org does not answer any more' || fail "no line says that alice does not answer"
[[ $(json gw "show ip local pool" '[.rows[].used] | add') == 1 ]] || fail "addresses of the dead were not given back"

step "twin: nobody sends to carol: she is not asked after"
[[ $(sas) == carol ]] || fail "carol was taken down: $(sas)"
path_clear
carol=$(inner carol)
in_ns lan ping -c 3 -i 0.1 -W 3 -q "$carol" >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic to carol when the link is back"; }
done_ok
