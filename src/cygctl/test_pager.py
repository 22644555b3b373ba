#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cygctl against a played daemon: a page of an answer at a time.

usage: test_pager.py CYGCTL, as test_cygctl.py.
"""
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True

from played import CYGCTL, Terminal, quiet, resize, run_all  # noqa: E402


MORE = " --More-- "


def numbers(text):
    return [int(found) for found in re.findall("<([0-9]+)>", text)]


def up_to(first, last):
    return list(range(first, last + 1))


def long_answer_stops_at_each_page(root, daemon):
    terminal = Terminal(root, size=(10, 80))
    terminal.until("gw1>")
    terminal.type("numbers 25\n")
    assert numbers(terminal.until(MORE)) == up_to(1, 9)
    terminal.type(" ")
    assert numbers(terminal.until(MORE)) == up_to(10, 18)
    terminal.type("\n")
    assert numbers(terminal.until(MORE)) == [19]
    terminal.type("x")  # no key of it: nothing but the prompt again
    assert numbers(terminal.until(MORE)) == []
    terminal.type("\r")
    assert numbers(terminal.until(MORE)) == [20]
    terminal.type(" ")
    assert numbers(terminal.until("gw1>")) == up_to(21, 25)
    # What fits with the prompt behind it does not stop; one line more does.
    seen = terminal.run("numbers 9", "<9>")
    assert MORE not in seen, repr(seen)
    terminal.type("numbers 10\n")
    assert numbers(terminal.until(MORE)) == up_to(1, 9)
    terminal.type(" ")
    assert numbers(terminal.until("gw1>")) == [10]
    terminal.type("exit\n")
    assert terminal.end() == 0


def only_a_page_is_read_and_the_rest_is_left_out_when_asked(root, daemon):
    terminal = Terminal(root, size=(10, 80))
    terminal.until("gw1>")
    for key in ("q", "\x03"):
        asked, daemon.made = len(daemon.asked), 0
        terminal.type("endless\n")
        assert "line 8\r\n" in terminal.until(MORE)
        terminal.type(" ")
        seen = terminal.until(MORE)
        assert "line 9\r\n" in seen and "line 18" not in seen, repr(seen)
        terminal.type(key)
        seen = terminal.until("gw1>")
        assert "line" not in seen and "%" not in seen, repr(seen)
        assert [request.get("cancel") for request in daemon.asked[asked:]] == [None, True], daemon.asked
        assert daemon.made < 2000, daemon.made  # what sockets hold: it was not read on
        terminal.run("lines", "three")
    assert len(daemon.streams) == 1  # the connection is the same: what was configured or enabled there still is
    # An answer that was all there.
    terminal.type("numbers 25\n")
    terminal.until(MORE)
    terminal.type("q")
    assert numbers(terminal.until("gw1>")) == []
    terminal.run("lines", "three")
    terminal.type("exit\n")
    assert terminal.end() == 0


def length_is_as_the_session_says(root, daemon):
    terminal = Terminal(root, size=(10, 80))
    terminal.until("gw1>")
    terminal.run("terminal length 0", "0")
    assert MORE not in terminal.run("numbers 300", "<300>")
    terminal.run("terminal length 4", "4")
    terminal.run("half", "broke")  # also with another connection
    terminal.type("numbers 5\n")
    assert numbers(terminal.until(MORE)) == up_to(1, 3)
    terminal.type(" ")
    terminal.until("gw1>")
    terminal.run("terminal no length", "length")
    terminal.type("numbers 11\n")
    assert numbers(terminal.until(MORE)) == up_to(1, 9)
    terminal.type("q")
    terminal.until("gw1>")
    terminal.type("exit\n")
    assert terminal.end() == 0


def wide_lines_count_as_the_rows_they_fill(root, daemon):
    terminal = Terminal(root, size=(6, 20))
    terminal.until("gw1>")
    terminal.type("wide\n")
    seen = terminal.until(MORE)  # rows: 3 of 50 columns, 1 empty, 1 of the first 20 of 60
    assert seen.count("\u00e4") == 50 and seen.count("b") == 20 and "\u00e4\r\n\r\nb" in seen, repr(seen)
    terminal.type(" ")
    seen = terminal.until("gw1>")
    assert seen.count("b") == 40 and "end" in seen, repr(seen)
    terminal.type("exit\n")
    assert terminal.end() == 0


def what_is_looked_for_is_gone_on_to(root, daemon):
    terminal = Terminal(root, size=(5, 80))
    terminal.until("gw1>")
    terminal.type("numbers 60\n")
    terminal.until(MORE)
    terminal.type("/<51\x7f2x\x7f>\n")
    assert numbers(terminal.until(MORE).partition("\n")[2]) == up_to(52, 55)
    terminal.type("/<7>\x03")  # given up: nothing is left out
    terminal.until(MORE)
    terminal.type("/\n")
    terminal.until(MORE)
    terminal.type("\n")
    assert numbers(terminal.until(MORE)) == [56]
    terminal.type("/<7>\n")
    seen = terminal.until("gw1>")
    assert "no line below has '<7>'" in seen and "<57>" not in seen, repr(seen)
    terminal.run("numbers 2", "<2>")
    terminal.type("exit\n")
    assert terminal.end() == 0


def pages_follow_the_size_of_the_terminal(root, daemon):
    terminal = Terminal(root, size=(10, 80))
    terminal.until("gw1>")
    terminal.type("numbers 30\n")
    terminal.until(MORE)
    resize(terminal.fd, 5, 80)
    terminal.until(MORE)  # again
    terminal.type(" ")
    assert numbers(terminal.until(MORE)) == up_to(10, 13)
    resize(terminal.fd, 2, 6)
    terminal.until(" --Mo")
    terminal.type(" ")
    seen = terminal.until(" --Mo")
    assert numbers(seen) == [14], repr(seen)
    resize(terminal.fd, 1, 1)
    terminal.until("\r")
    terminal.type("q")
    terminal.until("gw1>")
    terminal.type("exit\n")
    assert terminal.end() == 0


def only_who_sits_at_a_terminal_and_reads_text_has_pages(root, daemon):
    # A command that was given with -c, often by a program, ends without anybody.
    for options in ([], ["--json"], ["--follow"]):
        terminal = Terminal(root, *options, "-c", "numbers 40", "-c", "rows", size=(3, 80))
        seen = terminal.until("ike.failed" if options == ["--follow"] else "]")
        assert MORE not in seen, repr(seen)
        os.kill(terminal.pid, signal.SIGINT)
        terminal.end()
    terminal = Terminal(root, size=(5, 80))
    terminal.until("gw1>")
    assert MORE not in terminal.run("rows | json", "]")
    assert MORE not in terminal.run("many logs", "log 39")
    terminal.type("exit\n")
    assert terminal.end() == 0
    # Output that is no terminal.
    there, here = pty.openpty()
    shell = subprocess.Popen([CYGCTL, "--root", root], stdin=here, stdout=subprocess.PIPE, start_new_session=True,
                             env=dict(os.environ, HOME=root, TERM="xterm", **quiet(root)))
    os.write(there, b"numbers 40\nexit\n")
    seen = shell.communicate(timeout=60)[0].decode()
    assert shell.returncode == 0 and numbers(seen) == up_to(1, 40), (shell.returncode, seen)
    os.close(here)
    os.close(there)


def local_modes(fd):
    return termios.tcgetattr(fd)[3]


def terminal_is_as_it_was_whatever_ends_a_page(root, daemon):
    typed = termios.ICANON | termios.ECHO | termios.ISIG
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, None):
        terminal = Terminal(root, size=(5, 80))
        terminal.until("gw1>")
        terminal.type("numbers 40\n")
        terminal.until(MORE)
        assert local_modes(terminal.fd) & typed == 0
        if number:
            os.kill(terminal.pid, number)
        else:
            terminal.type("q")
        if number in (signal.SIGINT, None):  # the answer ends, the shell does not
            terminal.until("gw1>")
            terminal.type("exit\n")
            number = None
        assert terminal.end() == (-number if number else 0), number
        assert local_modes(terminal.fd) & typed == typed, number


def daemon_hears_that_somebody_reads(root, daemon):
    """Whether they sit there, or type what is no key and brings no more of the answer."""
    still, busy = (Terminal(root, size=(5, 80)) for _ in range(2))
    for terminal in (still, busy):
        terminal.until("gw1>")
        terminal.type("numbers 40\n")
        terminal.until(MORE)
    end = time.time() + 120
    # On a busy machine one may say it again before the other has said it at all.
    while not all(len(asked) > 1 for asked in daemon.clients) and time.time() < end:
        busy.type("x")
        busy.until(MORE)
        time.sleep(0.05)
    for first, *more in daemon.clients:
        assert first["run"] == "numbers 40" and more, daemon.clients
        assert all(request == {"id": first["id"], "wait": True} for request in more), daemon.clients
    assert len(daemon.clients) == 2, daemon.clients
    for terminal in (still, busy):
        terminal.type("q")
        terminal.until("gw1>")
        terminal.type("exit\n")
        assert terminal.end() == 0


TESTS = [
    long_answer_stops_at_each_page, only_a_page_is_read_and_the_rest_is_left_out_when_asked,
    length_is_as_the_session_says, wide_lines_count_as_the_rows_they_fill, what_is_looked_for_is_gone_on_to,
    pages_follow_the_size_of_the_terminal, only_who_sits_at_a_terminal_and_reads_text_has_pages,
    terminal_is_as_it_was_whatever_ends_a_page, daemon_hears_that_somebody_reads,
]


if __name__ == "__main__":
    sys.exit(run_all(TESTS))
