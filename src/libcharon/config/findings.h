/* SPDX-License-Identifier: MIT */
/*
 * Adding findings. Control thread; text is copied.
 */
#ifndef CONFIG_FINDINGS_H
#define CONFIG_FINDINGS_H

#include "config/config.h"

#include <stdarg.h>

/* Drops what is there already (line, column, code) and what exceeds the limit. */
void findings_add(struct config_findings *findings, enum config_severity severity, uint32_t line,
		  size_t column, const char *code, const char *format, ...) CYG_PRINTF(6, 7);
/* The same; says whether it is kept. */
struct config_finding *findings_addv(struct config_findings *findings,
				     enum config_severity severity, uint32_t line, size_t column,
				     const char *code, const char *format, va_list args) CYG_PRINTF(6, 0);
/* Takes away warnings of that code whose text begins so. */
void findings_forget(struct config_findings *findings, const char *code, const char *beginning);

#endif
