# SPDX-License-Identifier: MIT
# Fuzz targets (README says how to add one). With --enable-fuzz they are libFuzzer programs; else
# each has a small driver that replays its corpus in `make check` and can mutate it blindly.
FUZZ_TARGETS =
FUZZ_CFLAGS = $(AM_CFLAGS)
FUZZ_LIBS = src/libcharon/libcharon-core.la
FUZZ_DRIVER = testing/fuzz/fuzz.h
FUZZ_LDFLAGS = $(AM_LDFLAGS)
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
if ENABLE_FUZZ
FUZZ_LDFLAGS += -fsanitize=fuzzer
else
FUZZ_DRIVER += testing/fuzz/driver.c
TESTS += $(FUZZ_TARGETS)
endif
check_PROGRAMS += $(FUZZ_TARGETS)

FUZZ_TARGETS += testing/fuzz/fuzz_message
testing_fuzz_fuzz_message_SOURCES = testing/fuzz/fuzz_message.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_message_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_message_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_message_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_inner
testing_fuzz_fuzz_inner_SOURCES = testing/fuzz/fuzz_inner.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_inner_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_inner_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_inner_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_payload
testing_fuzz_fuzz_payload_SOURCES = testing/fuzz/fuzz_payload.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_payload_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_payload_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_payload_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_sa
testing_fuzz_fuzz_sa_SOURCES = testing/fuzz/fuzz_sa.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_sa_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_sa_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_sa_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_ts
testing_fuzz_fuzz_ts_SOURCES = testing/fuzz/fuzz_ts.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_ts_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_ts_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_ts_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_cfg
testing_fuzz_fuzz_cfg_SOURCES = testing/fuzz/fuzz_cfg.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_cfg_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_cfg_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_cfg_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_datagram
testing_fuzz_fuzz_datagram_SOURCES = testing/fuzz/fuzz_datagram.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_datagram_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_datagram_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_datagram_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_identity
testing_fuzz_fuzz_identity_SOURCES = testing/fuzz/fuzz_identity.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_identity_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_identity_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_identity_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_log
testing_fuzz_fuzz_log_SOURCES = testing/fuzz/fuzz_log.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_log_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_log_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_log_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_text
testing_fuzz_fuzz_text_SOURCES = testing/fuzz/fuzz_text.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_text_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_text_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_text_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_seal
testing_fuzz_fuzz_seal_SOURCES = testing/fuzz/fuzz_seal.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_seal_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_seal_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_seal_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_control_request
testing_fuzz_fuzz_control_request_SOURCES = testing/fuzz/fuzz_control_request.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_control_request_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_control_request_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_control_request_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_control_session
testing_fuzz_fuzz_control_session_SOURCES = testing/fuzz/fuzz_control_session.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_control_session_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_control_session_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_control_session_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_broker
testing_fuzz_fuzz_broker_SOURCES = testing/fuzz/fuzz_broker.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_broker_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_broker_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_broker_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_rows
testing_fuzz_fuzz_rows_SOURCES = testing/fuzz/fuzz_rows.c src/cygctl/rows.c src/cygctl/rows.h \
	src/cygctl/text.c src/cygctl/text.h $(FUZZ_DRIVER)
