/* SPDX-License-Identifier: MIT */
/*
 * Whose datagram is it? The same answer twice: in C, and as a socket filter that the kernel runs when
 * it picks a socket of the SO_REUSEPORT group. Pure functions but for the attaching.
 *
 * The slot is the low octet of our IKE SPI and the high octet of our ESP SPI. The Initiator flag says
 * which IKE SPI is ours (RFC 7296 3.1: it is set in what the original initiator sends). A message
 * without a responder SPI begins an IKE_SA: its slot is a keyed hash of the initiator's SPI, so that
 * a retransmission meets the half-open entry it made.
 */
#include "config.h"

#include "net/room.h"

#include <cygnet/cursor.h>

#include <errno.h>
#include <linux/filter.h>

#define MARKER_LEN      4
#define AT_SPI_I        0
#define AT_SPI_R        8
#define AT_FLAGS        19
#define STEERABLE_LEN   20 /* of an IKE header, up to the flags */
#define FLAG_INITIATOR  0x08
#define ANY_SOCKET      0xffff /* no such index: the kernel's flow hash decides */

unsigned net_steer_ike(const struct cyg_shard *shard, struct cyg_bytes message)
{
	struct wire_reader r = wire_reader_of(message);
	struct cyg_bytes spi_i = wire_view(&r, 8), spi_r = wire_view(&r, 8);
	uint8_t flags;
	static const uint8_t none[8];

	wire_skip(&r, 3);
	flags = wire_u8(&r);
	if (!wire_ok(&r))
		return cyg_shard_index(shard);
	if (!(flags & FLAG_INITIATOR))
		return cyg_shard_of_slot(shard, spi_i.ptr[7]);
	if (memcmp(spi_r.ptr, none, sizeof(none)) == 0)
		return cyg_shard_of_slot(shard, shard_slot_of_init(shard, spi_i.ptr));
	return cyg_shard_of_slot(shard, spi_r.ptr[7]);
}

unsigned net_steer_esp(const struct cyg_shard *shard, struct cyg_bytes packet)
{
	struct wire_reader r = wire_reader_of(packet);
	uint8_t slot = wire_u8(&r);

	return wire_ok(&r) ? cyg_shard_of_slot(shard, slot) : cyg_shard_index(shard);
}

/* The IKE part; `at` is where the header begins. Jumps are relative to the next instruction. */
#define STEER_IKE(at_, steer_, count_)                                              \
	BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),                                      \
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (at_) + STEERABLE_LEN, 1, 0),           \
	BPF_STMT(BPF_RET | BPF_K, ANY_SOCKET),                                      \
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (at_) + AT_FLAGS),                       \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FLAG_INITIATOR, 2, 0),                 \
	/* From the responder: the initiator is us. */                              \
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (at_) + AT_SPI_I + 7),                   \
	BPF_JUMP(BPF_JMP | BPF_JA, 14, 0, 0),                                       \
	/* From the initiator: is there an SPI of ours? */                          \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at_) + AT_SPI_R),                       \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),                               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at_) + AT_SPI_R + 4),                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),                               \
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (at_) + AT_SPI_R + 7),                   \
	BPF_JUMP(BPF_JMP | BPF_JA, 8, 0, 0),                                        \
	/* No: hash the initiator's, as shard_slot_of_init() does. */               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at_) + AT_SPI_I),                       \
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, (steer_)->high),                        \
	BPF_STMT(BPF_ST, 0),                                                        \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at_) + AT_SPI_I + 4),                   \
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, (steer_)->low),                         \
	BPF_STMT(BPF_LDX | BPF_MEM, 0),                                             \
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),                                     \
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 24),                                    \
	/* shard_of_slot() */                                                       \
	BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (count_)),                              \
	BPF_STMT(BPF_RET | BPF_A, 0)

enum cyg_status net_steer_attach(int fd, bool natt, const struct cyg_shard *shard)
{
	const struct shard_steer *steer = shard_steer(shard);
	const unsigned count = cyg_shard_count(shard);
	struct sock_filter ike[] = { STEER_IKE(0, steer, count) };
	struct sock_filter natt_port[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, MARKER_LEN, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, ANY_SOCKET),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 24),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
		BPF_STMT(BPF_RET | BPF_A, 0),
		STEER_IKE(MARKER_LEN, steer, count),
	};
	struct sock_fprog program = { .len = CYG_COUNT(ike), .filter = ike };

	if (natt)
		program = (struct sock_fprog){ .len = CYG_COUNT(natt_port), .filter = natt_port };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == 0)
		return CYG_OK;
	return errno == ENOPROTOOPT ? CYG_UNSUPPORTED : CYG_IO;
}
