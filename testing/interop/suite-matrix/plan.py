#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: plan.py PLUGINS.json ALGORITHMS OUT

Crosses what our plugins provide (`show plugins detail` as JSON) with what strongSwan lists (`swanctl
--list-algs`), and writes to the folder OUT: rows (one connection a line), for each direction our
startup-config and its swanctl.conf, and a summary. An algorithm of ours that has no word here is an error: the matrix
is to grow with the table.
"""
import itertools
import json
import os
import sys

# Our name: word of a proposal, strongSwan's word, its name in the list.
ENCR = {
    "3DES": ("3des", "3des", "3DES_CBC"),
    "AES-CBC-128": ("aes-cbc-128", "aes128", "AES_CBC"),
    "AES-CBC-192": ("aes-cbc-192", "aes192", "AES_CBC"),
    "AES-CBC-256": ("aes-cbc-256", "aes256", "AES_CBC"),
    "AES-GCM-128": ("aes-gcm-128", "aes128gcm16", "AES_GCM_16"),
    "AES-GCM-256": ("aes-gcm-256", "aes256gcm16", "AES_GCM_16"),
    "CHACHA20-POLY1305": ("chacha20-poly1305", "chacha20poly1305", "CHACHA20_POLY1305"),
}
HASHES = {"MD5": "md5", "SHA1": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
CUT = {"MD5": "96", "SHA1": "96", "SHA2-256": "128", "SHA2-384": "192", "SHA2-512": "256"}
INTEG = {f"HMAC-{h}-{CUT[h]}": (w, w, f"HMAC-{h}-{CUT[h]}".replace("-", "_")) for h, w in HASHES.items()}
PRF = {f"PRF-HMAC-{h}": (w, "prf" + w, f"PRF-HMAC-{h}".replace("-", "_")) for h, w in HASHES.items()}
KE = {
    "MODP-768": ("1", "modp768", "MODP_768"),
    "MODP-1024": ("2", "modp1024", "MODP_1024"),
    "MODP-1536": ("5", "modp1536", "MODP_1536"),
    "MODP-2048": ("14", "modp2048", "MODP_2048"),
    "MODP-3072": ("15", "modp3072", "MODP_3072"),
    "MODP-4096": ("16", "modp4096", "MODP_4096"),
    "MODP-6144": ("17", "modp6144", "MODP_6144"),
    "MODP-8192": ("18", "modp8192", "MODP_8192"),
    "ECP-256": ("19", "ecp256", "ECP_256"),
    "ECP-384": ("20", "ecp384", "ECP_384"),
    "ECP-521": ("21", "ecp521", "ECP_521"),
    "MODP-2048-256": ("24", "modp2048s256", "MODP_2048_256"),
    "X25519": ("31", "x25519", "CURVE_25519"),
    "X448": ("32", "x448", "CURVE_448"),
}
ESP_ENCR = {
    "3DES": ("esp-3des", "3des", "3DES_CBC"),
    "NULL": ("esp-null", "null", "NULL"),
    "AES-CBC-128": ("esp-aes 128", "aes128", "AES_CBC"),
    "AES-CBC-192": ("esp-aes 192", "aes192", "AES_CBC"),
    "AES-CBC-256": ("esp-aes 256", "aes256", "AES_CBC"),
    "AES-GCM-128": ("esp-gcm 128", "aes128gcm16", "AES_GCM_16"),
    "AES-GCM-192": ("esp-gcm 192", "aes192gcm16", "AES_GCM_16"),
    "AES-GCM-256": ("esp-gcm 256", "aes256gcm16", "AES_GCM_16"),
    "AES-GMAC-128": ("esp-gmac 128", "aes128gmac", "NULL_AES_GMAC"),
    "AES-GMAC-192": ("esp-gmac 192", "aes192gmac", "NULL_AES_GMAC"),
    "AES-GMAC-256": ("esp-gmac 256", "aes256gmac", "NULL_AES_GMAC"),
    "CHACHA20-POLY1305": ("esp-chacha20-poly1305", "chacha20poly1305", "CHACHA20_POLY1305"),
}
ESP_HASH = {"md5": "esp-md5-hmac", "sha1": "esp-sha-hmac", "sha256": "esp-sha256-hmac",
            "sha384": "esp-sha384-hmac", "sha512": "esp-sha512-hmac"}
AEAD = ("GCM", "GMAC", "CHACHA20")
# What no word of the command language names: plugins may have it all the same.
UNNAMED = {"IKE": {"AES-GCM-192"}, "ESP": {"AES-CTR-128", "AES-CTR-192", "AES-CTR-256"}}


def aead(name):
    return any(word in name for word in AEAD)


def provided(path):
    out = {}
    with open(path, encoding="utf-8") as file:
        for plugin in json.load(file)["rows"]:
            for feature in plugin["provides"]:
                if feature["offer"] == "used":
                    out.setdefault(feature["kind"], []).append(feature["name"])
    return out


def listed(path):
    with open(path, encoding="utf-8") as file:
        return {line.strip().split("[")[0] for line in file if line.startswith("  ")}


def common(ours, table, theirs, alone):
    out = []
    for name in ours:
        if name in UNNAMED["IKE" if table is ENCR else "ESP"]:
            continue
        if name not in table:
            sys.exit(f"plan.py: no word for {name}: add it to the table")
        if table[name][2] in theirs:
            out.append(name)
        else:
            alone.append(name)
    return out


def pairwise(encr, integ, prf, ke):
    """Rows that hold every pair of values of two factors, chosen greedily; an AEAD has no integrity."""
    def pairs(row):
        return {(i, row[i], j, row[j]) for i, j in itertools.combinations(range(4), 2)}

    every = [(e, i, p, k) for e in encr for i in ([None] if aead(e) else integ) for p in prf for k in ke]
    missing = set().union(*(pairs(row) for row in every))
    left = {row: pairs(row) for row in every}
    rows = []
    while missing:
        best = max(left, key=lambda row: len(left[row] & missing))
        rows.append(best)
        missing -= left.pop(best)
    return rows, len(every)


def esp_word(name, side):
    encr, _, hash_name = name.partition("/")
    if not hash_name:
        return ESP_ENCR[encr][side]
    hash_word = INTEG[hash_name][0]
    if side == 0:
        return f"{ESP_ENCR[encr][0]} {ESP_HASH[hash_word]}"
    return f"{ESP_ENCR[encr][1]}-{hash_word}"


def main():
    ours, theirs, out = provided(sys.argv[1]), listed(sys.argv[2]), sys.argv[3]
    alone = []
    encr = common(ours["cipher"], ENCR, theirs, alone)
    integ = common(ours["integrity"], INTEG, theirs, alone)
    prf = common(ours["PRF"], PRF, theirs, alone)
    ke = common(ours["KE"], KE, theirs, alone)
    esp = []
    for name in ours["ESP"]:
        cipher, _, digest = name.partition("/")
        found = common([cipher], ESP_ENCR, theirs, alone)
        if found and (not digest or common([digest], INTEG, theirs, alone)):
            esp.append(name)
    rows, product = pairwise(encr, integ, prf, ke)
    plan = []
    for n, (e, i, p, k) in enumerate(rows):
        plan.append({
            "n": n, "encr": e, "integ": i, "prf": p, "ke": k, "esp": esp[n % len(esp)],
            "pfs": ke[(n // len(esp) + n) % len(ke)],
            "inner_ours": f"10.202.{n // 250}.{n % 250 + 1}", "inner_theirs": f"10.201.{n // 250}.{n % 250 + 1}",
            "outer": f"10.64.{n // 250}.{n % 250 + 1}",
        })
    if {row["esp"] for row in plan} != set(esp) or {row["pfs"] for row in plan} != set(ke):
        sys.exit("plan.py: there are fewer rows than ESP suites or groups")
    for row in plan:
        token = [ENCR[row["encr"]][1]] + ([INTEG[row["integ"]][1]] if row["integ"] else [])
        row["ike_token"] = "-".join(token + [PRF[row["prf"]][1], KE[row["ke"]][1]])
        row["esp_token"] = esp_word(row["esp"], 1)
    with open(os.path.join(out, "rows.json"), "w", encoding="utf-8") as file:
        json.dump(plan, file, indent=1)
    write_responder(plan, encr, integ, prf, ke, esp, out)
    write_initiator(plan, out)
    print(f"{len(encr)} ciphers, {len(integ)} integrity, {len(prf)} PRFs, {len(ke)} groups: {len(rows)} of "
          f"{product} IKE suites hold every pair; {len(esp)} ESP suites, {len(ke)} groups of rekeys; "
          f"strongSwan lacks: {' '.join(alone) or 'nothing'}")


def write(out, name, lines):
    with open(os.path.join(out, name), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def swanctl(plan, pfs, caller):
    lines = ["connections {"]
    for row in plan:
        n = row["n"]
        group = KE[row[pfs]][1]
        outer = "10.64.0.1" if caller else row["outer"]
        lines += [
            f" c{n} {{", "  version = 2", "  local_addrs = 10.63.0.1", f"  remote_addrs = {outer}",
            f"  proposals = {row['ike_token']}", "  mobike = no", "  local {", "   auth = psk",
            f"   id = c{n}.g{row.get('set_group', 0)}.example.org", "  }", "  remote {", "   auth = psk",
            "   id = gateway.example.org" if caller else f"   id = t{n}.example.org", "  }", "  children {",
            f"   n{n} {{", f"    local_ts = {row['inner_theirs']}/32", f"    remote_ts = {row['inner_ours']}/32",
            f"    esp_proposals = {row['esp_token']}-{group}", "   }", "  }", " }"]
    return lines + ["}", "secrets {", " ike-a {", "  secret = key-of-the-matrix", " }", "}"]


COMMON = ["crypto ikev2 keyring k", " peer p", "  address 10.63.0.1", "  pre-shared-key key-of-the-matrix"]


def write_responder(plan, encr, integ, prf, ke, esp, out):
    """We answer: two proposals that take everything, six transform sets a profile."""
    gcm = [e for e in encr if aead(e)]
    lines = ["hostname gateway",
             "crypto ikev2 proposal classic",
             " encryption " + " ".join(ENCR[e][0] for e in encr if not aead(e)),
             " integrity " + " ".join(INTEG[i][0] for i in integ),
             " prf " + " ".join(PRF[p][0] for p in prf), " group " + " ".join(KE[k][0] for k in ke),
             "crypto ikev2 proposal aead", " encryption " + " ".join(ENCR[e][0] for e in gcm),
             " prf " + " ".join(PRF[p][0] for p in prf), " group " + " ".join(KE[k][0] for k in ke),
             "crypto ikev2 policy all", " proposal classic", " proposal aead"] + COMMON
    for n, name in enumerate(esp):
        lines += [f"crypto ipsec transform-set e{n} {esp_word(name, 0)}", " mode tunnel"]
    lines += ["interface Loopback0", " ip address 10.99.0.1 255.255.255.255"]
    for first in range(0, len(esp), 6):
        g = first // 6
        lines += [f"crypto ikev2 profile p{g}", f" match identity remote fqdn domain g{g}.example.org",
                  " identity local fqdn gateway.example.org", " authentication local pre-share",
                  " authentication remote pre-share", " keyring local k", f" virtual-template {g + 1}",
                  f"crypto ipsec profile p{g}",
                  " set transform-set " + " ".join(f"e{n}" for n in range(first, min(first + 6, len(esp)))),
                  f" set ikev2-profile p{g}", f"interface Virtual-Template{g + 1} type tunnel",
                  " ip unnumbered Loopback0", " tunnel mode ipsec ipv4", f" tunnel protection ipsec profile p{g}"]
    for row in plan:
        row["set_group"] = esp.index(row["esp"]) // 6
    write(out, "startup-config", lines + ["end"])
    write(out, "swanctl.conf", swanctl(plan, "ke", True))


def write_initiator(plan, out):
    """We call: a tunnel a row, each with an address, hence a policy, of its own."""
    lines = ["hostname client"] + COMMON + ["interface Loopback0", " ip address 10.99.0.2 255.255.255.255"]
    for row in plan:
        n = row["n"]
        lines += [f"crypto ikev2 proposal r{n}", f" encryption {ENCR[row['encr']][0]}"]
        if row["integ"]:
            lines += [f" integrity {INTEG[row['integ']][0]}"]
        lines += [f" prf {PRF[row['prf']][0]}", f" group {KE[row['ke']][0]}",
                  f"crypto ikev2 policy r{n}", f" match address local {row['outer']}", f" proposal r{n}",
                  f"crypto ikev2 profile r{n}", f" match identity remote fqdn c{n}.g0.example.org",
                  f" identity local fqdn t{n}.example.org", " authentication local pre-share",
                  " authentication remote pre-share", " keyring local k",
                  f"crypto ipsec transform-set r{n} {esp_word(row['esp'], 0)}", " mode tunnel",
                  f"crypto ipsec profile r{n}", f" set transform-set r{n}", f" set ikev2-profile r{n}",
                  f" set pfs group{KE[row['pfs']][0]}",
                  f"interface Tunnel{n}", " ip unnumbered Loopback0", f" tunnel source {row['outer']}",
                  " tunnel mode ipsec ipv4", " tunnel destination 10.63.0.1",
                  f" tunnel protection ipsec profile r{n}"]
        row["set_group"] = 0
    write(out, "startup-config.calls", lines + ["end"])
    write(out, "swanctl.conf.answers", swanctl(plan, "pfs", False))


if __name__ == "__main__":
    main()
