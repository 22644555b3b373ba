/* SPDX-License-Identifier: MIT */
/*
 * Control thread: the set of plugins that are wanted, with the text of each one's .conf: added by name, or found in
 * the folders of plugins and of their .conf files.
 */
#include "registry/internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

struct registry_set *registry_set_new(void)
{
	return calloc(1, sizeof(struct registry_set));
}

void registry_set_free(struct registry_set *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < set->count; i++)
		free(set->item[i].text);
	free(set);
}

bool plugin_name_is_valid(struct cyg_str name)
{
	if (!name.len || name.len >= REGISTRY_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (i && (c == '-' || c == '_'))))
			return false;
	}
	return true;
}

static struct wanted *set_find(struct registry_set *set, const char *name)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (strcmp(set->item[i].name, name) == 0)
			return &set->item[i];
	}
	return NULL;
}

static enum cyg_status set_append(struct registry_set *set, const char *name, const char *place,
				  struct wanted **out)
{
	if (!plugin_name_is_valid(cyg_str(name)))
		return CYG_MALFORMED;
	if (set_find(set, name))
		return CYG_EXISTS;
	if (set->count == REGISTRY_PLUGINS_MAX)
		return CYG_LIMIT;
	*out = &set->item[set->count++];
	snprintf((*out)->name, sizeof((*out)->name), "%s", name);
	snprintf((*out)->place, sizeof((*out)->place), "%s", place);
	return CYG_OK;
}

enum cyg_status registry_set_add(struct registry_set *set, const char *name, const char *place,
				 struct cyg_str text)
{
	struct wanted *item;
	enum cyg_status status;
	char *copy;

	if (text.len > REGISTRY_CONF_MAX)
		return CYG_LIMIT;
	copy = malloc(text.len + 1);
	if (!copy)
		return CYG_NOMEM;
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	status = set_append(set, name, place, &item);
	if (status != CYG_OK) {
		free(copy);
		return status;
	}
	item->text = copy;
	item->len = text.len;
	return CYG_OK;
}

enum cyg_status registry_set_add_unreadable(struct registry_set *set, const char *name, const char *place,
					    const char *why)
{
	struct wanted *item;
	enum cyg_status status = set_append(set, name, place, &item);

	if (status == CYG_OK)
		snprintf(item->why, sizeof(item->why), "%s", why);
	return status;
}

struct names {
	unsigned count;
	char name[4 * REGISTRY_PLUGINS_MAX][REGISTRY_NAME_MAX];
};

static void note_name(struct names *names, struct cyg_str name)
{
	if (!plugin_name_is_valid(name) || names->count == CYG_COUNT(names->name))
		return;
	for (unsigned i = 0; i < names->count; i++) {
		if (cyg_str_equal(name, cyg_str(names->name[i])))
			return;
	}
	memcpy(names->name[names->count], name.ptr, name.len);
	names->name[names->count++][name.len] = '\0';
}

static bool ends_with(struct cyg_str s, struct cyg_str end, struct cyg_str *head)
{
	if (s.len <= end.len || memcmp(s.ptr + s.len - end.len, end.ptr, end.len) != 0)
		return false;
	*head = cyg_str_head(s, s.len - end.len);
	return true;
}

static void scan_dir(struct names *names, const char *dir, struct cyg_str end, bool built)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)) != NULL) {
		struct cyg_str file = cyg_str(e->d_name), name;
		char path[PLUGIN_PATH_MAX];
		struct stat st;

		if (ends_with(file, end, &name)) {
			note_name(names, name);
		} else if (built && plugin_name_is_valid(file)) {
			int len = snprintf(path, sizeof(path), "%s/%s/.libs/%s.so", dir, e->d_name, e->d_name);

			if (len > 0 && (size_t)len < sizeof(path) && stat(path, &st) == 0)
				note_name(names, file);
		}
	}
	closedir(d);
}

static int by_known_order(const void *left, const void *right)
{
	unsigned a = plugin_known_rank(left), b = plugin_known_rank(right);

	return a != b ? (a < b ? -1 : 1) : strcmp(left, right);
}

static enum cyg_status scan_one(struct registry_set *set, const char *name, const char *conf_dir)
{
	char path[PLUGIN_PATH_MAX], place[PLUGIN_PLACE_MAX], why[REGISTRY_WHY_MAX];
	struct cyg_strbuf errors = CYG_STRBUF(why);
	enum cyg_status status = CYG_NOT_FOUND;
	char *text = NULL;
	size_t len = 0;

	snprintf(place, sizeof(place), "plugins/%s.conf", name);
	if (conf_dir && snprintf(path, sizeof(path), "%s/%s.conf", conf_dir, name) < (int)sizeof(path))
		status = conf_read_file(path, place, &errors, &text, &len);
	if (status == CYG_NOMEM)
		return CYG_NOMEM;
	if (status == CYG_OK || status == CYG_NOT_FOUND) {
		status = registry_set_add(set, name, place, cyg_str_n(text, len));
		free(text);
	} else {
		why[cyg_str_span_until(cyg_str(why), "\n")] = '\0';
		status = registry_set_add_unreadable(set, name, place, why);
	}
	return status == CYG_EXISTS ? CYG_OK : status;
}

enum cyg_status registry_set_scan(struct registry_set *set, const char *const *plugin_dirs,
				  const char *conf_dir, const char *const *order)
{
	struct names *names = calloc(1, sizeof(*names));
	enum cyg_status status = CYG_OK;

	if (!names)
		return CYG_NOMEM;
	for (size_t i = 0; plugin_dirs && plugin_dirs[i]; i++)
		scan_dir(names, plugin_dirs[i], CYG_STR(".so"), true);
	if (conf_dir)
		scan_dir(names, conf_dir, CYG_STR(".conf"), false);
	qsort(names->name, names->count, sizeof(names->name[0]), by_known_order);
	for (size_t i = 0; order && order[i] && status == CYG_OK; i++)
		status = scan_one(set, order[i], conf_dir);
	for (unsigned i = 0; i < names->count && status == CYG_OK; i++)
		status = scan_one(set, names->name[i], conf_dir);
	free(names);
	return status;
}
