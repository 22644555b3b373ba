/* SPDX-License-Identifier: MIT */
/*
 * Prints a manual page from the tables that the program itself works with: the commands of the core and of plugins, the
 * options of the daemon and of plugins.
 *
 * usage: reference startup-config | exec | engine | plugin NAME, and the plugins' shared objects
 */
#include "config/grammar.h"
#include "control/options.h"
#include "control/state.h"
#include "registry/internal.h"

#include <cygnet/plugin.h>

#include <ctype.h>
#include <dlfcn.h>
#include <stdlib.h>

#define PLUGINS_MAX 64
#define COLUMNS	    76

struct work {
	const struct cyg_plugin *plugin[PLUGINS_MAX];
	unsigned plugin_count;
	struct config_grammar *grammar;
	const struct cyg_plugin *only; /* rows of this plugin, or NULL: of all */
};

/* --- mdoc --- */

/* One word of running text, so that no macro, escape or quote comes of it. */
static void put_escaped(struct cyg_str word)
{
	for (size_t i = 0; i < word.len; i++) {
		switch (word.ptr[i]) {
		case '\\':
			fputs("\\e", stdout);
			break;
		case '"':
			fputs("\\(dq", stdout);
			break;
		case '\'':
			fputs("\\(aq", stdout);
			break;
		case '`':
			break; /* what stands between them is plain in a manual */
		default:
			putchar(word.ptr[i]);
		}
	}
}

/* How long it is then. */
static size_t escaped_len(struct cyg_str word)
{
	size_t len = word.len;

	for (size_t i = 0; i < word.len; i++)
		len += word.ptr[i] == '\\' ? 1 : strchr("\"'", word.ptr[i]) ? 3 : 0;
	return len;
}

