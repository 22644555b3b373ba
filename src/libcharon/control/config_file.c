/* SPDX-License-Identifier: MIT */
#include "control/config_file.h"

#include "base/paths.h"

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

enum cyg_status config_file_replace(const char *path, const char *heading, const struct cyg_config *config)
{
	char fresh[PATHS_LEN + 8];
	enum cyg_status status;
	int fd, error;

	errno = ENAMETOOLONG;
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return CYG_IO;
	if (unlink(fresh) && errno != ENOENT)
		return CYG_IO;
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return CYG_IO;
	status = write_to(fd, heading, config);
	if (status == CYG_OK && fsync(fd))
		status = CYG_IO;
	error = errno;
	close(fd);
	if (status == CYG_OK && rename(fresh, path)) {
		error = errno;
		status = CYG_IO;
	}
	if (status != CYG_OK)
		unlink(fresh);
	errno = error;
	return status;
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
