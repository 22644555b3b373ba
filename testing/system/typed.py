#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types a transcript into a live cygctl, and looks whether it answers as it stands there.

typed.py TRANSCRIPT VERBS CYGCTL [ARGUMENT...]

A transcript is to be read from top to bottom:

    # words for the reader
    gw1(config)# crypto ikev2 keyring K      at this prompt (it must be there), this is typed, and Enter
    gw1(config)# crypto ?                    what ends with ? has no Enter behind it
    gw1# sho<Tab> ver<Tab>                   <Tab> <Up> <Ctrl-X>; <Held>: nothing more, the line stays as it is
    Go on? [no] y                            an answer to that question (`New key: ...` is one, too)
        | text                               is in the answer, behind the texts before it
        ^ word                               a caret is below that word of what was typed; with no word, behind its end
        - text                               is not in the answer, below what was typed
    $ the client pings 10.10.0.10            runs VERBS with these words; it must succeed. $CYGCTL_PID is the shell's

Blanks in a text stand for one or more. What `?` leaves on the line is taken away before the next line is typed.
"""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

PATIENCE = float(os.environ.get("TYPED_SECONDS", "60"))
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][A-Z0-9]?|\x07")
PROMPT = re.compile(r"^(\S+?[#>]) ?(.*)$")
QUESTION = re.compile(r"^(.*\[no\]|.*:) (.*)$")
KEYS = {"Tab": "\t", "Up": "\x1b[A", "Down": "\x1b[B", "Left": "\x1b[D", "Right": "\x1b[C", "Enter": "\n"}


def keys_of(text):
    """What is sent for a text, and whether Enter follows."""
    def key(match):
        name = match.group(1)
        if name == "Held":
            return ""
        if name.startswith("Ctrl-"):
            return chr(ord(name[5].upper()) & 0x1F)
        return KEYS[name]

    return re.sub(r"<(Tab|Up|Down|Left|Right|Enter|Held|Ctrl-.)>", key, text)


def loose(text):
    return r"\s+".join(re.escape(word) for word in text.split())


class Failed(Exception):
    pass


class Shell:
    def __init__(self, arguments):
        self.unread = "\n"
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(arguments[0], arguments, dict(os.environ, TERM="xterm"))
        # Wide, and of no height: answers come whole, without --More--.
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 250, 0, 0))

    def send(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """An end of file on an empty line; the exit status."""
        self.send("\x15\x04")
        try:
            self.until(r"(?!)")
        except Failed:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def until(self, pattern):
        """What came until the pattern did, with it; the rest is for the next one."""
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.unread)
            if found:
                seen, self.unread = self.unread[:found.end()], self.unread[found.end():]
                return seen
            if time.monotonic() > end:
                raise Failed(f"this did not come: {pattern}\nbut this: {self.unread}")
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    part = os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    raise Failed(f"cygctl has ended; the last it said: {self.unread}") from None
                self.unread = ESCAPES.sub("", self.unread + part).replace("\r", "")


def entries(path):
    """(number, kind, words before, text)"""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            bare = line.strip()
            if not bare or bare.startswith("#"):
                continue
            if line[0].isspace():
                yield number, bare[0], "", bare[1:].strip()
            elif bare[0] == "$":
                yield number, bare[0], "", bare[1:].strip()
            elif PROMPT.match(bare):
                yield number, "#", *PROMPT.match(bare).groups()
            elif QUESTION.match(bare):
                yield number, ":", *QUESTION.match(bare).groups()
            else:
                raise Failed(f"line {number} is none of a transcript: {line}")


class Walk:
    def __init__(self, path, verbs, arguments):
        self.steps = list(entries(path))
        self.verbs = verbs
        self.shell = Shell(arguments)
        self.answer = ""   # to what was typed last
        self.begin = 0     # of what has not been looked at
        self.typed = ("", "")
        self.line_is_there = False

    def next_stop(self, at):
        """What comes when the answer to the step `at` is over."""
        for _, kind, before, text in self.steps[at + 1:]:
            if kind == "#":
                return r"\n" + re.escape(before)
            if kind == ":":
                return loose(before)
        return r"\n\S+[#>]"

    def type(self, at, kind, before, text):
        sent = keys_of(text)
        stays = text.endswith("?") or text.endswith("<Held>")
        if self.line_is_there:
            sent = "\x15" + sent
        self.line_is_there = stays
        self.typed = (before, sent)
        self.begin = 0
        self.shell.send(sent if stays else sent + "\n")
        if text.endswith("?"):
            # The line stands there again, without its question mark.
            self.answer = self.shell.until(r"\?\n")
            self.answer += self.shell.until(re.escape(before + text[:-1].split("<")[0].rstrip()))
            return
        self.answer = "" if stays else self.shell.until(self.next_stop(at))

    def caret(self, word):
        before, sent = self.typed
        column = len(before) + (sent.index(word) if word else len(sent))
        if not re.search(rf"(?:^|\n) {{{column}}}\^\n", self.answer):
            raise Failed(f"no caret in column {column}: {self.answer}")

    def step(self, at):
        number, kind, before, text = self.steps[at]
        if kind in "#:":
            self.type(at, kind, before, text)
        elif kind == "|":
            found = re.search(loose(text), self.answer[self.begin:])
            if not found:
                raise Failed(f"not there: {text}\nbut: {self.answer[self.begin:]}")
            self.begin += found.end()
        elif kind == "-":
            if re.search(loose(text), self.answer.partition("\n")[2]):
                raise Failed(f"there, but should not be: {text}\nin: {self.answer}")
        elif kind == "^":
            self.caret(text)
        elif kind == "$":
            environment = dict(os.environ, CYGCTL_PID=str(self.shell.pid))
            done = subprocess.run([self.verbs, *text.split()], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Failed(f"it is not so: {text}\n{done.stdout}{done.stderr}")
        else:
            raise Failed(f"what is `{kind}`?")

    def run(self):
        self.shell.until(self.next_stop(-1))
        for at in range(len(self.steps)):
            try:
                self.step(at)
            except Failed as failed:
                raise Failed(f"line {self.steps[at][0]}: {failed}") from None
        status = self.shell.end()
        if status:
            raise Failed(f"cygctl ends with {status}")
        return len(self.steps)


def main():
    path, verbs, *arguments = sys.argv[1:]
    try:
        print(f"{os.path.basename(path)}: {Walk(path, verbs, arguments).run()} steps")
    except Failed as failed:
        sys.exit(f"{path}: {failed}")


main()
