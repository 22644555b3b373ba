dnl SPDX-License-Identifier: MIT
dnl Macros of this project: compiler flags, libraries with the Debian package that has them,
dnl one switch a plugin, the summary at the end of configure.

AC_DEFUN([CYG_COMPILER_FLAGS], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors (for developers and CI)])])
AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers=LIST],
	[build with -fsanitize=LIST, for example address,undefined or thread])])
AC_ARG_ENABLE([fuzz], [AS_HELP_STRING([--enable-fuzz], [build the fuzz targets with libFuzzer (needs clang)])])
AM_CONDITIONAL([ENABLE_FUZZ], [test "x$enable_fuzz" = xyes])
AC_ARG_ENABLE([impair], [AS_HELP_STRING([--enable-impair], [build the fault injection commands (for tests)])])
AS_IF([test "x$enable_impair" = xyes],
	[AC_DEFINE([CYG_IMPAIR], [1], [fault injection commands are built in])])
CYG_CFLAGS="-std=gnu11 -fvisibility=hidden -fno-strict-overflow -fstack-protector-strong \
-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla \
-Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wno-unused-parameter -Wno-missing-field-initializers"
AC_LANG_CASE([C], [
	cyg_save=$CFLAGS; CFLAGS="$CFLAGS -Werror=incompatible-pointer-types"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [CYG_CFLAGS="$CYG_CFLAGS -Werror=incompatible-pointer-types"])
	CFLAGS=$cyg_save])
AS_IF([test "x$enable_werror" = xyes], [CYG_CFLAGS="$CYG_CFLAGS -Werror"])
CYG_LDFLAGS="-Wl,-z,relro -Wl,-z,now"
AS_IF([test "x$enable_sanitizers" != x && test "x$enable_sanitizers" != xno], [
	CYG_CFLAGS="$CYG_CFLAGS -fsanitize=$enable_sanitizers -fno-omit-frame-pointer -g"
	CYG_LDFLAGS="$CYG_LDFLAGS -fsanitize=$enable_sanitizers"
	AS_CASE([$enable_sanitizers], [*undefined*],
		[CYG_CFLAGS="$CYG_CFLAGS -fno-sanitize-recover=undefined"])])
AS_IF([test "x$enable_fuzz" = xyes], [CYG_CFLAGS="$CYG_CFLAGS -fsanitize=fuzzer-no-link"])
AC_SUBST([CYG_CFLAGS])
AC_SUBST([CYG_LDFLAGS])
])

dnl CYG_MISSING(WHAT, DEBIAN-PACKAGE)
AC_DEFUN([CYG_MISSING], [cygnet_missing="$cygnet_missing
  $1: apt-get install $2"])

dnl CYG_LIBRARY(VARIABLE, PKG-CONFIG-MODULE, DEBIAN-PACKAGE): a hard dependency.
AC_DEFUN([CYG_LIBRARY], [PKG_CHECK_MODULES([$1], [$2], [:], [CYG_MISSING([$2], [$3])])])

AC_DEFUN([CYG_PLUGINS_BEGIN], [cygnet_plugins_on= cygnet_plugins_off=])

dnl CYG_PLUGIN(NAME, WHAT, [VARIABLE, PKG-CONFIG-MODULE, DEBIAN-PACKAGE])
AC_DEFUN([CYG_PLUGIN], [
AC_ARG_ENABLE([$1], [AS_HELP_STRING([--disable-$1], [leave out the plugin: $2])],
	[], [AS_VAR_SET([enable_]m4_translit([$1], [-], [_]), [yes])])
AS_IF([test "x$enable_]m4_translit([$1], [-], [_])[" != xno], [
	m4_ifval([$3], [PKG_CHECK_MODULES([$3], [$4], [:],
		[CYG_MISSING([$4 (plugin $1; or --disable-$1)], [$5])])])
	cygnet_plugins_on="$cygnet_plugins_on $1"],
	[cygnet_plugins_off="$cygnet_plugins_off $1"])
AM_CONDITIONAL([PLUGIN_]m4_translit([$1], [a-z-], [A-Z_]),
	[test "x$enable_]m4_translit([$1], [-], [_])[" != xno])
])

dnl CYG_PLUGIN_MAYBE(NAME, WHAT, VARIABLE, HEADER, LIBRARY, FUNCTION, DEBIAN-PACKAGE): built where its library is.
AC_DEFUN([CYG_PLUGIN_MAYBE], [
AC_ARG_ENABLE([$1], [AS_HELP_STRING([--disable-$1], [leave out the plugin: $2 (else built where $7 is there)])],
	[], [AS_VAR_SET([enable_]m4_translit([$1], [-], [_]), [maybe])])
AS_IF([test "x$enable_]m4_translit([$1], [-], [_])[" != xno],
	[AC_CHECK_HEADER([$4], [AC_CHECK_LIB([$5], [$6], [$3_LIBS=-l$5])])
	AS_IF([test -n "$$3_LIBS"], [],
		[test "x$enable_]m4_translit([$1], [-], [_])[" = xyes], [CYG_MISSING([$5 (plugin $1)], [$7])])])
AC_SUBST([$3_LIBS])
AS_IF([test -n "$$3_LIBS"], [cygnet_plugins_on="$cygnet_plugins_on $1"], [cygnet_plugins_off="$cygnet_plugins_off $1"])
AM_CONDITIONAL([PLUGIN_]m4_translit([$1], [a-z-], [A-Z_]), [test -n "$$3_LIBS"])
])

dnl CYG_TOOL(NAME, WHAT, VARIABLE, PKG-CONFIG-MODULE, DEBIAN-PACKAGE)
AC_DEFUN([CYG_TOOL], [
AC_ARG_ENABLE([$1], [AS_HELP_STRING([--disable-$1], [leave out $2])])
AS_IF([test "x$enable_$1" != xno],
	[PKG_CHECK_MODULES([$3], [$4], [:], [CYG_MISSING([$4 ($1; or --disable-$1)], [$5])])])
AM_CONDITIONAL([TOOL_]m4_translit([$1], [a-z-], [A-Z_]), [test "x$enable_$1" != xno])
])

AC_DEFUN([CYG_TELL_MISSING], [
AS_IF([test -n "$cygnet_missing"], [
	AC_MSG_ERROR([libraries are missing:$cygnet_missing])])])

AC_DEFUN([CYG_SUMMARY], [
AS_ECHO(["
$PACKAGE_NAME $PACKAGE_VERSION
  compiler         $CC
  flags            $CFLAGS
  prefix           $prefix
  plugins          ${cygnet_plugins_on# }
  left out         ${cygnet_plugins_off:- (none)}
  system calls     filtered: $have_seccomp
  unit tests       $have_check
  sanitizers       ${enable_sanitizers:-none}
  warnings stop    ${enable_werror:-no}
"])])
