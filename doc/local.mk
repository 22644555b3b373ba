# SPDX-License-Identifier: MIT
EXTRA_DIST += doc/plugin-template/strip-realm.c doc/plugin-template/Makefile
dist_man_MANS += doc/cygnet.8
EXTRA_DIST += doc/starter.md
EXTRA_DIST += doc/engine.md
EXTRA_DIST += doc/kernel.md doc/net.md doc/shard.md
EXTRA_DIST += doc/CONTROL-PROTOCOL.md doc/SHOW-JSON.md doc/control.md
EXTRA_DIST += doc/config.md doc/FINDINGS.md
EXTRA_DIST += doc/crypto.md doc/registry.md
EXTRA_DIST += doc/EVENTS.md doc/log.md doc/wire.md
EXTRA_DIST += doc/ARCHITECTURE.md doc/HACKING.md
if TOOL_CYGCTL
dist_man_MANS += doc/cygctl.1
else
EXTRA_DIST += doc/cygctl.1
endif
