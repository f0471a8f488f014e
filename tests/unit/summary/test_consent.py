# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The command that allows what a plan holds back: its content, and correct parsing by shells."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.summary.consent import LONGEST, offer
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_data
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import Action, Component, Report, Target
from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render
from ansible_collections.mainstay.aws.plugins.module_utils.summary.started import FULL, OF_A_PLAN, PART, STARTED_BY, Started, started_here
from scripts.terminal import announce

VALUE = '{"platform_purge": ["network:vpc.main"]}'
OPTION = f"--extra-vars '{VALUE}'"
PLAYBOOK = "ansible-playbook"


def delete(address: str, consent: bool = False, outcome: str = "planned", asks_for: str = "purge") -> Action:
    return Action(address, address.partition(".")[0], "delete", consent=consent, asks_for=asks_for, outcome=outcome)


def report(*actions: Action, started: Started | None = None, **others: list[Action]) -> Report:
    components = {"network": list(actions), **others}
    return Report(
        tuple(Component(name, name, Target(), True, tuple(found)) for name, found in components.items()),
        started=started or Started(PLAYBOOK, ("site.yml", "-i", "inventories/prod", "--check", "--diff")),
    )


@pytest.mark.parametrize(
    ("arguments", "lead", "text"),
    [
        ("site.yml -i x --check --diff", FULL, f"site.yml -i x {OPTION}"),
        ("site.yml -CD", FULL, f"site.yml {OPTION}"),
        ("-vvCD site.yml", FULL, f"-vv site.yml {OPTION}"),
        ("--chec --dif site.yml --limit 'a b'", FULL, f"site.yml --limit 'a b' {OPTION}"),
        ("site.yml -e @secrets.yml -C", FULL, f"site.yml -e @secrets.yml {OPTION}"),
        ("site.yml -C -e platform_lock_wait=60 -e destroy=dev", FULL, f"site.yml -e platform_lock_wait=60 -e destroy=dev {OPTION}"),
        ('site.yml --extra-vars \'{"platform_purge": ["a.b"]}\' -C', FULL, f"site.yml {OPTION}"),
        ("site.yml --extra-vars=platform_purge=a.b --check", FULL, f"site.yml {OPTION}"),
        ("site.yml --check -e platform_plan_out=x.plan", FULL, f"site.yml --check -e platform_plan_out=x.plan {OPTION}"),
        ("site.yml -e platform_plan=x.plan", OF_A_PLAN, OPTION),
        ("site.yml -C -e password=hunter2", PART, OPTION),
        ("site.yml -vCe password=hunter2", PART, OPTION),
        ('site.yml -C -e \'{"password": "hunter2"}\'', PART, OPTION),
        ("site.yml -C -e '{password: hunter2}'", PART, OPTION),
        ("site.yml -C --extra password=hunter2", PART, OPTION),
        ("site.yml -Ci inventories/prod", PART, OPTION),
    ],
)
def test_the_command_of_a_playbook(arguments: str, lead: str, text: str) -> None:
    found = offer(report(delete("vpc.main"), started=Started(PLAYBOOK, tuple(shlex.split(arguments)))))
    assert found is not None
    assert (found.lead, found.text) == (lead, f"{PLAYBOOK} {text}" if lead == FULL else text)


def test_a_run_with_an_unknown_command() -> None:
    found = offer(report(delete("vpc.main"), started=Started()))
    assert found is not None
    assert (found.lead, found.text) == (OF_A_PLAN, OPTION)


@pytest.mark.parametrize(
    ("held", "consent", "unwritable"),
    [
        ([delete("vpc.main"), delete("vpc.side")], {"platform_purge": ["network:vpc.main", "network:vpc.side"]}, 0),
        ([delete("vpc.main"), delete("vpc.main")], {"platform_purge": ["network:vpc.main"]}, 0),
        (
            [delete("vpc.main"), delete("vpc.a", asks_for="allow_replace")],
            {"platform_allow_replace": ["network:vpc.a"], "platform_purge": ["network:vpc.main"]},
            0,
        ),
        ([delete("vpc.main"), delete("vpc.had", consent=True)], {"platform_purge": ["network:vpc.main", "network:vpc.had"]}, 0),
        ([delete("vpc.main"), delete("vpc.done", consent=True, outcome="done")], {"platform_purge": ["network:vpc.main"]}, 0),
        ([delete("vpc.main"), delete("vpc.unasked", consent=True, asks_for="")], {"platform_purge": ["network:vpc.main"]}, 0),
        (
            [delete("kubernetes_object.main/ClusterRole/system:x")],
            {"platform_purge": ["network:kubernetes_object.main/ClusterRole/system:x"]},
            0,
        ),
        ([delete("vpc.main"), delete("vpc.it's")], {"platform_purge": ["network:vpc.main"]}, 1),
    ],
)
def test_what_is_allowed(held: list[Action], consent: dict[str, list[str]], unwritable: int) -> None:
    found = offer(report(*held))
    assert found is not None
    assert (found.consent, found.unwritable) == (consent, unwritable)


