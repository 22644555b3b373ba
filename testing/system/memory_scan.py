#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks for texts in the memory of a live process.

memory_scan.py PID [LEAST]: the texts on standard input, one a line. Prints `LINE REGION OFFSET` for each place that has one (LINE is
its number: the text is not printed). Only what can be written to is looked at; as it stands, also in wide characters, and as it
stands in memory of which the first octets have been used for something else (all but its first 8). Fails if less than
LEAST octets (1048576) could be read.
"""
import sys


def read_all(memory, low, high):
    octets = bytearray()
    memory.seek(low)
    while len(octets) < high - low:
        part = memory.read(high - low - len(octets))
        if not part:
            break
        octets += part
    return octets


def main():
    pid = int(sys.argv[1])
    least = int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 20
    wanted = [line.rstrip(b"\n") for line in sys.stdin.buffer if line.rstrip(b"\n")]
    parts = []
    for number, text in enumerate(wanted, 1):
        part = text[8:] if len(text) > 16 else text
        parts += [(number, part), (number, part.decode(errors="replace").encode("utf-32-le"))]
    seen = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            fields = line.split(maxsplit=5)
            low, high = (int(word, 16) for word in fields[0].split("-"))
            name = fields[5].strip() if len(fields) > 5 else "anonymous"
            if "w" not in fields[1] or name == "[vvar]":
                continue
            try:
                octets = read_all(memory, low, high)
            except OSError as error:
                print(f"unread {name} {error}", file=sys.stderr)
                continue
            seen += len(octets)
            for number, part in parts:
                at = octets.find(part)
                while at >= 0:
                    print(number, name, hex(low + at))
                    at = octets.find(part, at + 1)
    if seen < least:
        sys.exit(f"{seen} octets of process {pid} could be read: that is not all of it")


main()
