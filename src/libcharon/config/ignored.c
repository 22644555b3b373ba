/* SPDX-License-Identifier: MIT */
/*
 * Commands of a router that are none of ours: taken with one note and ignored, so that a router's
 * whole configuration can be loaded. Their words are not abbreviated.
 */
#include "config/grammar.h"

const struct ignored_heads ignored_heads[] = {
	{ "global", "",
	  "alias arp boot boot-start-marker boot-end-marker call-home cdp clock config-register "
	  "cts "
	  "diagnostic enable exception file license lldp logging mac-address-table memory "
	  "multilink "
	  "netconf netconf-yang ntp platform power prompt restconf scheduler service snmp-server "
	  "spanning-tree subscriber tftp-server transceiver upgrade version vtp xconnect",
	  false },
	{ "global", "username <name:word>", "privilege secret autocommand", false },
	{ "global", "crypto", "isakmp engine key", false },
	{ "global", "ip",
	  "bgp-community cef dhcp domain-lookup flow-export forward-protocol ftp multicast-routing "
	  "name-server nat nhrp pim prefix-list radius scp source-route ssh subnet-zero tacacs "
	  "tftp",
	  false },
	{ "global", "ip domain", "lookup", false },
	{ "global", "ipv6", "cef nd prefix-list unicast-routing", false },
	{ "global", "",
	  "archive class-map control-plane flow line mgcp object-group parameter-map policy-map "
	  "redundancy router stackwise-virtual telemetry track vlan voice zone zone-pair",
	  true },
	{ "global", "crypto", "gdoi keyring", true },
	{ "global", "crypto isakmp", "policy profile client", true },
	{ "global", "event manager", "applet", true },
	{ "global", "ip", "sla", true },
	{ "global", "key", "chain", true },
	{ "interface", "",
	  "arp bandwidth carrier-delay cdp channel-group cts delay duplex encapsulation hold-queue "
	  "keepalive lldp load-interval logging media-type negotiation ntp snmp speed standby "
	  "switchport "
	  "vrrp zone-member",
	  false },
	{ "interface", "ip",
	  "flow nat nhrp ospf pim proxy-arp redirects rip route-cache unreachables verify "
	  "virtual-reassembly",
	  false },
	{ "interface", "ipv6", "eigrp nd ospf redirects unreachables", false },
	{ "route-map", "", "match set description continue", false },
	{ 0 },
};
