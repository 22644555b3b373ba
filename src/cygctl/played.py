# SPDX-License-Identifier: MIT
"""A daemon that is played, and a cygctl on a terminal of its own: for test_*.py. The program to test is the first argument."""
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

CYGCTL = os.path.abspath(sys.argv[1])
GREETING = {"cygnet": "1", "protocol": 1, "hostname": "gw1", "access": "configure",
            "prompt": "gw1>"}


def line_of(level, event, message):
    return {"time": "2030-01-31T12:34:56.789012Z", "level": level, "event": event, "message": message}


ODD_ROWS = [{}, {"a": "]}, {\"n\": 1}"}, {"b": "\\"}, {"c": "\\\"", "rows": [[], {"d": None}, -1.5e3, True]}, 7, "]", [], "",
            {"": "\u00fc \u0000 \n ,:"}]

ODD_TEXTS = ["", "plain\n", "\"quoted\", \\, / and a \t tab\n", "\\\n\\\\n\n", "\"}\n", "\u00fc \u20ac\n", "a \x01 by number\n", "\n\n", "\b\f\n"]


class Daemon:
    """Serves ROOT/run/cygnet/control.sock in a thread; `greeting` may be set, None closes at once."""

    def __init__(self, root):
        self.path = os.path.join(root, "run/cygnet/control.sock")
        self.greeting = GREETING
        self.asked = []
        self.clients = []  # what each asked, in the order in which they came
        self.made = 0  # messages of an answer without end
        self.streams = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def stop(self):
        self.listener.close()
        os.unlink(self.path)

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.client, args=(connection,), daemon=True).start()

    def client(self, connection):
        stream = connection.makefile("rw", encoding="utf-8", newline="\n")

        def say(message, tear=None, compact=False):
            stream.write(json.dumps(message, separators=(",", ":") if compact else None,
                                    ensure_ascii=not compact)[:tear] + "\n")
            stream.flush()

        asked = []
        self.streams.append(say)
        self.clients.append(asked)
        if self.greeting is None:
            connection.close()
            return
        say(self.greeting)
        try:
            for line in stream:
                request = json.loads(line)
                self.asked.append(request)
                asked.append(request)
                if request.get("run") == "endless":
                    self.without_end(request["id"], connection, stream, say)
                elif not self.answer(request, say):
                    break
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it left without reading all
        connection.close()

    def without_end(self, number, connection, stream, say):
        """Lines until the client has had enough; it may only say so, and that it waits."""
        enough = False
        while not enough:
            say({"id": number, "text": "".join(f"line {self.made * 100 + i}\n" for i in range(100))})
            self.made += 1
            while not enough and select.select([connection], [], [], 0)[0]:
                request = json.loads(stream.readline())
                self.asked.append(request)
                assert request.get("id") == number and ("wait" in request or "cancel" in request), request
                enough = "cancel" in request
        say({"id": number, "done": True, "status": "ok", "json": False, "hostname": "gw1", "prompt": "gw1>"})

    def answer(self, request, say):
        number = request["id"]
        last = {"id": number, "done": True, "status": "ok", "json": request.get("json", False), "hostname": "gw1",
                "prompt": "gw1>"}
        if "wait" in request or "cancel" in request:
            pass  # about a command that has ended
        elif "complete" in request:
            words = {"sho": ["show"], "show v": ["version", "vlan", "version2"], "show ve": ["version", "version2"]}
            say({**last, "words": words.get(request["complete"], [])})
        elif "help" in request:
            known = request["help"].startswith("show ")
            say({**last, "help": [{"token": "version", "help": "Version of the daemon"}] if known else []})
        elif request["run"] in ("lines", "  indented"):
            say({"id": number, "text": "one\ntwo\n"})
            say({"id": number, "text": "three\n"})
            say(last)
        elif request["run"] == "compact":
            for text in ODD_TEXTS:
                say({"id": number, "text": text}, compact=True)
            say({"text": "other form\n", "id": number}, compact=True)
            say({"id": number, "text": "more\n", "note": 1}, compact=True)
            say(last, compact=True)
        elif request["run"] == "torn-text":
            say({"id": number, "text": "whole\n"}, compact=True)
            say({"id": number, "text": "torn\n"}, tear=-1, compact=True)
            say(last)
        elif request["run"].startswith("rows"):
            say({"id": number, "rows": [{"n": 1}, {"n": "zwei \u00fc"}]})
            say({"id": number, "rows": [{"n": 3}]})
            say({**last, "json": True})
        elif request["run"].startswith("numbers "):
            say({"id": number, "text": "".join(f"<{i}>\n" for i in range(1, int(request["run"].split()[1]) + 1))})
            say(last)
        elif request["run"] == "wide":
            say({"id": number, "text": "\u00e4" * 50 + "\n\n" + "b" * 60 + "\nend\n"})
            say(last)
        elif request["run"] == "many logs":
            for i in range(40):
                say({"log": line_of("notice", "ike.up", f"log {i}")})
            say(last)
        elif request["run"].startswith("terminal length "):
            say({**last, "length": int(request["run"].split()[2])})
        elif request["run"] == "terminal no length":
            say({**last, "length": None})
        elif request["run"] == "none":
            say({**last, "json": True})
        elif request["run"] == "odd":
            say({"rows": ODD_ROWS, "id": number})
            say({"id": number, "rows": []})
            say({"note": {"rows": [1]}, "list": ["rows", [2]], "id": number, "rows": ODD_ROWS[:1]})
            say({"id": number, "rows": "none", "text": ""})
            say({**last, "json": True})
        elif request["run"] == "torn":
            say({"id": number, "rows": [{"n": 1}]}, tear=-3)
            say(last)
        elif request["run"] == "half":
            say({"id": number, "rows": [{"n": 1}]})
            return False
        elif request["run"] == "long":
            say({"id": number, "text": "x" * 3000000 + "\n"})
            say(last)
        elif request["run"] == "terminal monitor":
            say(last)
            say({"log": line_of("warning", "ike.failed", "one"), "id": 99})
        elif request["run"] == "busy":
            say({"log": line_of("notice", "ike.up", "two")})
            say({"id": number, "text": "between\n"})
            say({"log": line_of("debug", "debug.packet", "three")})
            say(last)
        elif request["run"] == "rename":
            say({**last, "hostname": "gw2", "prompt": "gw2>"})
        elif request["run"] in ("text #", " ! a text", "", "so?  "):
            say({**last, "more": True, "prompt": ""})
        elif request["run"] == "end#":
            say(last)
        elif request["run"] in ("exit", "quit"):
            say({**last, "leave": True})
        elif request["run"] == "wrong word":
            say({**last, "status": "refused", "error": "no such word", "column": 7})
        elif request["run"] == "mistyped open-sesame":
            say({**last, "status": "refused", "error": "no such word: open-sesame", "forget": True})
        elif request["run"] == "key open-sesame":
            say({**last, "forget": True})
        elif request["run"] in ("sure", "password") and "answer" not in request and request.get("interactive"):
            say({**last, "status": "refused", "error": "Go on?", "question": "Go on?",
                 "secret": request["run"] == "password"})
        elif request["run"] in ("sure", "password"):
            say({"id": number, "text": f"answered {request.get('answer')}\n"})
            say(last)
        else:
            say({**last, "status": "refused", "error": "no such command"})
        return True


