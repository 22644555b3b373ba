/* SPDX-License-Identifier: MIT */
#include "control/text_file.h"
#include "control/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "cygnet master key 1"
#define FILE_MAX   512

bool vault_key_fits(struct cyg_bytes key)
{
	if (key.len < VAULT_KEY_MIN || key.len > VAULT_KEY_MAX)
		return false;
	for (size_t i = 0; i < key.len; i++)
		if (key.ptr[i] < ' ' || key.ptr[i] == 0x7f)
			return false;
	return true;
}

void vault_file_done(struct vault_file *file)
{
	cyg_secret_done(&file->password);
	cyg_wipe(file, sizeof(*file));
}

/* --- Text --- */

/* Takes the line off that begins so; what follows the word is `rest`. */
static bool take_line(struct cyg_str *text, const char *word, struct cyg_str *rest)
{
	struct cyg_str line = cyg_str_head(*text, cyg_str_span_until(*text, "\n"));
	size_t len = strlen(word);

	if (line.len == text->len || line.len < len || memcmp(line.ptr, word, len) != 0)
		return false;
	*text = cyg_str_tail(*text, line.len + 1);
	*rest = cyg_str_tail(line, len);
	return true;
}

static bool read_salt(struct cyg_str text, uint8_t salt[SEAL_SALT_LEN])
{
	static const char digits[] = "0123456789abcdef";

	if (text.len != (size_t)2 * SEAL_SALT_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *at = memchr(digits, text.ptr[i], 16);

		if (!at)
			return false;
		salt[i / 2] = (uint8_t)((unsigned)salt[i / 2] << 4 | (unsigned)(at - digits));
	}
	return true;
}

enum cyg_status vault_file_parse(struct cyg_str text, struct vault_file *out)
{
	struct vault_file file = { 0 };
	struct cyg_str rest, password;
	enum cyg_status status;

	if (!take_line(&text, FIRST_LINE, &rest) || rest.len || !take_line(&text, "salt ", &rest) ||
	    !read_salt(rest, file.salt) || !take_line(&text, "key ", &password) || text.len ||
	    !vault_key_fits(cyg_bytes(password.ptr, password.len)))
		return CYG_MALFORMED;
	status = cyg_secret_copy(&file.password, cyg_bytes(password.ptr, password.len));
	if (status == CYG_OK)
		*out = file;
	return status;
}

/* --- File --- */

static enum cyg_status check_open(int fd, struct cyg_strbuf *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		cyg_strbuf_addf(why, "%s", strerror(errno));
		return CYG_IO;
	}
	if (!S_ISREG(st.st_mode)) {
		cyg_strbuf_addf(why, "it is no plain file");
		return CYG_REFUSED;
	}
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		cyg_strbuf_addf(why, "mode %03o and owner %u: it has to be 600 and owned by %u, or others can read it",
				(unsigned)st.st_mode & 0777, (unsigned)st.st_uid, (unsigned)geteuid());
		return CYG_REFUSED;
	}
	if (st.st_size > FILE_MAX) {
		cyg_strbuf_addf(why, "it is too long for a master key");
		return CYG_MALFORMED;
	}
	return CYG_OK;
}

enum cyg_status vault_file_read(const char *path, struct vault_file *out, struct cyg_strbuf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = NULL;
	size_t len = 0;
	enum cyg_status status;

	if (fd < 0 && errno == ENOENT)
		return CYG_NOT_FOUND;
	if (fd < 0) {
		cyg_strbuf_addf(why, "%s", errno == ELOOP ? "it is a link" : strerror(errno));
		return CYG_IO;
	}
	status = check_open(fd, why);
	if (status == CYG_OK) {
		status = text_file_read_fd(fd, &text, &len);
		if (status == CYG_OK)
			status = vault_file_parse(cyg_str_n(text, len), out);
		if (status != CYG_OK)
			cyg_strbuf_addf(why, "%s", status == CYG_MALFORMED ? "there is no master key in it"
								     : cyg_status_text(status));
	}
	if (text)
		cyg_wipe(text, len);
	free(text);
	close(fd);
	return status;
}

enum cyg_status vault_file_write(const char *path, const struct vault_file *file)
{
	char text[FILE_MAX];
	struct cyg_strbuf out = CYG_STRBUF(text);
	enum cyg_status status;

	cyg_strbuf_addf(&out, "%s\nsalt ", FIRST_LINE);
	for (size_t i = 0; i < SEAL_SALT_LEN; i++)
		cyg_strbuf_addf(&out, "%02x", file->salt[i]);
	cyg_strbuf_addf(&out, "\nkey ");
	cyg_strbuf_add(&out, cyg_str_n((const char *)file->password.ptr, file->password.len));
	cyg_strbuf_addf(&out, "\n");
	status = text_file_replace(path, cyg_str_n(text, out.len));
	cyg_wipe(text, sizeof(text));
	return status == CYG_OK ? CYG_OK : CYG_IO;
}
