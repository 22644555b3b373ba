/* SPDX-License-Identifier: MIT */
#include "control/config_file.h"

#include "control/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_LEN 65536

/* Through a buffer of ours, which is wiped. */
static enum cyg_status write_to(int fd, const char *heading, const struct cyg_config *config)
{
	char *buffer = malloc(BUFFER_LEN);
	int copy = dup(fd);
	FILE *out = buffer && copy >= 0 ? fdopen(copy, "w") : NULL;
	enum cyg_status status = CYG_NOMEM;
	int error = ENOMEM;

	if (out && setvbuf(out, buffer, _IOFBF, BUFFER_LEN) == 0) {
		errno = 0;
		fputs(heading, out);
		status = config_render(config, CONFIG_RENDER_SECRETS, out);
		if (fflush(out))
			status = CYG_IO;
		error = status == CYG_UNSUPPORTED ? ENOTSUP : errno;
	}
	if (out)
		fclose(out);
	else if (copy >= 0)
		close(copy);
	if (buffer)
		cyg_wipe(buffer, BUFFER_LEN);
	free(buffer);
	errno = error;
	return status;
}

struct writing {
	const char *heading;
	const struct cyg_config *config;
};

static enum cyg_status write_config(void *ctx, int fd)
{
	const struct writing *writing = ctx;

	return write_to(fd, writing->heading, writing->config);
}

enum cyg_status config_file_replace(const char *path, const char *heading, const struct cyg_config *config)
{
	struct writing writing = { heading, config };

	return file_replace(path, write_config, &writing);
}

enum cyg_status config_file_memory(const struct cyg_config *config, int *fd, size_t *len)
{
	int made = memfd_create("startup-config", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	enum cyg_status status = CYG_IO;
	struct stat st;

	if (made < 0)
		return CYG_IO;
	status = write_to(made, "", config);
	if (status == CYG_OK && (fstat(made, &st) ||
				 fcntl(made, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)))
		status = CYG_IO;
	if (status != CYG_OK) {
		close(made);
		return status;
	}
	*fd = made;
	*len = (size_t)st.st_size;
	return CYG_OK;
}
