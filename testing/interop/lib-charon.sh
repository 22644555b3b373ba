# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced after testing/lib.sh: Debian's strongSwan in a namespace, one or more, each with files of its own.

# A daemon that is started at the end of a pipe must be known here, to be ended.
shopt -s lastpipe

charon_need() {
	need_command swanctl jq
	[[ -x /usr/sbin/charon-systemd ]] || skip "no charon-systemd (testing/packages, set interop)"
	[[ -e /usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so ]] || skip "no plugin kernel-libipsec (libcharon-extra-plugins)"
}

charon_dir() { say "$tmp/charon-$1"; } # NS

# The data plane: plugins, in order. `charon_kernel=kernel-netlink` uses the kernel's own ESP.
charon_kernel=${charon_kernel:-kernel-libipsec kernel-netlink}

# Further plugins.
charon_plugins=${charon_plugins:-}

# Further lines of strongswan.conf's section `charon`; they stand last, and the last word counts.
charon_options=${charon_options:-}

# charon_start NS: swanctl.conf comes on standard input.
charon_start() {
	local name=$1 dir
	dir=$(charon_dir "$name")
	mkdir -p "$dir"/swanctl/{x509,x509ca,x509ocsp,x509aa,x509ac,x509crl,pubkey,private,rsa,ecdsa,bliss,pkcs8,pkcs12}
	cat >"$dir/swanctl/swanctl.conf"
	# The mark keeps the daemon's own packets out of the routes it makes for its tunnels.
	cat >"$dir/strongswan.conf" <<-END
	charon {
	    load = random nonce openssl aes sha1 sha2 hmac kdf gcm curve25519 gmp chapoly pem pkcs1 x509 $charon_plugins $charon_kernel socket-default vici attr updown
	    retransmit_tries = 3
	    retransmit_timeout = 2
	    syslog {
	    }
	    filelog {
	        log {
	            path = $dir/log
	            default = 1
	            ike = 2
	            cfg = 2
	            enc = 1
	            flush_line = yes
	        }
	    }
	    plugins {
	        vici {
	            socket = unix://$dir/vici
	        }
	        kernel-libipsec {
	            allow_peer_ts = yes
	        }
	        kernel-netlink {
	            fwmark = !0x42
	        }
	        socket-default {
	            fwmark = 0x42
	        }
	    }
	    $charon_options
	}
	charon-systemd {
	    journal {
	        default = -1
	    }
	}
	END
	charon_run "$name"
}

# charon_run NS: (again) with the files that it has.
charon_run() {
	local name=$1 dir
	dir=$(charon_dir "$name")
	: >"$dir/log"
	STRONGSWAN_CONF=$dir/strongswan.conf in_background "$name" "$dir/out" /usr/sbin/charon-systemd
	eval "charon_pid_$name=$!"
	wait_for 15 charon_ctl "$name" --stats || { tail "$dir/out" "$dir/log"; fail "strongSwan does not start"; }
	charon_ctl "$name" --load-all >"$dir/load" 2>&1 || { cat "$dir/load"; fail "strongSwan refuses its configuration"; }
}

# charon_kill NS: without a word to anybody.
charon_kill() {
	local pid="charon_pid_$1"
	kill -9 "${!pid}"
	wait_gone 5 "${!pid}" || fail "charon does not end"
}

# charon_reload NS: another swanctl.conf on standard input; its SAs end first.
charon_reload() {
	cat >"$(charon_dir "$1")/swanctl/swanctl.conf"
	charon_ctl "$1" --load-all >/dev/null
}

