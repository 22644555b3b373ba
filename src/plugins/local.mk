# SPDX-License-Identifier: MIT
# Plugins: each one is a folder, whole, with a local.mk of its own.
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-z,nodelete
PLUGIN_CFLAGS = $(AM_CFLAGS)
PLUGIN_LIBADD = src/libcharon/libcharon.la

include src/plugins/openssl/local.mk
include src/plugins/gmp/local.mk
include src/plugins/ipsec-mb/local.mk
include src/plugins/kernel-tun/local.mk
include src/plugins/kernel-netlink/local.mk
include src/plugins/address-pool/local.mk
include src/plugins/authz-policy/local.mk
include src/plugins/name-mangler/local.mk
include src/plugins/radius/local.mk
include src/plugins/dhcp/local.mk
include src/plugins/anyconnect/local.mk