STRANGE = [
    *("it's", 'a"b', "a b", "$(reboot)", "`reboot`", "a;b", "a\\b", "a\nb", "{{ 1 }}", "a*", "a?", "[a]", "#a", "!a", "a&b", "a|b"),
    *("\N{LATIN SMALL LETTER A WITH DIAERESIS}", ""),
]


@pytest.mark.parametrize("name", STRANGE)
def test_an_address_with_strange_characters_gets_no_command(name: str) -> None:
    one = report(delete(f"vpc.{name}"))
    found = offer(one)
    assert found is not None
    assert (found.text, found.consent, found.unwritable) == ("", {}, 1)
    assert "a pattern with ? in place of each such character" in "\n".join(line.text for line in render(one, 200))


def test_nothing_held_back_nothing_to_allow() -> None:
    assert offer(report(delete("vpc.main", consent=True))) is None
    assert as_data(report(delete("vpc.main", consent=True)))["consent"] is None


def test_too_much_for_a_command_is_said() -> None:
    one = report(*(delete(f"vpc.{'x' * 100}{number}") for number in range(LONGEST // 100)))
    found = offer(one)
    assert found is not None
    assert found.text == ""
    assert "too much is held back for one command" in "\n".join(line.text for line in render(one, 80))


def test_components_are_allowed_together() -> None:
    found = offer(report(delete("vpc.main"), cluster=[delete("eks_cluster.main")]))
    assert found is not None
    assert found.consent == {"platform_purge": ["network:vpc.main", "cluster:eks_cluster.main"]}


ARGUMENTS = ("--limit", "a b", "--start-at-task", 'it\'s $HOME "quoted" `x` $$')
EVERY = "network:vpc.a:b/c@d+e=f,g~h%i^j-k"


def printed(command: str, folder: Path) -> list[str]:
    """The arguments that a program gets when a person pastes the command."""
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_shell_hands_the_words_on_as_they_were(tmp_path: Path) -> None:
    program = tmp_path / "ansible-playbook"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    found = offer(report(delete(EVERY.partition(":")[2]), started=Started(str(program), ("site.yml", *ARGUMENTS, "--check"))))
    assert found is not None
    assert printed(found.text, tmp_path) == ["site.yml", *ARGUMENTS, "--extra-vars", json.dumps({"platform_purge": [EVERY]})]


def test_make_and_its_shell_hand_the_words_on_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("plan:\n\t@printf '%s\\n' $(ENV) $(REHEARSAL) $(ARGS)\n")
    reported = announce(["make", "plan", "ENV=prod", "REHEARSAL=1"], ARGUMENTS)
    found = offer(report(delete(EVERY.partition(":")[2]), started=started_here(["/x/ansible-playbook", "--check"], reported)))
    assert found is not None
    assert found.lead == FULL
    assert printed(found.text, tmp_path) == ["prod", "1", *ARGUMENTS, "--extra-vars", json.dumps({"platform_purge": [EVERY]})]


def test_how_this_process_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "ansible-playbook"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    argv = [str(program), "site.yml"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert started_here(argv, {}) == Started(str(program), ("site.yml",))
    monkeypatch.chdir(tmp_path)
    assert started_here(argv, {}).command == "bin/ansible-playbook"
    monkeypatch.setenv("PATH", str(program.parent) + os.pathsep + "/nowhere")
    assert started_here(argv, {}).command == "ansible-playbook"
    assert started_here(["/usr/bin/pytest"], {}) == Started()
    assert started_here(argv, {STARTED_BY: "broken"}).command == "ansible-playbook"