testing_fuzz_fuzz_rows_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_rows_CFLAGS = $(FUZZ_CFLAGS) $(JANSSON_CFLAGS)
testing_fuzz_fuzz_rows_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_rows_LDADD = $(FUZZ_LIBS) $(JANSSON_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_options
testing_fuzz_fuzz_options_SOURCES = testing/fuzz/fuzz_options.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_options_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_options_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_options_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_cert
testing_fuzz_fuzz_cert_SOURCES = testing/fuzz/fuzz_cert.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_cert_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_cert_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_cert_LDADD = src/plugins/openssl/libopenssl-plugin.la $(FUZZ_LIBS) $(OPENSSL_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_sign
testing_fuzz_fuzz_sign_SOURCES = testing/fuzz/fuzz_sign.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_sign_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_sign_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_sign_LDADD = src/plugins/openssl/libopenssl-plugin.la $(FUZZ_LIBS) $(OPENSSL_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_eap
testing_fuzz_fuzz_eap_SOURCES = testing/fuzz/fuzz_eap.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_eap_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_eap_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_eap_LDADD = $(FUZZ_LIBS)

if PLUGIN_KERNEL_TUN
FUZZ_TARGETS += testing/fuzz/fuzz_vnet
testing_fuzz_fuzz_vnet_SOURCES = testing/fuzz/fuzz_vnet.c src/plugins/kernel-tun/cut.c \
	src/plugins/kernel-tun/fragment.c src/plugins/kernel-tun/inner.c src/plugins/kernel-tun/merge.c src/plugins/kernel-tun/path.c src/plugins/kernel-tun/sum.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_vnet_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/src -I$(top_srcdir)/src/plugins
testing_fuzz_fuzz_vnet_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_vnet_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_esp
testing_fuzz_fuzz_esp_SOURCES = testing/fuzz/fuzz_esp.c src/plugins/kernel-tun/inner.c src/plugins/kernel-tun/sum.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_esp_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/src -I$(top_srcdir)/src/plugins
testing_fuzz_fuzz_esp_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_esp_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_netlink
testing_fuzz_fuzz_netlink_SOURCES = testing/fuzz/fuzz_netlink.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_netlink_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/src $(MNL_CFLAGS)
testing_fuzz_fuzz_netlink_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_netlink_LDADD = $(LIBKERNEL) $(FUZZ_LIBS) $(MNL_LIBS)
endif

if PLUGIN_KERNEL_NETLINK
FUZZ_TARGETS += testing/fuzz/fuzz_xfrm
testing_fuzz_fuzz_xfrm_SOURCES = testing/fuzz/fuzz_xfrm.c src/plugins/kernel-netlink/pairs.c \
	src/plugins/kernel-netlink/xfrm.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_xfrm_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/src -I$(top_srcdir)/src/plugins $(MNL_CFLAGS)
testing_fuzz_fuzz_xfrm_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_xfrm_LDADD = $(LIBKERNEL) $(FUZZ_LIBS) $(MNL_LIBS)
endif

if HAVE_CHECK
# The language, with the commands of plugins.
FUZZ_TARGETS += testing/fuzz/fuzz_config
testing_fuzz_fuzz_config_SOURCES = testing/fuzz/fuzz_config.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_config_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_config_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_config_LDADD = src/plugins/address-pool/libaddress-pool-plugin.la \
	src/plugins/anyconnect/libanyconnect-plugin.la src/plugins/authz-policy/libauthz-policy-plugin.la \
	src/plugins/dhcp/libdhcp-plugin.la src/plugins/name-mangler/libname-mangler-plugin.la \
	src/plugins/radius/libradius-plugin.la $(FUZZ_LIBS) $(JANSSON_LIBS)

FUZZ_TARGETS += testing/fuzz/fuzz_mangler
testing_fuzz_fuzz_mangler_SOURCES = testing/fuzz/fuzz_mangler.c $(FUZZ_DRIVER)
testing_fuzz_fuzz_mangler_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/src/plugins
testing_fuzz_fuzz_mangler_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_mangler_LDADD = src/plugins/name-mangler/libname-mangler-plugin.la $(FUZZ_LIBS) $(JANSSON_LIBS)

# Whole messages into live engines.
FUZZ_TARGETS += testing/fuzz/fuzz_engine
testing_fuzz_fuzz_engine_SOURCES = testing/fuzz/fuzz_engine.c $(ENGINE_KIT) $(ENGINE_KIT_EAP) $(PKI_MAKER) $(FUZZ_DRIVER)
testing_fuzz_fuzz_engine_CPPFLAGS = $(FUZZ_CPPFLAGS)
testing_fuzz_fuzz_engine_LDFLAGS = $(FUZZ_LDFLAGS)
testing_fuzz_fuzz_engine_LDADD = src/plugins/openssl/libopenssl-plugin.la $(FUZZ_LIBS) $(OPENSSL_LIBS)
endif

.PHONY: print-fuzz-targets fuzz-targets
fuzz-targets: $(FUZZ_TARGETS)
print-fuzz-targets:
	@echo $(FUZZ_TARGETS)

EXTRA_DIST += testing/fuzz/README testing/fuzz/driver.c testing/fuzz/run testing/fuzz/prove testing/fuzz/corpus
