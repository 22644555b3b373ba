/* SPDX-License-Identifier: MIT */
/*
 * Shared objects for the tests of loading, one per FIXTURE_*: a good plugin, one of another ABI, one that calls
 * itself something else, and an object that is no plugin.
 */
#include <cygnet/plugin.h>

#if defined(FIXTURE_GOOD)
CYG_PLUGIN(fixture_good, "fixture-good", .version = "1.2", .summary = "a plugin of the tests");
#elif defined(FIXTURE_ABI)
const struct cyg_plugin cyg_plugin_descriptor __attribute__((visibility("default")));
const struct cyg_plugin cyg_plugin_descriptor = {
	.abi = CYG_PLUGIN_ABI + 1, .size = sizeof(struct cyg_plugin) - 8, .name = "fixture-abi" };
#elif defined(FIXTURE_NAME)
CYG_PLUGIN(fixture_name, "somebody-else");
#else
CYG_EXPORT extern const int not_a_descriptor;
const int not_a_descriptor = 1;
#endif
