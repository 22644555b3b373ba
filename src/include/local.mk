# SPDX-License-Identifier: MIT
# The public headers: all that a plugin or the command line client includes.
cygnetincludedir = $(includedir)/cygnet
cygnetinclude_HEADERS = \
	src/include/cygnet/aaa.h \
	src/include/cygnet/address.h \
	src/include/cygnet/authz.h \
	src/include/cygnet/broker.h \
	src/include/cygnet/bytes.h \
	src/include/cygnet/cert.h \
	src/include/cygnet/cfg_attr.h \
	src/include/cygnet/commands.h \
	src/include/cygnet/crypto.h \
	src/include/cygnet/cursor.h \
	src/include/cygnet/debug.h \
	src/include/cygnet/eap.h \
	src/include/cygnet/esp.h \
	src/include/cygnet/identity.h \
	src/include/cygnet/ip.h \
	src/include/cygnet/kernel.h \
	src/include/cygnet/listener.h \
	src/include/cygnet/log.h \
	src/include/cygnet/name_mangler.h \
	src/include/cygnet/objects.h \
	src/include/cygnet/net.h \
	src/include/cygnet/numbers.h \
	src/include/cygnet/option.h \
	src/include/cygnet/outside.h \
	src/include/cygnet/plugin.h \
	src/include/cygnet/secret.h \
	src/include/cygnet/shard.h \
	src/include/cygnet/status.h
