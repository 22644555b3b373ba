/* SPDX-License-Identifier: MIT */
/* The whole daemon in a root folder and a process of its own, for each test. */
#ifndef CONTROL_DAEMON_KIT_H
#define CONTROL_DAEMON_KIT_H

#include "control/daemon.h"

#include <cygnet/status.h>

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>

#define PLUGINS "src/plugins"
#define CYGCTL  "src/cygctl/cygctl"
#define WAIT_MS 60000

extern char kit_root[];
extern char kit_output[1 << 20]; /* of the last kit_run() */
extern pid_t kit_pid;

void kit_setup(void);
void kit_teardown(void);
/* A build may leave any of them out. */
bool kit_have_plugin(const char *name);
void kit_path(char *out, size_t room, const char *name);
void kit_write(const char *name, const char *text);
/* Runs a command line; its standard output and error in `kit_output`; its exit status. */
int kit_run(const char *format, ...) CYG_PRINTF(1, 2);
/* cygctl with these options. */
int kit_ctl(const char *options);
bool kit_shows(const char *text);
/* Whether the log holds it now: for what must not be there, behind something that kit_logs() has waited for. */
bool kit_logged(const char *text);
/* Waits for it: a thread of its own writes the log, so a line may come after the answer to its command. */
bool kit_logs(const char *text);
void kit_launch(void);
/* The exit status, or -1 if it does not end in time. */
int kit_await(void);
void kit_start(void);
void kit_stop(void);

/* Lines into cygctl as a list; its exit status. */
int kit_type(const char *lines);

Suite *daemon_edit_suite(void);
Suite *daemon_vault_suite(void);

#endif
