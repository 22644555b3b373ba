# SPDX-License-Identifier: MIT
address_pool_sources = \
	src/plugins/address-pool/address_pool.h \
	src/plugins/address-pool/address_pool_plugin.c \
	src/plugins/address-pool/commands.c \
	src/plugins/address-pool/pool.c \
	src/plugins/address-pool/pool.h

if PLUGIN_ADDRESS_POOL
plugin_LTLIBRARIES += src/plugins/address-pool/address-pool.la
src_plugins_address_pool_address_pool_la_SOURCES = $(address_pool_sources)
src_plugins_address_pool_address_pool_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_address_pool_address_pool_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_address_pool_address_pool_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif
