# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced after testing/lib.sh: gateways for the load of initiators (load.c), and what processes use.

# bench_config KIND: startup-config of a gateway whose clients prove themselves by psk, rsa or ecdsa.
bench_config() {
	local method=$1-sig trust="pki trustpoint T"
	[[ $1 != psk ]] || { method=pre-share; trust="keyring local clients"; }
	cat <<-END
	hostname gateway
	no crypto ikev2 cookie-challenge
	crypto pki trustpoint T
	 revocation-check none
	crypto ikev2 proposal bench
	 encryption aes-gcm-128
	 prf sha256
	 group 31
	crypto ikev2 policy bench
	 proposal bench
	crypto ikev2 keyring clients
	 peer anybody
	  address 0.0.0.0 0.0.0.0
	  pre-shared-key bench-key
	crypto ikev2 profile clients
	 match identity remote fqdn domain example.org
	 identity local fqdn gateway.example.org
	 authentication local $method
	 authentication remote $method
	 $trust
	 virtual-template 1
	crypto ipsec transform-set gcm esp-gcm
	 mode tunnel
	crypto ipsec profile clients
	 set transform-set gcm
	 set ikev2-profile clients
	interface Loopback0
	 ip address 10.99.0.1 255.255.255.255
	interface Virtual-Template1 type tunnel
	 ip unnumbered Loopback0
	 tunnel mode ipsec ipv4
	 tunnel protection ipsec profile clients
	end
	END
}

# bench_gateway NS SHARDS KIND [PKI]: starts one; PKI is a folder of `make_pki FOLDER KIND COUNT`.
bench_gateway() {
	local dir=$tmp/config-$1
	mkdir -p "$dir/pki/T"
	bench_config "$3" >"$dir/startup-config"
	printf 'shards = %s\nlog-file = cygnet.log\nlog-level = warning\n' "$2" >"$dir/cygnet.conf"
	if [[ -n ${4:-} ]]; then
		cp "$4/ca.pem" "$dir/pki/T/"
		cp "$4/gateway.pem" "$dir/pki/T/cert.pem"
		cp "$4/gateway.key" "$dir/pki/T/key.pem"
	fi
	cygnet_start "$1" "$dir"
}
bench_starter() { cat "$(cygnet_root "$1")/run/cygnet/cygnet.pid"; } # NS: its pid
bench_daemon() { pgrep -P "$(bench_starter "$1")" | head -n 1; }

# cpu PID: seconds of all its threads, user and system, to the nanosecond
cpu() { cat "/proc/$1"/task/*/schedstat | awk '{n += $1} END {printf "%.9f\n", n / 1e9}'; }
# resident PID...: KB of all of them
resident() { local p; for p in "$@"; do sed -n 's/^VmRSS:\s*\([0-9]*\).*/\1/p' "/proc/$p/status"; done | awk '{n += $1} END {print n + 0}'; }
median() { sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'; }
