#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Somebody at the control socket, with one connection for all that is said.

usage: access.py SOCKET UID GID[,GID...]

Each line of the input is a command, with the answer to its question behind a tab. What comes is printed: the text, then
`= ok`, `= STATUS: the error` or `? the question`.
"""
import json
import os
import socket
import sys


def main():
    path, uid, gids = sys.argv[1], int(sys.argv[2]), [int(gid) for gid in sys.argv[3].split(",")]
    os.setgroups(gids[1:])
    os.setgid(gids[0])
    os.setuid(uid)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(120)
    connection.connect(path)
    stream = connection.makefile("rw", encoding="utf-8", newline="\n")
    greeting = json.loads(stream.readline())
    if "error" in greeting:
        print(f"= {greeting['status']}: {greeting['error']}")
        return
    for number, line in enumerate(sys.stdin, 1):
        command, _, answer = line.rstrip("\n").partition("\t")
        request = {"id": number, "run": command, "interactive": True}
        if answer:
            request["answer"] = answer
        stream.write(json.dumps(request) + "\n")
        stream.flush()
        message = {}
        while not message.get("done"):
            message = json.loads(stream.readline())
            print(message.get("text", ""), end="")
        if message["status"] == "ok":
            print("= ok")
        elif "question" in message:
            print(f"? {message['question']}{' (not shown)' if message['secret'] else ''}")
        else:
            print(f"= {message['status']}: {message['error']}")


main()