/* Running text in lines of bearable length; a new sentence on a new line, as mdoc wants it. */
static void put_text(const char *text)
{
	struct cyg_str rest = cyg_str(text);
	size_t column = 0;

	while (rest.len) {
		struct cyg_str word = cyg_str_head(rest, cyg_str_span_until(rest, " \n"));

		rest = cyg_str_tail(rest, word.len + 1);
		if (word.len == 0)
			continue;
		if (column && column + 1 + escaped_len(word) > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		if (column)
			putchar(' ');
		else if (word.ptr[0] == '.' || word.ptr[0] == '\'')
			fputs("\\&", stdout);
		put_escaped(word);
		column += 1 + escaped_len(word);
		if (rest.len && memchr(".!?", word.ptr[word.len - 1], 3)) {
			putchar('\n');
			column = 0;
		}
	}
	if (column)
		putchar('\n');
}

static void put_macro(const char *macro, struct cyg_str text, const char *tail)
{
	printf(".%s ", macro);
	put_escaped(text);
	printf("%s\n", tail);
}

static void header(const char *title, const char *section, const char *name, const char *what)
{
	printf(".\\\" SPDX-License-Identifier: MIT\n.\\\" Made from the tables of the program; do not edit.\n"
	       ".Dd November 22, 2026\n.Dt ");
	for (const char *at = title; *at; at++)
		putchar(toupper((unsigned char)*at));
	printf(" %s\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", section, name, what);
}

/* --- Commands --- */

/* The syntax line, a macro for each token. */
static void put_syntax(const char *syntax)
{
	struct cyg_str rest = cyg_str(syntax);

	while (rest.len) {
		size_t len = 1;

		if (rest.ptr[0] == ' ') {
			rest = cyg_str_tail(rest, 1);
			continue;
		}
		if (rest.ptr[0] == '<') {
			size_t name = cyg_str_span_until(rest, ":"), open = cyg_str_span_until(rest, "(>");

			/* A choice may hold `>`; the argument ends at `)>` then. */
			len = cyg_str_span_until(rest, ">") + 1;
			if (open < rest.len && rest.ptr[open] == '(') {
				const char *end = memmem(rest.ptr, rest.len, ")>", 2);

				len = end ? (size_t)(end - rest.ptr) + 2 : rest.len;
			}
			put_macro("Ar", cyg_str_n(rest.ptr + 1, name - 1),
				  rest.len >= len + 3 && strncmp(rest.ptr + len, "...", 3) == 0 ? " ..." : "");
			if (rest.len >= len + 3 && strncmp(rest.ptr + len, "...", 3) == 0)
				len += 3;
		} else if (strchr("{}[]|", rest.ptr[0])) {
			bool repeated = rest.len >= 4 && strncmp(rest.ptr + 1, "...", 3) == 0;

			printf("%c%s\n", rest.ptr[0], repeated ? " ..." : "");
			len += repeated ? 3 : 0;
		} else {
			len = cyg_str_span_until(rest, " <{}[]|");
			put_macro("Ic", cyg_str_head(rest, len), "");
		}
		rest = cyg_str_tail(rest, len);
	}
}

static const char *reference_what(const struct grammar_arg *arg)
{
	return arg->ref_mode ? arg->ref_mode->mode->what : arg->ref;
}

static const char *article(const char *noun)
{
	return strchr("AEIOUaeiou", noun[0]) ? "an" : "a";
}

static void put_values(const struct grammar_arg *arg)
{
	printf(".Ar %s :\n", arg->name);
	if (arg->type == ARG_UINT) {
		printf("%llu to %llu.\n", (unsigned long long)arg->low, (unsigned long long)arg->high);
		return;
	}
	for (size_t i = 0, column = 0; i < arg->word_count; i++) {
		struct cyg_str word = cyg_str(arg->words[i].word);

		if (arg->words[i].word != arg->words[i].canonical)
			continue;
		column += word.len + 2;
		if (i && column > COLUMNS) {
			fputs(",\n", stdout);
			column = word.len;
		} else if (i) {
			fputs(", ", stdout);
		}
		/* A lone full stop would be a macro. */
		if (!isalnum((unsigned char)word.ptr[0]))
			fputs("\\&", stdout);
		put_escaped(word);
	}
	if (arg->type == ARG_REF)
		printf("the name of %s %s", article(reference_what(arg)), reference_what(arg));
	fputs(".\n", stdout);
}

static bool has_values(const struct grammar_op *op)
{
	return op->kind == OP_ARG &&
	       (op->arg->type == ARG_UINT || op->arg->type == ARG_CHOICE || op->arg->type == ARG_REF);
}

static void put_row(const struct grammar_row *row)
{
	const struct cyg_command *command = row->command;

	fputs(".It Xo\n", stdout);
	put_syntax(command->syntax);
	fputs(".Xc\n", stdout);
	put_text(command->help && command->help[0] ? command->help : "See the line that it stands for.");
	for (size_t i = 0; i < row->op_count; i++) {
		bool told = false;

		for (size_t k = 0; k < i; k++)
			told |= row->ops[k].kind == OP_ARG && strcmp(row->ops[k].arg->name, row->ops[i].kind == OP_ARG ?
									   row->ops[i].arg->name : "") == 0;
		if (has_values(&row->ops[i]) && !told)
			put_values(row->ops[i].arg);
	}
	if (command->flags & CYG_CMD_ALIAS)
		put_text("Another way to write what is shown as lines of their own.");
	if (command->flags & CYG_CMD_LIST)
		put_text("It may be given several times.");
	if (command->flags & CYG_CMD_NO_SHOWN)
		put_text("Its no form means something of its own and is kept.");
	if (command->def) {
		fputs("Default:\n", stdout);
		put_macro("Ql", cyg_str(command->def), " .");
	}
	if (command->flags & CYG_CMD_PRIVILEGED)
		put_text("Only root and the group cygnet may.");
}

static bool in_tables(const struct cyg_command_table *tables, const struct cyg_command *command)
{
	for (const struct cyg_command_table *t = tables; t; t = t->next) {
		for (const struct cyg_command *c = t->commands; c && c->mode; c++) {
			if (c == command)
				return true;
		}
	}
	return false;
}

static bool is_of(const struct cyg_plugin *plugin, const struct cyg_command *command)
{
	for (const struct cyg_feature *f = plugin->provides; f && f->kind != CYG_FEATURE_END; f++) {
		if (f->kind == CYG_COMMANDS && in_tables(f->commands, command))
			return true;
	}
	return false;
}

static bool wanted(const struct work *work, const struct grammar_row *row)
{
	return row && !row->ignored && !row->plugin && !(row->command->flags & (CYG_CMD_WEAK | CYG_CMD_LEAVES)) &&
	       (!work->only || is_of(work->only, row->command));
}

/* Rows of a mode that open no other one; with `opening` before them. */
static void put_mode(const struct work *work, const struct grammar_mode *mode, const struct grammar_row *opening)
{
	bool any = wanted(work, opening);

	for (size_t i = 0; i < mode->row_count; i++)
		any |= wanted(work, mode->rows[i]) && !mode->rows[i]->command->enters;
	if (!any)
		return;
	if (mode == work->grammar->exec)
		puts(".Ss Commands of the prompt");
	else if (mode == work->grammar->global)
		puts(".Ss Lines of their own");
	else
		printf(".Ss %c%s\n", toupper((unsigned char)mode->mode->what[0]), mode->mode->what + 1);
	puts(".Bl -tag -width Ds");
	if (wanted(work, opening))
		put_row(opening);
	for (size_t i = 0; i < mode->row_count; i++) {
		if (wanted(work, mode->rows[i]) && !mode->rows[i]->command->enters)
			put_row(mode->rows[i]);
	}
	puts(".El");
}

static void put_modes(const struct work *work)
{
	put_mode(work, work->grammar->global, NULL);
	for (size_t i = 2; i < work->grammar->mode_count; i++) {
		const struct grammar_mode *mode = &work->grammar->modes[i];

		put_mode(work, mode, mode->opening->command->enters ? mode->opening : NULL);
	}
}

static enum cyg_status make_grammar(struct work *work)
{
	struct config_table tables[2 * PLUGINS_MAX];
	char text[300];
	struct cyg_strbuf why = CYG_STRBUF(text);
	enum cyg_status status;
	size_t count = 0;

	tables[count++] = (struct config_table){ &config_core_commands, NULL, true };
	for (size_t i = 0; control_tables[i] && i < PLUGINS_MAX / 2; i++)
		tables[count++] = (struct config_table){ control_tables[i], NULL, true };
	for (unsigned i = 0; i < work->plugin_count; i++) {
		const struct cyg_plugin *plugin = work->plugin[i];

		for (const struct cyg_feature *f = plugin->provides; f && f->kind != CYG_FEATURE_END; f++) {
			if (f->kind == CYG_COMMANDS && count < CYG_COUNT(tables))
				tables[count++] = (struct config_table){ f->commands, plugin->name, true };
		}
	}
	status = config_grammar_new(tables, count, &work->grammar, &why);
	if (status != CYG_OK)
		fprintf(stderr, "reference: %s\n", text);
	return status;
}

/* --- Options --- */

static void put_options(const struct cyg_option *options)
{
	puts(".Bl -tag -width Ds");
	for (const struct cyg_option *o = options; o && o->type != CYG_OPTION_END; o++) {
		printf(".It Cm %s\n", o->name);
		put_text(o->help);
		if (o->type == CYG_OPTION_UINT)
			printf("%u to %u.\n", o->min, o->max);
		else if (o->type == CYG_OPTION_DURATION)
			printf("%u to %u milliseconds, or with a unit: ms, s, m, h.\n", o->min, o->max);
		else if (o->type == CYG_OPTION_BOOL)
			puts("Yes or no.");
		for (size_t i = 0; o->type == CYG_OPTION_ENUM && o->words[i]; i++)
			printf("%s%s%s", i ? ", " : "One of: ", o->words[i], o->words[i + 1] ? "" : ".\n");
		if (o->def && o->def[0]) {
			fputs("Default:\n", stdout);
			put_macro("Ql", cyg_str(o->def), " .");
		}
	}
	puts(".El");
}

/* --- Pages --- */

struct file_entry {
	const char *path, *what;
};

static void put_files(const struct file_entry *files)
{
	puts(".Sh FILES\n.Bl -tag -width Ds");
	for (; files->path; files++) {
		printf(".It Pa %s\n", files->path);
		put_text(files->what);
	}
	puts(".El");
}

/* Lines as they are typed or written; no line begins with a dot. */
static void put_example(const char *what, const char *lines)
{
	put_text(what);
	puts(".Bd -literal -offset indent");
	fputs(lines, stdout);
	puts(".Ed");
}

/* Of a plugin's page its summary is the one line about it: in lower case, as others are, and without a full stop. */
static const char *summary_text(const char *summary, char *out, size_t room)
{
	size_t len = (size_t)snprintf(out, room, "%s", summary);

	if (len >= room)
		return summary;
	if (len && out[len - 1] == '.')
		out[len - 1] = '\0';
	if (len > 1 && isupper((unsigned char)out[0]) && islower((unsigned char)out[1]))
		out[0] = (char)tolower((unsigned char)out[0]);
	return out;
}

static const struct file_entry config_files[] = {
	{ "/etc/cygnet/startup-config", "What the next start and a reload read; `write memory` writes it." },
	{ "/var/lib/cygnet/last-good", "A copy of the last one without an error: it runs when startup-config has one at start." },
	{ "/var/lib/cygnet/kept-1", "What was in force before, up to kept-10: `show archive`, `rollback`." },
	{ "/var/lib/cygnet/master-key", "Opens secrets of type 6: `key config-key password-encrypt`." },
	{ "/etc/cygnet/pki/NAME/", "Files of the trustpoint of that name: ca.pem, cert.pem, key.pem, crl.pem (or .der), or bundle.p12 and passphrase." },
	{ NULL, NULL },
};

static const char example_gateway[] =
	"hostname gateway\n"
	"aaa new-model\n"
	"aaa authorization network here local\n"
	"crypto ikev2 authorization policy clients\n"
	" pool clients\n"
	" dns 10.10.0.53\n"
	"crypto ikev2 keyring clients\n"
	" peer anybody\n"
	"  address 0.0.0.0 0.0.0.0\n"
	"  pre-shared-key change-me\n"
	"crypto ikev2 profile clients\n"
	" match identity remote fqdn domain example.org\n"
	" identity local fqdn gateway.example.org\n"
	" authentication local pre-share\n"
	" authentication remote pre-share\n"
	" keyring local clients\n"
	" aaa authorization group psk list here clients\n"
	" virtual-template 1\n"
	"crypto ipsec profile clients\n"
	" set ikev2-profile clients\n"
	"interface Loopback0\n"
	" ip address 10.99.0.1 255.255.255.255\n"
	"interface Virtual-Template1 type tunnel\n"
	" ip unnumbered Loopback0\n"
	" tunnel mode ipsec ipv4\n"
	" tunnel protection ipsec profile clients\n"
	"ip local pool clients 10.99.1.1 10.99.1.200\n";

static bool has_commands(const struct cyg_plugin *plugin)
{
	for (const struct cyg_feature *f = plugin->provides; f && f->kind != CYG_FEATURE_END; f++) {
		if (f->kind == CYG_COMMANDS)
			return true;
	}
	return false;
}

/* In order of their names. */
static const struct cyg_plugin *next_plugin(const struct work *work, const struct cyg_plugin *last)
{
	const struct cyg_plugin *next = NULL;

	for (unsigned i = 0; i < work->plugin_count; i++) {
		const struct cyg_plugin *plugin = work->plugin[i];

		if ((!last || strcmp(plugin->name, last->name) > 0) && (!next || strcmp(plugin->name, next->name) < 0))
			next = plugin;
	}
	return next;
}

static int page_startup_config(const struct work *work)
{
	header("cygnet-startup-config", "5", "cygnet-startup-config", "configuration of the Cygnet VPN gateway");
	puts(".Sh DESCRIPTION");
	put_text("The file startup-config holds the gateway's configuration in a router's command language, one command "
		 "a line. The same commands are typed at the prompt of cygctl.");
	puts(".Pp");
	put_text("Keywords may be abbreviated while they are unambiguous, and their case means nothing; names are "
		 "case-sensitive. Leading blanks mean nothing: a line belongs to the mode that knows the most of its leading "
		 "keywords, the innermost if there are several. A line that begins with ! is a comment. The word no before a command "
		 "takes it away, default before it restores what it comes with; no more words are needed there than say which line is "
		 "meant, and of lines that there may be several of, all that begin so are taken. The word exit leaves a mode and "
		 "end all of them. References may stand before what they refer to.");
	puts(".Pp");
	put_text("A file with an error is refused whole; cygnet check-config FILE tells errors, warnings and notes with their "
		 "places. Commands of a router that are none of ours are noted and ignored.");
	puts(".Sh COMMANDS");
	put_text("Between braces one of several is chosen, between brackets one or none; dots say that there may be more. Ranges "
		 "stand below the command.");
	put_modes(work);
	put_files(config_files);
	puts(".Sh EXAMPLES");
	put_example("A gateway for clients with a pre-shared key, which get an address and a name server:", example_gateway);
	puts(".Pp");
	put_example("Judge the file, bring it into force, and see who is there:",
		    "cygnet check-config /etc/cygnet/startup-config\n"
		    "cygctl -c reload\n"
		    "cygctl -c 'show crypto ikev2 sa detailed'\n");
	puts(".Sh SEE ALSO\n.Xr cygctl 1 ,\n.Xr cygnet-commands 1 ,");
	for (const struct cyg_plugin *last = NULL; (last = next_plugin(work, last));) {
		if (has_commands(last))
			printf(".Xr cygnet-%s 5 ,\n", last->name);
	}
	puts(".Xr cygnet.conf 5 ,\n.Xr cygnet 8");
	return EXIT_SUCCESS;
}

static const struct file_entry pipes[] = {
	{ "include PATTERN", "Lines that have the pattern: a regular expression of ^ $ . [set] * + ? and |, without groups, in which case matters." },
	{ "exclude PATTERN", "Lines that do not." },
	{ "begin PATTERN", "From the first that has it on." },
	{ "section PATTERN", "Lines that have it, each with the lines below it that are indented further." },
	{ "count PATTERN", "How many lines have it." },
	{ "json", "One JSON document, as cygctl --json has it." },
};

static int page_exec(const struct work *work)
{
	header("cygnet-commands", "1", "cygnet-commands", "what may be asked of a running Cygnet VPN gateway");
	puts(".Sh DESCRIPTION");
	put_text("These are the commands of the prompt of cygctl, and of cygctl -c COMMAND. Keywords may be abbreviated while they are "
		 "unambiguous. Whoever is in the group cygnet-view may ask; what changes something is for root and the group "
		 "cygnet, and is logged with user, terminal and line.");
	puts(".Pp");
	put_text("Their output may be piped to one of these:");
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < CYG_COUNT(pipes); i++) {
		printf(".It Ic \\*(Ba %s\n", pipes[i].path);
		put_text(pipes[i].what);
	}
	puts(".El");
	puts(".Sh COMMANDS");
	put_mode(work, work->grammar->exec, NULL);
	puts(".Sh EXAMPLES");
	put_example("Who is connected from one address, and what goes through it:",
		    "show crypto session remote 192.0.2.7 detail\n");
	puts(".Pp");
	put_example("How many sessions there are:", "show crypto ikev2 sa | count READY\n");
	puts(".Pp");
	put_example("What another configuration would change, and which sessions it would end; then do it:",
		    "configure replace other-config dry-run\nconfigure replace other-config\n");
	puts(".Sh SEE ALSO\n.Xr cygctl 1 ,\n.Xr cygnet-startup-config 5 ,\n.Xr cygnet.conf 5 ,\n.Xr cygnet 8");
	return EXIT_SUCCESS;
}

