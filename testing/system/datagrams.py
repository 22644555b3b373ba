#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands for a syslog daemon or the journal.

datagrams.py SOCKET         listens there; each datagram becomes a line: a JSON string
datagrams.py --judge FORM   reads such lines; fails unless there are some and all are of the form
                            syslog (RFC 3164 as local programs write it), syslog-json, journal
"""
import json
import os
import re
import socket
import sys

HEAD = re.compile(r"<(\d{1,3})>cygnet\[\d+\]: (.*)", re.S)
EVENT = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")  # of a field that a program may set


def listen(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    os.chmod(path, 0o666)  # the daemon is another user
    while True:
        print(json.dumps(sock.recv(65536).decode(errors="surrogateescape")), flush=True)


def syslog(text):
    found = HEAD.fullmatch(text)
    assert found, "no head"
    assert int(found[1]) // 8 == 3 and int(found[1]) % 8 <= 7, "not of the facility daemon"
    assert not re.search(r"[\x00-\x1f\x7f]", text), "a control character"
    return int(found[1]) % 8, found[2]


def syslog_text(text):
    event, _, sentence = syslog(text)[1].partition(": ")
    assert EVENT.fullmatch(event) and sentence, "no event, or no sentence"


def syslog_json(text):
    level, rest = syslog(text)
    line = json.loads(rest)
    assert list(line) == ["time", "level", "event", "message", "fields"], "other members"
    assert EVENT.fullmatch(line["event"]) and isinstance(line["fields"], dict), "not their types"
    words = {"crit": 2, "error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7}
    assert words[line["level"]] == level, "the head has another level"


def journal(text):
    assert text.endswith("\n"), "the last field is cut"
    fields = [line.split("=", 1) for line in text[:-1].split("\n")]
    for field in fields:
        assert len(field) == 2 and NAME.fullmatch(field[0]), f"no field: {field}"
    fields = dict(fields)
    assert fields["SYSLOG_IDENTIFIER"] == "cygnet" and fields["PRIORITY"] in list("01234567"), "no priority"
    assert fields["MESSAGE"].startswith(fields["CYGNET_EVENT"] + ": "), "no message"


def judge(check):
    count = 0
    for line in sys.stdin:
        text = json.loads(line)
        try:
            check(text)
        except (AssertionError, KeyError, ValueError) as why:
            sys.exit(f"{why!r}: {text!r}")
        count += 1
    if count == 0:
        sys.exit("nothing came")


if sys.argv[1] == "--judge":
    judge({"syslog": syslog_text, "syslog-json": syslog_json, "journal": journal}[sys.argv[2]])
else:
    listen(sys.argv[1])
