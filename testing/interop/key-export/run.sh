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
need_command tcpdump tshark python3

net_up
exported=$(cygnet_root gw)/var/log/wireshark

step "twin: not exported unless the operator says so"
cygnet_start gw "$interop/gateway"
[[ ! -e $exported ]] || fail "keys are exported by default"
cygnet_stop gw

printf 'key-export = yes\n' >>"$(cygnet_root gw)/etc/cygnet/cygnet.conf"
capture c1 wan "$tmp/wire.pcap"
cygnet_start gw
logged gw 'keys\.exported.*key-export = no' || fail "no warning says that keys are exported"
[[ $(stat -c %a "$exported/esp_sa") == 600 && $(stat -c %a "$exported") == 700 ]] || fail "others can read the keys"

used() { # IKE-PROPOSAL ESP-PROPOSAL
	charon_client "ike=$1" "esp=$2" >"$tmp/swanctl.conf"
	if [[ -z ${charon_pid_c1:-} ]]; then charon_start c1 <"$tmp/swanctl.conf"; else charon_reload c1 <"$tmp/swanctl.conf" 2>"$tmp/load"; fi
	charon_initiate c1 net >"$tmp/initiate" 2>&1 || { cat "$tmp/initiate"; fail "strongSwan cannot connect"; }
	vip=$(json gw "show crypto ikev2 sa detailed" '.rows[0].assigned_address')
	pings
	charon_ctl c1 --rekey --child net >/dev/null || fail "no rekey of the CHILD_SA"
	wait_for 5 count child_rekeyed || fail "the CHILD_SA was not rekeyed"
	pings
	charon_ctl c1 --rekey --ike gw >/dev/null || fail "no rekey of the IKE_SA"
	wait_for 5 count ike_rekeyed || fail "the IKE_SA was not rekeyed"
	pings
	charon_ctl c1 --terminate --ike gw --timeout 5 >/dev/null || fail "strongSwan cannot delete"
	wait_for 5 no_sa gw || fail "the gateway keeps an SA that the client deleted"
	runs=$((runs + 1))
}
runs=0
count() { [[ $(json gw "show crypto ikev2 stats" ".rows[0].$1") -gt $runs ]]; }
pings() { in_ns c1 ping -c 5 -i 0.05 -s 300 -W 3 -q -I "$vip" 10.10.0.10 >"$tmp/ping" || { cat "$tmp/ping"; fail "no traffic"; }; }

step "AES-GCM with X25519, AES-GCM for ESP"
used aes128gcm16-prfsha256-x25519 aes128gcm16
step "AES-CBC with HMAC-SHA2-256 and MODP-2048, AES-CBC with HMAC-SHA2-256 for ESP"
used aes256-sha256-modp2048 aes256-sha256
capture_stop
cygnet_stop gw

# dissect FOLDER FILTER: how many packets pass it with the keys of that folder.
dissect() {
	WIRESHARK_CONFIG_DIR=$1 tshark -n -r "$tmp/wire.pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -Y "$2" 2>"$tmp/tshark.err" | wc -l
	! grep -v -e 'Running as user' "$tmp/tshark.err" >"$tmp/complaints" || { cat "$tmp/complaints"; fail "tshark complains"; }
}

step "tshark reads all of it"
sealed='isakmp.exchangetype in {35, 36, 37}'
messages=$(dissect "$exported" "$sealed")
[[ $messages -ge 20 ]] || fail "$messages sealed messages in the capture are too few"
[[ $(dissect "$exported" "$sealed && isakmp.enc.decrypted") == "$messages" ]] || fail "some IKE messages are not decrypted"
[[ $(dissect "$exported" "isakmp.ikev2.integrity_checksum || isakmp.enc.iv.not_enough_data || isakmp.enc_data_length_mult_block_size || _ws.malformed") == 0 ]] ||
	fail "some IKE messages have a bad checksum"
[[ $(dissect "$exported" 'isakmp.exchangetype == 36 && isakmp.notify.msgtype == 16393 && isakmp.tf.id.encr == 12') -ge 1 ]] || fail "no rekey of a CHILD_SA can be read"
packets=$(dissect "$exported" esp)
[[ $packets -ge 60 ]] || fail "$packets ESP packets in the capture are too few"
[[ $(dissect "$exported" 'esp.icv_good == 1 && esp.protocol == 4') == "$packets" ]] || fail "some ESP packets are not verified"
[[ $(dissect "$exported" 'esp && icmp.type == 8') == $((packets / 2)) ]] || fail "the pings within ESP cannot be read"
say "$messages IKE messages and $packets ESP packets are decrypted and verified"

step "twin: keys that are not these"
mkdir "$tmp/wrong"
for table in esp_sa ikev2_decryption_table; do
	# The last digit of each key is another one; SPIs, algorithms and lengths stay.
	python3 -c 'import re, sys
sys.stdout.write(re.sub("[0-9a-f]{32,}", lambda key: key[0][:-1] + "10"[key[0][-1] != "0"], sys.stdin.read()))' \
		<"$exported/$table" >"$tmp/wrong/$table"
done
[[ $(dissect "$tmp/wrong" 'esp.icv_good == 1') == 0 && $(dissect "$tmp/wrong" 'esp.icv_bad == 1') -gt 0 ]] || fail "tshark verifies ESP with wrong keys: the check above proves nothing"
[[ $(dissect "$tmp/wrong" "isakmp.ikev2.integrity_checksum") == "$messages" ]] || fail "tshark finds no bad checksum with wrong keys: the check above proves nothing"
done_ok