static int page_engine(void)
{
	header("cygnet.conf", "5", "cygnet.conf", "options of the Cygnet daemon");
	puts(".Sh DESCRIPTION");
	put_text("The file cygnet.conf says how the daemon runs; what it does as a gateway is said by startup-config. An option is a "
		 "line NAME = VALUE; a line that begins with # is a comment. An unknown option is an error with its place and the "
		 "nearest spelling.");
	puts(".Sh OPTIONS");
	put_options(engine_option_table);
	put_files((const struct file_entry[]){
		{ "/etc/cygnet/cygnet.conf", "These options; read at start and by a reload." },
		{ "/etc/cygnet/plugins/NAME.conf", "Options of the plugin of that name, written alike." },
		{ "/var/log/", "Where a relative log-file is." },
		{ NULL, NULL },
	});
	puts(".Sh EXAMPLES");
	put_example("Four workers, the log to a file, too, and a router's name for a device of this machine:",
		    "shards = 4\nlog-file = cygnet.log\nlog-level = notice\ninterfaces {\n    Ethernet0/0 = eth0\n}\n");
	puts(".Sh SEE ALSO\n.Xr cygctl 1 ,\n.Xr cygnet-startup-config 5 ,\n.Xr cygnet 8");
	return EXIT_SUCCESS;
}

