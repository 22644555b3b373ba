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

charon_gateway | charon_start gw
cygnet_configure c1 "$interop/client"
cygnet_add c1 <<-END
	crypto ikev2 dpd 10 2 on-demand
END
cygnet_start c1
wait_for 15 sa_ready c1 || { cygnet_log c1 | tail; fail "the client does not connect"; }

spi() { json c1 "show crypto ikev2 sa" '[.rows[] | select(.status == "READY")][0].local_spi // "none"'; }
another_sa() { local now; now=$(spi) && [[ $now != none && $now != "$1" ]]; }
stat() { json c1 "show crypto ikev2 stats" ".rows[0].$1"; }
theirs() { charon_ctl gw --list-sas | grep -c ESTABLISHED || true; }
theirs_is() { [[ $(theirs) == "$1" ]]; }
traffic() {
	in_ns c1 ping -c 5 -i 0.1 -W 3 -q 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic: $1"; }
}
traffic "at first"

step "the link goes dead, and comes back"
before=$(spi)
in_background c1 "$tmp/ping-on" ping -i 0.5 10.10.0.10
path_dead
begin=$SECONDS
dead() { [[ $(stat dpd_dead) == 1 ]]; }
wait_for 30 dead || fail "not found dead after $((SECONDS - begin)) s"
say "found dead after $((SECONDS - begin)) s"
[[ $((SECONDS - begin)) -ge 18 ]] || fail "found dead before the guide's time"
logged c1 'ike\.dead.*gateway\.example\.org does not answer any more' || fail "no line says that the gateway does not answer"
path_clear
wait_for 20 another_sa "$before" || fail "the tunnel does not come back"
wait_for 5 theirs_is 1 || { charon_ctl gw --list-sas; fail "strongSwan keeps $(theirs) SAs: it was not told of INITIAL_CONTACT"; }
traffic "after the link came back"

step "the gateway is killed and started again"
before=$(spi)
charon_kill gw
charon_run gw
wait_for 45 another_sa "$before" || fail "the tunnel does not come back from a gateway that restarted"
wait_for 5 theirs_is 1 || fail "strongSwan has $(theirs) SAs"
traffic "after the gateway restarted"

step "our daemon is killed and started again by its starter"
before=$(spi)
kill -9 "$(sed -n 's/^daemon=//p' "$(cygnet_root c1)/run/cygnet/cygnet.state")"
wait_for 20 another_sa "$before" || fail "the tunnel does not come back"
wait_for 5 theirs_is 1 || { charon_ctl gw --list-sas; fail "strongSwan keeps $(theirs) SAs of a client that restarted"; }
traffic "after our daemon was killed"

step "twin: without dpd it holds on to an SA that nobody has"
sed -i '/^crypto ikev2 dpd/d' "$(cygnet_root c1)/etc/cygnet/startup-config"
show c1 reload >/dev/null
before=$(spi)
show c1 "rekey crypto ikev2 sa" >/dev/null
wait_for 5 another_sa "$before" || fail "no rekey: the SA keeps the old dpd"
before=$(spi)
probes=$(stat dpd_probes)
charon_kill gw
charon_run gw
sleep 12
[[ $(stat dpd_probes) == "$probes" && $(spi) == "$before" ]] || fail "it asks after its peer, and should not"
done_ok
