# SPDX-License-Identifier: MIT
# Benches: built by `make bench`, not by `make`; they print figures and assert none.
EXTRA_PROGRAMS = testing/bench/primitives
testing_bench_primitives_SOURCES = testing/bench/primitives.c testing/bench/bare.c testing/bench/bare.h
testing_bench_primitives_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
testing_bench_primitives_LDADD = $(OPENSSL_LIBS)

EXTRA_PROGRAMS += testing/bench/load
testing_bench_load_SOURCES = testing/bench/load.c testing/bench/load_crypto.c testing/bench/load.h
testing_bench_load_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
testing_bench_load_LDADD = src/libcharon/libbase.la $(OPENSSL_LIBS)

EXTRA_PROGRAMS += testing/bench/timers
testing_bench_timers_SOURCES = testing/bench/timers.c
testing_bench_timers_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS)
testing_bench_timers_LDADD = src/libcharon/libcharon-core.la $(UV_LIBS)

EXTRA_PROGRAMS += testing/bench/config
testing_bench_config_SOURCES = testing/bench/config.c
testing_bench_config_CFLAGS = $(AM_CFLAGS)
testing_bench_config_LDADD = src/libcharon/libcharon-core.la

if HAVE_CHECK
if PLUGIN_OPENSSL
if PLUGIN_KERNEL_TUN
EXTRA_PROGRAMS += testing/bench/esp
testing_bench_esp_SOURCES = testing/bench/esp.c testing/bench/alone.h $(KERNEL_TUN_SOURCES)
testing_bench_esp_CPPFLAGS = $(AM_CPPFLAGS) -DCYG_MONOLITHIC -I$(top_srcdir)/src -I$(top_srcdir)/src/plugins
testing_bench_esp_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(OPENSSL_CFLAGS)
testing_bench_esp_LDADD = $(LIBKERNEL) src/plugins/openssl/libopenssl-plugin.la src/libcharon/libcharon-core.la \
	$(MNL_LIBS) $(OPENSSL_LIBS)
if PLUGIN_IPSEC_MB
testing_bench_esp_SOURCES += testing/bench/alone_mb.c
testing_bench_esp_CPPFLAGS += -DBENCH_IPSEC_MB
testing_bench_esp_LDADD += src/plugins/ipsec-mb/libipsec-mb-plugin.la $(IPSEC_MB_LIBS)
else
testing_bench_esp_SOURCES += testing/bench/alone_evp.c
endif
endif
endif
endif

.PHONY: bench-programs
bench-programs: all $(EXTRA_PROGRAMS)
EXTRA_DIST += testing/bench/alone_evp.c testing/bench/alone_mb.c testing/bench/esp-wire testing/bench/flood \
	testing/bench/lib-bench.sh testing/bench/setup testing/bench/show testing/bench/README
CLEANFILES += $(EXTRA_PROGRAMS)
