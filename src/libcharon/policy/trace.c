/* SPDX-License-Identifier: MIT */
#include "policy/trace.h"

#include "crypto/names.h"

void trace_add_transform(struct trace *trace, const struct config_head *object, enum trace_why why,
			 uint8_t transform, uint16_t number, uint16_t key_bits)
{
	struct trace_entry entry = { .object = object,
				     .why = why,
				     .number = number,
				     .key_bits = key_bits,
				     .transform = transform };
	unsigned farthest = 0;

	if (!trace)
		return;
	/* The same object may be tried against several offers: its nearest result counts. */
	for (unsigned i = 0; i < trace->count; i++) {
		if (trace->entry[i].object == object) {
			if (why > trace->entry[i].why)
				trace->entry[i] = entry;
			return;
		}
		if (trace->entry[i].why < trace->entry[farthest].why)
			farthest = i;
	}
	if (trace->count < TRACE_MAX)
		trace->entry[trace->count++] = entry;
	else if (trace->entry[farthest].why < why)
		trace->entry[farthest] = entry;
}

void trace_add(struct trace *trace, const struct config_head *object, enum trace_why why)
{
	trace_add_transform(trace, object, why, 0, 0, 0);
}

const struct trace_entry *trace_nearest(const struct trace *trace)
{
	const struct trace_entry *nearest = NULL;

	for (unsigned i = 0; i < trace->count; i++) {
		if (!nearest || trace->entry[i].why > nearest->why)
			nearest = &trace->entry[i];
	}
	return nearest;
}

void trace_entry_text(const struct trace_entry *entry, struct cyg_strbuf *out)
{
	static const char *const text[] = {
		[WHY_NONE] = "was not looked at",
		[WHY_INCOMPLETE] = "is incomplete",
		[WHY_SHUTDOWN] = "is shut down",
		[WHY_FVRF] = "is for another front-door VRF",
		[WHY_LOCAL_ADDRESS] = "is for another local address",
		[WHY_NO_MATCH_LINE] = "has no match line",
		[WHY_IDENTITY] = "does not match the peer's identity",
		[WHY_CERTIFICATE] = "does not match the peer's certificate",
		[WHY_ADDRESS] = "does not match the peer's address",
		[WHY_NO_KEY] = "has no key for this direction",
		[WHY_PROTOCOL] = "is for another protocol",
		[WHY_UNKNOWN_TRANSFORM] = "met a transform type it does not know",
		[WHY_ENCR] = "differs in encryption",
		[WHY_INTEG] = "differs in integrity",
		[WHY_PRF] = "differs in prf",
		[WHY_KE] = "differs in group",
		[WHY_ESN] = "differs in extended sequence numbers",
		[WHY_UNLOADED] = "needs an algorithm that no loaded plugin provides",
		[WHY_KERNEL] = "needs an algorithm that the data plane does not carry",
		[WHY_AMBIGUOUS] = "matches, and so does another",
		[WHY_CHOSEN] = "was chosen",
	};

	cyg_strbuf_add(out, cyg_str(text[entry->why]));
	if (entry->why == WHY_INCOMPLETE && entry->object->missing[0])
		cyg_strbuf_addf(out, " (missing: %s)", entry->object->missing);
	if (entry->why == WHY_UNLOADED || entry->why == WHY_KERNEL) {
		cyg_strbuf_addf(out, " (");
		alg_name_add(out, entry->transform, entry->number, entry->key_bits);
		cyg_strbuf_addf(out, ")");
	}
}

void trace_text(const struct trace *trace, struct cyg_strbuf *out)
{
	for (unsigned i = 0; i < trace->count; i++) {
		const struct trace_entry *entry = &trace->entry[i];

		cyg_strbuf_addf(out, "%s%s (%s) ", i ? "; " : "", entry->object->name,
				entry->object->place);
		trace_entry_text(entry, out);
	}
}
