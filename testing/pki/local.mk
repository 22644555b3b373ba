# SPDX-License-Identifier: MIT
# Certificates for tests: in memory (pki.c), or a folder full of them (make_pki, for scenarios).
PKI_MAKER = \
	testing/pki/pki.c \
	testing/pki/pki.h

if PLUGIN_OPENSSL
noinst_PROGRAMS += testing/pki/make_pki
else
check_PROGRAMS += testing/pki/make_pki
endif
testing_pki_make_pki_SOURCES = testing/pki/make_pki.c $(PKI_MAKER)
testing_pki_make_pki_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
testing_pki_make_pki_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
testing_pki_make_pki_LDADD = $(OPENSSL_LIBS)