# charon_client [NAME=VALUE...]: prints swanctl.conf of a remote-access client of testing/interop/gateway. `conn`
# and `child` are further lines of the connection and of its child.
charon_client() {
	local id=alice.example.org key=key-of-alice remote=192.0.2.1 remote_id=gateway.example.org
	local ike=aes128gcm16-prfsha256-x25519 esp=aes128gcm16 vips=0.0.0.0 remote_ts=0.0.0.0/0 conn= child=
	local local_auth="auth = psk" remote_auth="auth = psk" more=
	[[ $# == 0 ]] || local "$@"
	cat <<-END
	connections {
	    gw {
	        version = 2
	        remote_addrs = $remote
	        proposals = $ike
	        vips = $vips
	        $conn
	        local {
	            $local_auth
	            id = $id
	        }
	        remote {
	            $remote_auth
	            id = $remote_id
	        }
	        children {
	            net {
	                remote_ts = $remote_ts
	                esp_proposals = $esp
	                $child
	            }
	        }
	    }
	}
	secrets {
	    ike-gw {
	        secret = $key
	    }
	}
	$more
	END
}

# charon_gateway [NAME=VALUE...]: likewise, of the gateway that testing/interop/client connects to.
charon_gateway() {
	local id=gateway.example.org key=key-of-alice local=192.0.2.1
	local ike=aes128gcm16-prfsha256-x25519 esp=aes128gcm16 pools=clients local_ts=0.0.0.0/0 conn= child=
	local local_auth="auth = psk" remote_auth="auth = psk" more=
	[[ $# == 0 ]] || local "$@"
	cat <<-END
	connections {
	    clients {
	        version = 2
	        local_addrs = $local
	        proposals = $ike
	        pools = $pools
	        $conn
	        local {
	            $local_auth
	            id = $id
	        }
	        remote {
	            $remote_auth
	        }
	        children {
	            net {
	                local_ts = $local_ts
	                esp_proposals = $esp
	                $child
	            }
	        }
	    }
	}
	pools {
	    clients {
	        addrs = 10.99.2.0/24
	        dns = 10.10.0.53
	    }
	    clients6 {
	        addrs = fd00:99:2::/120
	    }
	}
	secrets {
	    ike-clients {
	        secret = $key
	    }
	}
	$more
	END
}

# charon_ctl NS --VERB ARGUMENTS...
charon_ctl() {
	local dir name=$1 verb=$2
	dir=$(charon_dir "$name")
	shift 2
	SWANCTL_DIR=$dir/swanctl STRONGSWAN_CONF=$dir/strongswan.conf \
		ip netns exec "$prefix-$name" swanctl "$verb" --uri "unix://$dir/vici" "$@"
}

# charon_logged NS PATTERN [LINES]: in the end of its log.
charon_logged() { [[ -n $(tail -n "${3:-100000}" "$(charon_dir "$1")/log" | grep -E -- "$2") ]]; }
charon_log() { cat "$(charon_dir "$1")/log"; }
# charon_sees NS PATTERN: in its list of SAs.
charon_sees() { [[ -n $(charon_ctl "$1" --list-sas | grep -E -- "$2") ]]; }
charon_has_no_sa() { [[ -z $(charon_ctl "$1" --list-sas) ]]; }
# charon_octets NS in|out: of all CHILD_SAs, in its own count.
charon_octets() {
	charon_ctl "$1" --list-sas | awk -v way="$2" '$1 == way && $2 ~ /^[0-9a-f]+,$/ {sum += $3} END {print sum + 0}'
}
charon_initiate() { charon_ctl "$1" --initiate --child "$2" --timeout 15; } # NS CHILD

# --- New keys under traffic, for the scenarios rekey-* ---

ours() { json "$cygnet" "show crypto ikev2 stats" ".rows[0].$1"; }
ours_is() { [[ $(ours "$1") == "$2" ]]; }
# twenty WHO COUNTER COMMAND...: the command twenty times, each waited for in the counter of $cygnet.
twenty() {
	local who=$1 counter=$2 before i
	shift 2
	before=$(ours "$counter")
	for ((i = 1; i <= 20; i++)); do
		"$@" >"$tmp/rekey" 2>&1 || { cat "$tmp/rekey"; fail "$who: $*"; }
		wait_for 10 ours_is "$counter" $((before + i)) || fail "$who: $counter is $(ours "$counter"), $i after $before"
	done
	say "$who: 20 more $counter"
}
# rekey_under_traffic CONNECTION VIP: between strongSwan's $charon and ours, at the wire of gw.
rekey_under_traffic() {
	count_start
	numbered_start c1 "$2" lan 10.10.0.10
	twenty strongSwan child_rekeyed charon_ctl "$charon" --rekey --child net
	twenty strongSwan ike_rekeyed charon_ctl "$charon" --rekey --ike "$1"
	twenty Cygnet child_rekeyed show "$cygnet" "rekey crypto ikev2 sa child"
	twenty Cygnet ike_rekeyed show "$cygnet" "rekey crypto ikev2 sa"
	numbered_go_on 5
	numbered_stop
	count_stop
	losses
	[[ $(($(numbered a doubled) + $(numbered b doubled))) == 0 ]] || fail "packets came twice"
	[[ $(ours failed_in) == 0 && $(ours failed_out) == 0 && $(ours child_failed) == 0 ]] ||
		fail "a negotiation failed: $(cygnet_log "$cygnet" | grep failed)"
}
# rekey_refused VIP: our side takes another suite from now on: no rekey comes about, each side is told why, and the
# keys of before serve on.
rekey_refused() {
	cygnet_add "$cygnet" <<-END
		crypto ipsec transform-set gcm esp-gcm 256
	END
	show "$cygnet" reload >"$tmp/reload" || { cat "$tmp/reload"; fail "reload"; }
	local rekeyed
	rekeyed=$(ours child_rekeyed)
	charon_ctl "$charon" --rekey --child net >/dev/null
	wait_for 5 logged "$cygnet" 'child\.failed.*transform-set' || fail "no line of ours says why strongSwan's rekey is refused"
	wait_for 5 charon_logged "$charon" 'received NO_PROPOSAL_CHOSEN' || fail "strongSwan was not told NO_PROPOSAL_CHOSEN"
	show "$cygnet" "rekey crypto ikev2 sa child" >/dev/null
	wait_for 5 logged "$cygnet" 'child\.failed.*answers CREATE_CHILD_SA with NO_PROPOSAL_CHOSEN.*transform-set' ||
		fail "no line of ours says why our rekey is refused"
	ours_is child_rekeyed "$rekeyed" || fail "a child was rekeyed with a suite that one side does not take"
	in_ns lan ping -c 5 -i 0.05 -W 3 -q "$1" >"$tmp/ping" || { cat "$tmp/ping"; fail "the old keys do not serve on"; }
}
