/* SPDX-License-Identifier: MIT */
#include "totals.h"

static const struct {
	const char *kernel; /* its name there */
	const char *name, *help;
} totals[] = {
	/* Names that kernel-tun has, too, mean the same. */
	{ "XfrmInNoStates", "unknown_spi", "ESP with an SPI that nobody has" },
	{ "XfrmInStateSeqError", "replayed", "outside of the replay window, or seen before" },
	{ "XfrmInStateProtoError", "forged", "wrong ICV, padding or IPsec header" },
	{ "XfrmInStateExpired", "expired_in", "for an SA whose hard limit was reached" },
	{ "XfrmInStateMismatch", "wrong_sa", "inside are other addresses or ports than the SA is for" },
	{ "XfrmInTmplMismatch", "wrong_policy", "came by an SA that is not for them" },
	{ "XfrmInNoPols", "no_policy", "came by an SA, and no policy takes them" },
	{ "XfrmOutNoStates", "no_way", "out of an interface, and no SA takes them" },
	{ "XfrmOutStateExpired", "expired_out", "for an SA whose hard limit was reached, outbound" },
	{ "XfrmOutStateSeqError", "numbers_ended", "an SA has no sequence numbers left" },
};

_Static_assert(CYG_COUNT(totals) <= CYG_KERNEL_TOTALS_MAX, "room at the caller");

/* "Name   \t number", one a line. */
static void read_line(struct cyg_str line, struct cyg_kernel_total *out)
{
	size_t name_len = cyg_str_span_until(line, " \t"), at = name_len;
	struct cyg_str name = cyg_str_head(line, name_len);
	uint64_t value;

	while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
		at++;
	if (cyg_str_to_u64(cyg_str_tail(line, at), 0, UINT64_MAX, &value) != CYG_OK)
		return;
	for (size_t i = 0; i < CYG_COUNT(totals); i++) {
		if (cyg_str_equal(name, cyg_str(totals[i].kernel)))
			out[i].value = value;
	}
}

unsigned totals_read(struct cyg_str text, struct cyg_kernel_total *out)
{
	for (size_t i = 0; i < CYG_COUNT(totals); i++)
		out[i] = (struct cyg_kernel_total){ totals[i].name, totals[i].help, true, 0 };
	while (text.len) {
		size_t len = cyg_str_span_until(text, "\n");

		read_line(cyg_str_head(text, len), out);
		text = cyg_str_tail(text, len < text.len ? len + 1 : len);
	}
	return CYG_COUNT(totals);
}