static int page_plugin(struct work *work, const char *name)
{
	char page[100], conf[200], what[160];

	for (unsigned i = 0; i < work->plugin_count; i++) {
		if (strcmp(work->plugin[i]->name, name) == 0)
			work->only = work->plugin[i];
	}
	if (!work->only) {
		fprintf(stderr, "reference: there is no plugin %s\n", name);
		return EXIT_FAILURE;
	}
	snprintf(page, sizeof(page), "cygnet-%s", name);
	snprintf(conf, sizeof(conf), "/etc/cygnet/plugins/%s.conf", name);
	header(page, "5", page, summary_text(work->only->summary, what, sizeof(what)));
	puts(".Sh DESCRIPTION");
	printf("A plugin of the Cygnet VPN gateway:\n%s.\n", what);
	puts("What it provides and needs, and why it is not loaded if it is not, is told by");
	puts(".Ic show plugins detail .");
	puts(".Sh OPTIONS");
	printf("The file\n.Pa plugins/%s.conf\nsays how it runs, one line NAME = VALUE for each option.\n", name);
	put_options(registry_common_options);
	if (work->only->options && work->only->options->type != CYG_OPTION_END) {
		puts("And its own:");
		put_options(work->only->options);
	}
	for (const struct cyg_feature *f = work->only->provides; f && f->kind != CYG_FEATURE_END; f++) {
		if (f->kind != CYG_COMMANDS)
			continue;
		puts(".Sh COMMANDS");
		put_modes(work);
		put_mode(work, work->grammar->exec, NULL);
		break;
	}
	put_files((const struct file_entry[]){ { conf, "Its options; read at start and by a reload." }, { NULL, NULL } });
	puts(".Sh EXAMPLES");
	printf("To leave it out, a line of\n.Pa %s :\n.Bd -literal -offset indent\nload = no\n.Ed\n", conf);
	puts(".Pp\nThen, to bring that into force and see it:\n.Bd -literal -offset indent");
	puts("cygctl -c reload\ncygctl -c 'show plugins'\n.Ed");
	puts(".Sh SEE ALSO\n.Xr cygctl 1 ,\n.Xr cygnet-startup-config 5 ,\n.Xr cygnet.conf 5 ,\n.Xr cygnet 8");
	return EXIT_SUCCESS;
}

