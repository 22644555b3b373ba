#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: compare.py ROWS.json LIST-SAS IKE.json IPSEC.json [pfs-member]

Does each row's connection stand with the row's suite, in strongSwan's view (`swanctl --list-sas`) and in ours
(`show crypto ikev2 sa`, `show crypto ipsec sa`)? With a member's name, children are rekeyed ones and their
group is that member of the row. Prints what differs; exit status 1 then.
"""
import json
import re
import sys

import plan


def theirs(row):
    """The suite in strongSwan's words, for IKE and ESP."""
    def cipher(name, table):
        bits = re.search(r"-(128|192|256)$", name)
        return table[name][2] + (f"-{bits.group(1)}" if bits else "")

    ike = [cipher(row["encr"], plan.ENCR)]
    if row["integ"]:
        ike.append(plan.INTEG[row["integ"]][2])
    ike += [plan.PRF[row["prf"]][2], plan.KE[row["ke"]][2]]
    encr, _, digest = row["esp"].partition("/")
    esp = cipher(encr, plan.ESP_ENCR) + (f"/{plan.INTEG[digest][2]}" if digest else "")
    return "/".join(ike), esp


def said(row):
    """The suite in the words of `show crypto ikev2 sa`."""
    name, _, bits = row["encr"].rpartition("-")
    if bits not in ("128", "192", "256"):
        name, bits = row["encr"], {"3DES": "168", "CHACHA20-POLY1305": "256"}[row["encr"]]
    integ = row["integ"] and row["integ"].split("-")
    cut = {"MD5": "MD596", "SHA1": "SHA96"}
    return {"encryption": name, "keysize": bits, "prf": plan.HASHES[row["prf"][9:]].upper(),
            "integrity": "None" if not integ else cut.get(integ[1]) or plan.HASHES["-".join(integ[1:3])].upper(),
            "dh_group": plan.KE[row["ke"]][0]}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    with open(sys.argv[3], encoding="utf-8") as file:
        ike = {row["remote_id"].split(".")[0]: row for row in json.load(file)["rows"] if row["status"] == "READY"}
    with open(sys.argv[4], encoding="utf-8") as file:
        ipsec = {}
        for child in json.load(file)["rows"]:
            if child["status"] == "installed":
                ipsec.setdefault(child["remote_selectors"][0]["low"], []).append(child)
    pfs = sys.argv[5] if len(sys.argv) > 5 else None
    blocks = {block.split(":", 1)[0]: block for block in re.split(r"^(?=c\d+:)", text, flags=re.M)}
    wrong = 0

    def differ(row, what, want, got):
        nonlocal wrong
        wrong += 1
        print(f"row {row['n']} ({row['ike_token']} {row['esp_token']}): {what}: {got}, not {want}")

    for row in rows:
        block = blocks.get(f"c{row['n']}", "")
        want_ike, want_esp = theirs(row)
        if pfs:
            want_esp += "/" + plan.KE[row[pfs]][2]
        if "ESTABLISHED" not in block:
            differ(row, "strongSwan's IKE_SA", "ESTABLISHED", block.splitlines()[:1])
            continue
        if not re.search(r"^  " + re.escape(want_ike) + "$", block, re.M):
            differ(row, "strongSwan's IKE suite", want_ike, block.splitlines()[3:5])
        if not re.search(r" INSTALLED, .*ESP:" + re.escape(want_esp) + "$", block, re.M):
            differ(row, "strongSwan's ESP suite", want_esp, re.findall(r".*ESP.*", block))
        ours = ike.get(f"c{row['n']}")
        if not ours:
            differ(row, "our IKE_SA", "READY", "none")
            continue
        for member, want in said(row).items():
            if str(ours[member]) != want:
                differ(row, f"our {member}", want, ours[member])
        children = ipsec.get(row["inner_theirs"], [])
        if len(children) != 1:
            differ(row, "our CHILD_SAs", 1, len(children))
            continue
        if pfs and children[0]["pfs_group"] != int(plan.KE[row[pfs]][0]):
            differ(row, "our group of the rekey", plan.KE[row[pfs]][0], children[0]["pfs_group"])
        if not children[0]["packets_in"] or not children[0]["packets_out"]:
            differ(row, "ESP packets", "both ways",
                   f"{children[0]['packets_in']} in, {children[0]['packets_out']} out")
    print(f"{len(rows) - wrong if wrong < len(rows) else 0} of {len(rows)} rows agree on both sides")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
