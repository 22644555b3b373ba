/* SPDX-License-Identifier: MIT */
/*
 * Words and JSON members that several `show` commands share. Control thread only.
 */
#ifndef CONTROL_SHOW_H
#define CONTROL_SHOW_H

#include <cygnet/ip.h>

#include <jansson.h>

/* One member of a row. A row that is NULL stays NULL; what cannot be stored frees the row and makes it
 * NULL, which cyg_exec_row() takes for "memory is short". */
void put_text(json_t **row, const char *name, const char *text);
void put_number(json_t **row, const char *name, uint64_t number);
void put_flag(json_t **row, const char *name, bool flag);
/* Nothing if it is unset. */
void put_ip(json_t **row, const char *name, const struct cyg_ip *ip);
void put_json(json_t **row, const char *name, json_t *take_value);
void put_hex(json_t **row, const char *name, uint64_t number, unsigned digits);

/* "AES-CBC" with the length at *keysize (0: it has one only). */
const char *show_encr(uint16_t encr, uint16_t key_bits, unsigned *keysize);
/* "SHA512", "SHA96", "MD596", "None". */
const char *show_integ(uint16_t integ);
const char *show_prf(uint16_t prf);
/* "DH_GROUP_256_ECP/Group 19". */
void show_group(struct cyg_strbuf *out, uint16_t group);
/* "PSK", "RSA", "ECDSA", "EAP". */
const char *show_auth(uint8_t method, uint8_t key);
/* "esp-256-aes esp-sha256-hmac". */
void show_transform(struct cyg_strbuf *out, uint16_t encr, uint16_t key_bits, uint16_t integ);

#endif
