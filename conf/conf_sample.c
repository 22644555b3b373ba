/* SPDX-License-Identifier: MIT */
/*
 * Prints a sample file from an option table.
 *
 * usage: conf-sample engine | PLUGIN.so
 */
#include "control/options.h"
#include "registry/internal.h"

#include <cygnet/plugin.h>

#include <dlfcn.h>
#include <stdlib.h>

static int print_plugin(const char *path)
{
	struct conf_part parts[2] = { { registry_common_options, 0 } };
	const struct cyg_plugin *plugin;
	char title[256];
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!object) {
		fprintf(stderr, "conf-sample: %s\n", dlerror());
		return EXIT_FAILURE;
	}
	plugin = dlsym(object, "cyg_plugin_descriptor");
	if (!plugin || plugin->abi != CYG_PLUGIN_ABI || plugin->size != sizeof(*plugin)) {
		fprintf(stderr, "conf-sample: %s is no plugin of this ABI\n", path);
		return EXIT_FAILURE;
	}
	parts[1].table = plugin->options;
	snprintf(title, sizeof(title), "plugins/%s.conf: options of the plugin %s (%s).", plugin->name, plugin->name,
		 plugin->summary);
	conf_sample(stdout, title, parts, 2);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct conf_part engine = { engine_option_table, 0 };

	if (argc != 2) {
		fputs("usage: conf-sample engine | PLUGIN.so\n", stderr);
		return EXIT_FAILURE;
	}
	if (strcmp(argv[1], "engine") != 0)
		return print_plugin(argv[1]);
	conf_sample(stdout, "cygnet.conf: options of the daemon.", &engine, 1);
	return EXIT_SUCCESS;
}
