#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients of the control socket that are no good company.

usage: control_clients.py SOCKET crowd COUNT [UID GID]   that many connections at once, all held; prints how many
                                                         were greeted and turned away with which sentence, then that
                                                         each of the greeted is answered; leaves at the end of its input
       control_clients.py SOCKET deaf                    asks for more and more and never reads, until it is thrown out
"""
import collections
import json
import os
import resource
import select
import socket
import sys


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)  # waits while the queue of the listener is full
    connection.settimeout(300)
    return connection


def line_of(connection):
    """One message; None if the other side has closed without a word."""
    text = b""
    while not text.endswith(b"\n"):
        got = connection.recv(1)
        if not got:
            return None
        text += got
    return json.loads(text)


def crowd(path, count, uid=None, gid=None):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    if uid is not None:
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
    connections = [connect(path) for _ in range(count)]
    said = collections.Counter()
    greeted = []
    for connection in connections:
        message = line_of(connection)
        if message is None:
            said["closed without a word"] += 1
        elif "error" in message:
            said[message["error"]] += 1
            assert message["done"] and connection.recv(1) == b"", "turned away, and not closed"
        else:
            said["greeted"] += 1
            greeted.append(connection)
    for sentence, number in sorted(said.items()):
        print(f"{number} {sentence}")
    for connection in greeted:
        connection.sendall(b'{"id": 1, "run": "show version"}\n')
    for connection in greeted:
        message = line_of(connection)
        while not message.get("done"):
            message = line_of(connection)
        assert message["status"] == "ok", message
    print(f"{len(greeted)} answered", flush=True)
    sys.stdin.read()


def deaf(path):
    connection = connect(path)
    connection.setblocking(False)
    request = b'{"id": 1, "run": "show running-config all"}\n' * 100
    told = False
    while True:
        poll = select.poll()
        poll.register(connection, select.POLLOUT)
        if not poll.poll(1000):
            if not told:
                print("deaf", flush=True)
                told = True
            continue
        try:
            connection.send(request)
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            print("thrown out", flush=True)
            return


def main():
    path, what = sys.argv[1:3]
    if what == "crowd":
        crowd(path, *map(int, sys.argv[3:]))
    else:
        deaf(path)


main()