static bool open_plugin(struct work *work, const char *path)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct cyg_plugin *plugin = object ? dlsym(object, "cyg_plugin_descriptor") : NULL;

	if (!plugin || plugin->abi != CYG_PLUGIN_ABI || plugin->size != sizeof(*plugin)) {
		fprintf(stderr, "reference: %s is no plugin of this ABI\n", path);
		return false;
	}
	if (work->plugin_count == PLUGINS_MAX)
		return false;
	work->plugin[work->plugin_count++] = plugin;
	return true;
}

int main(int argc, char **argv)
{
	struct work work = { 0 };
	bool plugin = argc > 2 && strcmp(argv[1], "plugin") == 0;
	int status;

	if (argc < 2) {
		fputs("usage: reference startup-config | exec | engine | plugin NAME, and PLUGIN.so...\n", stderr);
		return EXIT_FAILURE;
	}
	for (int i = plugin ? 3 : 2; i < argc; i++) {
		if (!open_plugin(&work, argv[i]))
			return EXIT_FAILURE;
	}
	if (make_grammar(&work) != CYG_OK)
		return EXIT_FAILURE;
	status = plugin				       ? page_plugin(&work, argv[2])
		 : strcmp(argv[1], "exec") == 0	       ? page_exec(&work)
		 : strcmp(argv[1], "engine") == 0      ? page_engine()
						       : page_startup_config(&work);
	config_grammar_unref(work.grammar);
	return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}