def ctl(root, *options, text=""):
    done = subprocess.run([CYGCTL, "--root", root, *options], input=text, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def quiet(root):
    """For sanitized builds: libedit does not free the names of the functions that are added to it."""
    name = os.path.join(root, "leaks")
    with open(name, "w", encoding="utf-8") as suppressions:
        suppressions.write("leak:libedit\n")
    options = {"LSAN_OPTIONS": f"print_suppressions=0:suppressions={name}", "ASAN_OPTIONS": "fast_unwind_on_malloc=0"}
    return {key: f"{os.environ.get(key, '')}:{value}" for key, value in options.items()}


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    def __init__(self, root, *options, size=(0, 0)):
        self.unread = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)  # whoever runs the tests may have them ignored (nohup)
            resize(0, *size)
            os.execve(CYGCTL, [CYGCTL, "--root", root, *options],
                      dict(os.environ, HOME=root, TERM="xterm", LC_ALL="C.UTF-8", **quiet(root)))

    def until(self, text, seconds=120):
        """What came until `text` did, with it; the rest waits for the next call."""
        end = time.time() + seconds
        while text not in self.unread and time.time() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.unread += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    break
        assert text in self.unread, f"no {text!r} in {self.unread!r}"
        seen, _, self.unread = self.unread.partition(text)
        return seen + text

    def run(self, line, text, prompt="gw1>"):
        """Types a line; what came until `text`. The next prompt has come then."""
        self.type(line + "\n")
        seen = self.until(text)
        self.until(prompt)
        return seen

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """Reads the rest, as a terminal that nobody reads may hold a process back; its exit status."""
        end, open_ = time.time() + 120, True
        while time.time() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if not open_:
                time.sleep(0.02)
            elif select.select([self.fd], [], [], 0.05)[0]:
                try:
                    os.read(self.fd, 65536)
                except OSError:  # hung up: it is about to end
                    open_ = False
        raise AssertionError("the shell does not end")


def run_all(tests):
    """Each with a root and a daemon of its own. 1: one fails."""
    failed = 0
    for test in tests:
        root = tempfile.mkdtemp(prefix="cygctl-test-")
        os.makedirs(os.path.join(root, "run/cygnet"))
        daemon = Daemon(root)
        try:
            test(root, daemon)
            print(f"ok     {test.__name__}")
        except AssertionError as error:
            print(f"FAILED {test.__name__}: {error}")
            failed += 1
        finally:
            daemon.listener.close()
            shutil.rmtree(root)
    return 1 if failed else 0
