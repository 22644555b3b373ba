/* SPDX-License-Identifier: MIT */
/* show crypto ikev2 proposal, policy: objects of the configuration in force. */
#include "control/show_object.h"
#include "control/tables.h"
#include "crypto/names.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "proposal", "IKEv2 proposals" },
	{ "policy", "IKEv2 policies" },
	{ "<name>", "Its name, or `default`" },
	{ 0 },
};

/* --- Proposal --- */

static void proposal_text(struct cyg_exec *exec, const struct config_proposal *proposal)
{
	cyg_exec_printf(exec, " IKEv2 proposal: %s\n     Encryption :", proposal->head.name);
	for (unsigned i = 0; i < proposal->encr_count; i++) {
		char name[40];
		struct cyg_strbuf text = CYG_STRBUF(name);

		alg_name_add(&text, CYG_TRANSFORM_ENCR, proposal->encr[i].id, proposal->encr[i].key_bits);
		cyg_exec_printf(exec, " %s", name);
	}
	cyg_exec_printf(exec, "\n     Integrity  :");
	if (proposal->integ_count == 0)
		cyg_exec_printf(exec, " none");
	for (unsigned i = 0; i < proposal->integ_count; i++)
		cyg_exec_printf(exec, " %s", show_integ(proposal->integ[i]));
	cyg_exec_printf(exec, "\n     PRF        :");
	for (unsigned i = 0; i < proposal->prf_count; i++)
		cyg_exec_printf(exec, " %s", show_prf(proposal->prf[i]));
	cyg_exec_printf(exec, "\n     DH Group   :");
	for (unsigned i = 0; i < proposal->group_count; i++) {
		char name[64];
		struct cyg_strbuf text = CYG_STRBUF(name);

		show_group(&text, proposal->group[i]);
		cyg_exec_printf(exec, " %s", name);
	}
	cyg_exec_printf(exec, "\n");
	show_head(exec, &proposal->head);
}

static void show_proposal(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct config_proposal *proposal = object;
	json_t *row, *encr, *integ, *prf, *group;

	if (!cyg_exec_json(exec)) {
		proposal_text(exec, proposal);
		return;
	}
	row = json_object();
	encr = json_array();
	integ = json_array();
	prf = json_array();
	group = json_array();
	for (unsigned i = 0; i < proposal->encr_count; i++) {
		char word[40];
		struct cyg_strbuf text = CYG_STRBUF(word);

		alg_name_add(&text, CYG_TRANSFORM_ENCR, proposal->encr[i].id, proposal->encr[i].key_bits);
		put_word(&encr, word);
	}
	for (unsigned i = 0; i < proposal->integ_count; i++)
		put_word(&integ, show_integ(proposal->integ[i]));
	for (unsigned i = 0; i < proposal->prf_count; i++)
		put_word(&prf, show_prf(proposal->prf[i]));
	for (unsigned i = 0; i < proposal->group_count; i++)
		if (group && json_array_append_new(group, json_integer(proposal->group[i])))
			exec_lost(exec);
	put_head(&row, &proposal->head);
	put_json(&row, "encryption", encr);
	put_json(&row, "integrity", integ);
	put_json(&row, "prf", prf);
	put_json(&row, "groups", group);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_proposal(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, MODE_PROPOSAL, "IKEv2 proposal", show_proposal);
}

/* --- Policy --- */

static const char *fvrf_text(const char *fvrf)
{
	return fvrf[0] ? fvrf : "global";
}

static void show_policy(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	const struct config_policy *policy = object;
	char ip[CYG_IP_TEXT];
	json_t *row, *addresses, *proposals;

	cyg_exec_printf(exec, " IKEv2 policy : %s\n", policy->head.name);
	cyg_exec_printf(exec, "      Match fvrf  : %s\n", fvrf_text(policy->fvrf));
	if (policy->address_count == 0)
		cyg_exec_printf(exec, "      Match address local : any\n");
	for (unsigned i = 0; i < policy->address_count; i++)
		cyg_exec_printf(exec, "      Match address local : %s\n", cyg_ip_text(&policy->address[i], ip));
	for (unsigned i = 0; i < policy->proposal_count; i++)
		cyg_exec_printf(exec, "      Proposal    : %s\n", policy->proposal[i]->head.name);
	if (!cyg_exec_json(exec)) {
		show_head(exec, &policy->head);
		return;
	}
	row = json_object();
	addresses = json_array();
	proposals = json_array();
	for (unsigned i = 0; i < policy->address_count; i++)
		put_word(&addresses, cyg_ip_text(&policy->address[i], ip));
	for (unsigned i = 0; i < policy->proposal_count; i++)
		put_word(&proposals, policy->proposal[i]->head.name);
	put_head(&row, &policy->head);
	put_text(&row, "fvrf", fvrf_text(policy->fvrf));
	put_json(&row, "local_addresses", addresses);
	put_json(&row, "proposals", proposals);
	cyg_exec_row(exec, row);
}

static enum cyg_status run_policy(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, MODE_POLICY, "IKEv2 policy", show_policy);
}

static const struct cyg_command commands[] = {
	{ .mode = "exec",
	  .syntax = "show crypto ikev2 proposal [<name:ref(ikev2-proposal)>]",
	  .help = "Shows IKEv2 proposals, the default one too.",
	  .tokens = tokens,
	  .run = run_proposal },
	{ .mode = "exec",
	  .syntax = "show crypto ikev2 policy [<name:ref(ikev2-policy)>]",
	  .help = "Shows IKEv2 policies, the default one too.",
	  .tokens = tokens,
	  .run = run_policy },
	{ 0 },
};

const struct cyg_command_table control_objects_commands = { .commands = commands };
