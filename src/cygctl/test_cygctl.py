#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cygctl against a played daemon: exit status, text, JSON, and the shell on a terminal of its own.

usage: test_cygctl.py CYGCTL
Prints one line a test; exits 1 if one fails. Each name is what must hold.
"""
import json
import os
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True

from played import CYGCTL, GREETING, ODD_ROWS, ODD_TEXTS, Terminal, ctl, line_of, run_all  # noqa: E402


def no_daemon_is_one_line_that_says_how_to_start(root, daemon):
    daemon.stop()
    code, out, err = ctl(root, "-c", "lines")
    assert code == 3 and out == "" and err.count("\n") == 1 and "cygnet start" in err, (code, out, err)


def usage_errors_have_a_status_of_their_own(root, daemon):
    assert ctl(root, "--nonsense")[0] == 2
    assert ctl(root, "show", "version")[0] == 2
    code, out, _ = ctl(root, "--help")
    assert code == 0 and "usage:" in out


def text_is_printed_as_it_comes(root, daemon):
    assert ctl(root, "-c", "lines") == (0, "one\ntwo\nthree\n", "")
    code, out, _ = ctl(root, "-c", "long")
    assert code == 0 and len(out) == 3000001


def failure_is_told_on_standard_error(root, daemon):
    assert ctl(root, "-c", "frob") == (1, "", "% no such command\n")


def commands_stop_at_the_first_that_fails(root, daemon):
    code, out, _ = ctl(root, "-c", "lines", "-c", "frob", "-c", "lines")
    assert code == 1 and out == "one\ntwo\nthree\n"
    code, out, _ = ctl(root, text="! a comment\n\n \t\n  indented\nfrob\nlines\n")
    assert code == 1 and out == "one\ntwo\nthree\n"
    assert ctl(root, text="lines\n")[0] == 0


def lines_of_a_text_are_sent_as_they_stand(root, daemon):
    assert ctl(root, text="text #\n ! a text\n\nend#\n\n! no text\n") == (0, "", "")
    assert [request["run"] for request in daemon.asked] == ["text #", " ! a text", "", "end#"], daemon.asked
    status, _, err = ctl(root, text="text #\n ! a text\n")
    assert status == 1 and "lacks its closing delimiter" in err, err


def a_text_is_typed_over_lines(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.type("text #\n ! a text\n\nso?  \n")
    terminal.run("end#", "end#")
    terminal.type("exit\n")
    assert terminal.end() == 0
    asked = [request.get("run", "?") for request in daemon.asked]
    assert asked == ["text #", " ! a text", "", "so?  ", "end#", "exit"], asked


def rows_become_one_document(root, daemon):
    code, out, _ = ctl(root, "--json", "-c", "rows")
    assert code == 0
    assert json.loads(out) == {"command": "rows", "rows": [{"n": 1}, {"n": "zwei \u00fc"}, {"n": 3}], "status": "ok"}
    assert json.loads(ctl(root, "--json", "-c", "none")[1])["rows"] == []
    assert json.loads(ctl(root, "-c", "rows | json")[1])["rows"][2] == {"n": 3}


def rows_are_printed_whatever_stands_in_them(root, daemon):
    code, out, _ = ctl(root, "--json", "-c", "odd")
    assert code == 0 and json.loads(out)["rows"] == ODD_ROWS + ODD_ROWS[:1], out
    # One a line, as they came.
    assert out.splitlines()[1:-1] == ["  " + json.dumps(row) + "," for row in ODD_ROWS] + ["  " + json.dumps(ODD_ROWS[0])]


def text_is_printed_whatever_stands_in_it(root, daemon):
    assert ctl(root, "-c", "compact") == (0, "".join(ODD_TEXTS) + "other form\nmore\n", "")


def message_that_is_none_ends_the_connection(root, daemon):
    code, out, err = ctl(root, "-c", "torn-text")
    assert code == 3 and out == "whole\n" and "broke" in err, (code, out, err)
    code, out, err = ctl(root, "--json", "-c", "torn")
    assert code == 3 and json.loads(out)["rows"] == [] and "broke" in err, (code, out, err)


def failure_is_a_document_too(root, daemon):
    code, out, _ = ctl(root, "--json", "-c", "frob")
    assert code == 1 and json.loads(out)["error"] == "no such command"
    code, out, err = ctl(root, "--json", "-c", "half")
    document = json.loads(out)
    assert code == 3 and document["rows"] == [{"n": 1}] and document["status"] != "ok" and "broke" in err


def daemon_that_turns_away_is_told(root, daemon):
    daemon.greeting = {"error": "you may not", "status": "refused", "done": True}
    code, _, err = ctl(root, "-c", "lines")
    assert code == 3 and "you may not" in err
    daemon.greeting = dict(GREETING, protocol=99)
    code, _, err = ctl(root, "-c", "lines")
    assert code == 3 and "one version" in err
    daemon.greeting = None
    assert ctl(root, "-c", "lines")[0] == 3


def shell_runs_commands_and_keeps_their_history(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    assert "one\r\ntwo\r\nthree" in terminal.run("lines", "three")
    terminal.run("frob", "% no such command")
    terminal.run("rename", "rename", prompt="gw2>")
    terminal.type("exit\n")
    assert terminal.end() == 0
    name = os.path.join(root, ".cygctl_history")
    with open(name, encoding="utf-8") as history:
        assert "lines" in history.read()
    assert os.stat(name).st_mode & 0o777 == 0o600
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.run("\x1b[A\x1b[A\x1b[A\x1b[A", "one\r\ntwo")  # four up: the first one of the run before
    terminal.type("\x04")
    assert terminal.end() == 0


def tab_completes_by_asking(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.type("sho\t")
    terminal.until("w ")
    terminal.type("v\t")
    terminal.until("vlan")
    terminal.until("gw1>")
    terminal.run("\x15lines", "three")
    assert {"complete": "show v", "id": 2} in daemon.asked, daemon.asked
    terminal.type("quit\n")
    assert terminal.end() == 0


def a_shell_is_told_the_words_and_no_failures(root, daemon):
    assert ctl(root, "--complete", "show v") == (0, "version\nvlan\nversion2\n", "")
    assert ctl(root, "--complete", "nothing") == (0, "", "")
    daemon.stop()
    assert ctl(root, "--complete", "show v") == (3, "", "")


def question_mark_explains(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.type("show ?")
    terminal.until("Version of the daemon")
    terminal.until("gw1>show ")  # the line is there again
    terminal.type("\x15bogus ?")
    terminal.until("% no command begins like this")
    terminal.until("gw1>bogus ")
    terminal.type("\x15exit\n")
    assert terminal.end() == 0


def shell_finds_a_daemon_that_came_back(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.run("half", "broke")
    terminal.run("lines", "three")
    terminal.type("exit\n")
    assert terminal.end() == 0
    with open(os.path.join(root, ".cygctl_history"), encoding="utf-8") as history:
        text = history.read()
    assert "lines" in text and "half" not in text, text  # nobody has said whether it had a secret


def log_lines_come_between_answers(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.run("terminal monitor", "12:34:56.789 warning ike.failed: one")
    terminal.type("lin")  # the line under work comes back behind a log line
    terminal.until("lin")
    for stream in daemon.streams:
        stream({"log": line_of("notice", "ike.up", "gw")})
    terminal.until("12:34:56.789 notice ike.up: gw")
    terminal.until("gw1>lin")
    terminal.run("es", "three")
    seen = terminal.run("busy", "debug.packet: three")
    assert "notice ike.up: two" in seen and "between" in seen, seen
    terminal.type("exit\n")
    assert terminal.end() == 0


def follow_shows_log_lines_until_it_is_interrupted(root, daemon):
    with subprocess.Popen([CYGCTL, "--root", root, "--json", "--follow", "-c", "none"], stdout=subprocess.PIPE,
                          text=True) as follower:
        lines = iter(follower.stdout.readline, "")
        line = next(found for found in lines if "ike.failed" in found)
        assert json.loads(line)["message"] == "one"
        follower.send_signal(signal.SIGINT)
        try:
            code = follower.wait(60)
        except subprocess.TimeoutExpired:
            code = "none: it goes on"
            follower.kill()
        assert code == 0, code
    # Without --follow they are nobody's.
    code, out, _ = ctl(root, "-c", "busy")
    assert code == 0 and out == "between\n"


def wrong_word_is_pointed_at(root, daemon):
    status, _, errors = ctl(root, "-c", "wrong word")
    assert status == 1 and errors == "wrong word\n      ^\n% no such word\n", errors
    terminal = Terminal(root)
    terminal.until("gw1>")
    seen = terminal.run("wrong word", "% no such word")
    assert "\r\n          ^\r\n" in seen, repr(seen)
    terminal.type("exit\n")
    assert terminal.end() == 0


def questions_are_asked_of_people_only(root, daemon):
    status, text, _ = ctl(root, "-c", "sure")
    assert status == 0 and text == "answered None\n", text
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.type("sure\n")
    terminal.until("Go on?")
    terminal.run("yes", "answered yes")
    terminal.type("password\n")
    terminal.until("Go on?")
    seen = terminal.run("open-sesame", "answered open-sesame")
    assert seen.count("open-sesame") == 1, repr(seen)
    terminal.type("exit\n")
    assert terminal.end() == 0


def lines_with_secrets_are_not_remembered(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.run("key open-sesame", "sesame")
    terminal.run("lines", "three")
    terminal.type("exit\n")
    assert terminal.end() == 0
    with open(os.path.join(root, ".cygctl_history"), encoding="utf-8") as history:
        text = history.read()
    assert "lines" in text and "sesame" not in text, text


def memory_of(pid):
    """What is writable of it, or None: it may not be looked at, or sanitizers keep what is freed."""
    found = b""
    try:
        with open(f"/proc/{pid}/exe", "rb") as program:
            if re.search(b"__[atm]san_init", program.read()):
                return None
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
            for line in maps:
                first, last = (int(word, 16) for word in line.split()[0].split("-"))
                if line.split()[1].startswith("rw") and last - first < 1 << 28:
                    memory.seek(first)
                    found += memory.read(last - first)
    except OSError:
        return None
    return found


def an_answer_that_quotes_a_secret_does_not_stay_in_memory(root, daemon):
    terminal = Terminal(root)
    terminal.until("gw1>")
    terminal.run("mistyped open-sesame", "word: open-sesame")
    memory = memory_of(terminal.pid)
    assert memory is None or b"gw1>" in memory
    assert memory is None or b"open-sesame" not in memory
    terminal.type("exit\n")
    assert terminal.end() == 0


TESTS = [
    wrong_word_is_pointed_at, questions_are_asked_of_people_only, lines_with_secrets_are_not_remembered,
    an_answer_that_quotes_a_secret_does_not_stay_in_memory,
    no_daemon_is_one_line_that_says_how_to_start, usage_errors_have_a_status_of_their_own,
    text_is_printed_as_it_comes, failure_is_told_on_standard_error, commands_stop_at_the_first_that_fails,
    lines_of_a_text_are_sent_as_they_stand, a_text_is_typed_over_lines,
    rows_become_one_document, rows_are_printed_whatever_stands_in_them, text_is_printed_whatever_stands_in_it,
    message_that_is_none_ends_the_connection,
    failure_is_a_document_too, daemon_that_turns_away_is_told,
    shell_runs_commands_and_keeps_their_history, tab_completes_by_asking, a_shell_is_told_the_words_and_no_failures,
    question_mark_explains,
    shell_finds_a_daemon_that_came_back, log_lines_come_between_answers,
    follow_shows_log_lines_until_it_is_interrupted,
]


if __name__ == "__main__":
    sys.exit(run_all(TESTS))
