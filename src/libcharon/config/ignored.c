/* SPDX-License-Identifier: MIT */
/*
 * Commands of a router that are none of ours: taken with one note and ignored, so that a router's
 * whole configuration can be loaded. Their words are not abbreviated.
 *
 * A word of an inner mode must not begin a line of the whole, which would end there (a test holds them to it); hence
 * `ip dhcp client` and not `ip dhcp` in an interface.
 */
#include "config/grammar.h"

#define METHODS "{local | local-case | enable | line | none | if-authenticated | krb5 | krb5-telnet | group <server:name>}..."

const struct ignored_heads ignored_heads[] = {
	{ "global", "",
	  "access-session alias arp boot boot-start-marker boot-end-marker bridge call-home cdp cef clns clock "
	  "config-register cts device-tracking diagnostic dialer-list dot1x enable errdisable exception file hw-module "
	  "ipc isdn kron lacp license lldp logging login mac mac-address-table macro memory mls mpls mtc multilink netconf "
	  "netconf-yang ntp platform power process prompt rep restconf rmon scheduler security service snmp-server "
	  "spanning-tree subscriber switch system tftp-server transceiver udld upgrade version vstack vtp xconnect" },
	{ "global", "aaa", "dnis local max-sessions memory pod route session-id traceback" },
	{ "global", "aaa authentication",
	  "arap attempts banner dot1x enable eou fail-message password-prompt ppp sgbp suppress username-prompt" },
	{ "global", "aaa authentication login <name:name>", METHODS, .whole = true },
	{ "global", "aaa authorization",
	  "auth-proxy commands config-commands configuration console credential-download exec multicast reverse-access "
	  "subscriber-service template" },
	{ "global", "aaa authorization network <name:name>", METHODS, .whole = true },
	{ "global", "aaa accounting",
	  "auth-proxy commands connection delay-start dot1x exec gigawords identity include jitter multicast nested "
	  "redundancy resource send session-duration suppress system update" },
	{ "global", "enable secret", "<type:choice(4|5|8|9)> <hash:word>", .whole = true },
	{ "global", "username <name:word>", "privilege secret autocommand" },
	{ "global", "crypto", "isakmp engine key" },
	{ "global", "crypto ipsec", "df-bit fragmentation nat-transparency optional security-association" },
	{ "global", "crypto map <name:name>", "client isakmp local-address redundancy" },
	{ "global", "crypto pki", "authenticate crl enroll export import token" },
	{ "global", "ip",
	  "admission as-path auth-proxy bgp-community bootp cef classless community-list default-gateway default-network "
	  "device dhcp dns domain-list domain-lookup extcommunity-list finger flow-export forward-protocol ftp "
	  "gratuitous-arps host icmp igmp multicast multicast-routing name-server nat nbar nhrp options pim port-map "
	  "prefix-list radius rcmd route-cache routing rsvp rtcp scp source-route ssh subnet-zero tacacs tcp telnet tftp "
	  "wccp" },
	{ "global", "ip access-list", "log-update logging persistent resequence" },
	{ "global", "ip domain", "list lookup retry round-robin timeout" },
	{ "global", "ip http",
	  "access-class active-session-modules authentication banner client max-connections path port secure-active-session-modules "
	  "secure-ciphersuite secure-client-auth secure-ecdhe-curve secure-port secure-trustpoint session-idle-timeout "
	  "session-module-list timeout-policy tls-version" },
	{ "global", "ip local", "policy" },
	{ "global", "ipv6",
	  "cef dhcp flow general-prefix hop-limit host icmp mld multicast multicast-routing nd nhrp pim prefix-list "
	  "source-route unicast-routing" },
	{ "global", "radius-server",
	  "accounting attribute authorization backoff challenge-noecho configure-nas dead-criteria deadtime "
	  "directed-request domain-stripping extended-portnames key load-balance optional-passwords retransmit retry "
	  "source-ports throttle timeout transaction unique-ident vsa" },
	/* Where a terminal was copied from: what `show` says before a configuration. */
	{ "global", "building", "configuration..." },
	{ "global", "current", "configuration" },
	{ "global", "using", "<used:uint(0-4294967295)> out of <all:uint(0-4294967295)> bytes [<rest:line>]", .whole = true },
	{ "global", "banner {motd | login | exec | incoming | prompt-timeout | slip-ppp | config-save}",
	  "[<text:delimited>]", .whole = true },
	{ "global", "",
	  "archive bba-group class-map control-plane controller dial-peer flow line mgcp object-group parameter-map "
	  "policy-map pseudowire-class redundancy router stackwise-virtual table-map telemetry template time-range track "
	  "vlan voice voice-port vpdn-group zone zone-pair",
	  .block = true },
	{ "global", "crypto", "dynamic-map gdoi keyring", .block = true },
	{ "global", "crypto isakmp", "policy profile client", .block = true },
	{ "global", "crypto pki", "profile server trustpool", .block = true },
	{ "global", "crypto {pki | ca} certificate", "chain", .block = true },
	{ "global", "event manager", "applet", .block = true },
	{ "global", "ip", "explicit-path sla", .block = true },
	{ "global", "ip dhcp", "class pool", .block = true },
	{ "global", "ip ssh", "pubkey-chain", .block = true },
	{ "global", "ipv6", "router", .block = true },
	{ "global", "ipv6 dhcp", "pool", .block = true },
	{ "global", "key", "chain", .block = true },
	{ "global", "performance", "monitor", .block = true },
	{ "interface", "",
	  "arp bandwidth bfd carrier-delay cdp channel-group channel-protocol cts delay device-tracking dialer dot1q "
	  "duplex encapsulation fair-queue flowcontrol hold-queue isis keepalive lacp lldp load-interval logging mab "
	  "mac-address macsec media-type mop mpls mtu nat64 negotiation nhrp ntp ospfv3 ppp pppoe pppoe-client priority-queue "
	  "queue-limit random-detect snmp spanning-tree speed standby storm-control switchport transmit-interface tx-ring-limit udld vrrp "
	  "zone-member" },
	{ "interface", "ip",
	  "access-group accounting authentication bandwidth-percent directed-broadcast flow hello-interval "
	  "helper-address hold-time igmp inspect local-proxy-arp mask-reply mroute-cache nat nbar next-hop-self nhrp ospf "
	  "pim policy proxy-arp redirects rip route-cache router rsvp rtp split-horizon summary-address unreachables "
	  "verify virtual-reassembly wccp" },
	{ "interface", "ip dhcp", "client relay smart-relay" },
	{ "interface", "ip address", "dhcp" },
	{ "interface", "ip address <host:ip4> <mask:mask>", "secondary" },
	{ "interface", "ip tcp", "compression-connections header-compression path-mtu-discovery" },
	{ "interface", "ipv6",
	  "eigrp flow hello-interval mld mtu nd next-hop-self nhrp ospf policy redirects rip split-horizon tcp "
	  "traffic-filter unreachables verify virtual-reassembly" },
	{ "interface", "ipv6 dhcp", "client relay server" },
	{ "interface", "ipv6 address", "autoconfig dhcp" },
	{ "interface", "ipv6 address <host:ip6>", "link-local" },
	{ "interface", "ipv6 address <prefix:own6>", "anycast eui-64" },
	{ "interface", "tunnel",
	  "bandwidth checksum endpoint entropy flow path-mtu-discovery route-via sequence-datagrams tos ttl udlr" },
	{ "pki-trustpoint", "",
	  "auto-enroll auto-trigger authorization crl eku hash ocsp on primary regenerate root storage subject-alt-name "
	  "usage" },
	{ "pki-trustpoint", "enrollment", "credential http-proxy profile" },
	{ "pki-trustpoint", "password", "0 7" },
	{ "pki-trustpoint", "source", "interface" },
	{ "vrf", "", "bgp export import inter-as-hybrid maximum mdt route-replicate vnet vpn" },
	{ "vrf-address-family", "", "bgp export import inter-as-hybrid maximum mdt route-replicate" },
	{ "radius-server", "", "automate-tester backoff dtls non-standard pac" },
	{ "aaa-server-group", "",
	  "accounting attribute authorization backoff key-wrap load-balance mac-delimiter subscriber throttle" },
	{ "aaa-server-group", "ip", "radius" },
	{ "aaa-server-group", "ipv6", "radius" },
	{ "radius-dynamic-author", "", "domain ignore" },
	{ "route-map", "", "match set description continue" },
	{ 0 },
};
