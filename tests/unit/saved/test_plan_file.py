# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The file of a saved plan: written atomically, read back, rejected if it is not a plan, and never containing a secret."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.drift import refusal
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.gather import gather
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.plan_file import (
    NotAPlan,
    as_text,
    make_book,
    part_of,
    read_plan_file,
    unknown_hosts,
)
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.shape import misshapen
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.values import fingerprint
from ansible_collections.mainstay.aws.plugins.module_utils.summary.files import write_atomically

from .samples import CONSENT, DESIRED, IDENTITY, KINDS, OBSERVED, context, described, saved, seen

AT = "2026-01-31T12:00:00Z"
CANARIES = ("canary-role-secret", "hunter2", "7", "canary-no-log")
"""Values that must not be in a file: long and short, as a value of the role "secret" and as the value of an option with no_log."""


def other() -> dict[str, Any]:
    return {**saved(), "host": "second", "component": "second"}


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_book_comes_back_as_it_was(tmp_path: Path) -> None:
    plan_file = make_book([other(), saved()], AT)
    assert [part["host"] for part in plan_file["components"]] == ["network", "second"]
    assert read_plan_file(write(tmp_path / "a.plan", as_text(plan_file))) == plan_file


def test_the_file_has_a_line_for_each_resource() -> None:
    lines = as_text(make_book([saved()], AT)).splitlines()
    assert sum('"kind":"house"' in line for line in lines) == len(DESIRED) + len(OBSERVED) + len(saved()["actions"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not a saved plan: it is not JSON"),
        ("\x00\xff", "is not a saved plan: it is not JSON"),
        ("[1]", "is not a saved plan; make one with"),
        ('{"schema_version": 1}', "is not a saved plan; make one with"),
        ('{"mainstay_plan": 2}', "has format 2 of saved plans, and this release of the collection reads format 1"),
        ('{"mainstay_plan": 1}', "has been edited or damaged since it was made: it does not match the fingerprint recorded at its top"),
        (
            as_text(make_book([saved()], AT)).replace('"size":2', '"size":9'),
            "has been edited or damaged since it was made: desired of network does not match the recorded fingerprint",
        ),
        (
            as_text(make_book([saved()], AT)).replace('"state":"ready"', '"state":"failed"'),
            "has been edited or damaged since it was made: observed of network does not match the recorded fingerprint",
        ),
        (
            as_text(make_book([saved()], AT)).replace('"account_id":"123456789012"', '"account_id":"210987654321"'),
            "has been edited or damaged since it was made: it does not match the fingerprint recorded at its top",
        ),
    ],
)
def test_what_is_no_plan_or_was_edited_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(NotAPlan, match=r"the\.plan") as caught:
        read_plan_file(write(tmp_path / "the.plan", text))
    assert expected in str(caught.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(NotAPlan, match=r"/nowhere/x\.plan cannot be read: No such file or directory"):
        read_plan_file("/nowhere/x.plan")


def test_the_part_of_a_component_and_the_lack_of_it() -> None:
    plan_file = make_book([saved(), other()], AT)
    assert part_of(plan_file, "x.plan", IDENTITY)["host"] == "network"
    with pytest.raises(NotAPlan) as caught:
        part_of(plan_file, "x.plan", {**IDENTITY, "component": "third"})
    assert "x.plan has no plan for the component third of prod" in str(caught.value)
    assert "it was made for network (prod), second (prod)" in str(caught.value)


@pytest.mark.parametrize(
    ("hosts", "expected"), [([], []), (["network", "second", "third"], []), (["network"], ["second"]), (["x"], ["network", "second"])]
)
def test_hosts_that_the_inventory_does_not_have(hosts: list[str], expected: list[str]) -> None:
    assert unknown_hosts(make_book([saved(), other()], AT), hosts) == expected


def with_secrets() -> tuple[list[Resource], list[Observed]]:
    desired = described("house.new", password="canary-role-secret")
    desired = [
        *desired,
        Resource("house", "short", {"color": "red", "password": "7"}),
        Resource("house", "guess", {"password": "hunter2"}),
    ]
    desired += [Resource("house", "text", {"color": "red", "label": "key=canary-no-log;", "friends": ["canary-no-log"]})]
    observed = [
        *seen("house.kept", label="canary-no-log"),
        Observed("house", "house.leak", "id-l", {"password": "hunter2", "peer": "canary-no-log"}),
    ]
    return desired, observed


def test_no_secret_is_in_the_file_neither_plain_nor_as_a_hash() -> None:
    desired, observed = with_secrets()
    where = context(secrets={"canary-no-log"})
    part = saved(desired, observed, where=where)
    text = as_text(make_book([part], AT))
    for canary in CANARIES:
        assert canary not in text or canary == "7"
        for form in (canary, json.dumps(canary)):
            assert hashlib.sha256(form.encode()).hexdigest() not in text
    assert '"password":"(sensitive)"' in text
    short = next(one for one in part["desired"] if one["name"] == "short")
    assert short["properties"] == {"color": "red", "password": "(sensitive)"}


def test_another_secret_leaves_no_trace() -> None:
    """Two plans that differ only in their secrets produce the same file: nothing in it is derived from a secret."""
    desired, observed = with_secrets()
    changed = [
        Resource(one.kind, one.name, {**one.properties, **({"password": "another"} if "password" in one.properties else {})}, one.after)
        for one in desired
    ]
    assert saved(desired, observed) == saved(changed, observed)


def test_a_plan_with_secrets_can_be_applied() -> None:
    desired, observed = with_secrets()
    where = context(secrets={"canary-no-log"})
    assert refusal(saved(desired, observed, where=where), desired, observed, CONSENT, where, KINDS) == []


def leave(folder: Path, host: str, path: Path, part: dict[str, Any] | None) -> None:
    (folder / f"{host}.plan").write_text(json.dumps({"path": str(path), "host": host, "part": part}))


def test_parts_become_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "out" / "the.plan"
    leave(tmp_path, "network", path, saved())
    leave(tmp_path, "second", path, other())
    assert gather(tmp_path, (), AT) == [
        (f"Saved the plan of 2 components in {path}. To apply it: --extra-vars platform_plan={path}", False)
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_plan_file(str(path)) == make_book([saved(), other()], AT)
    assert [one.name for one in path.parent.iterdir()] == ["the.plan"]


@pytest.mark.parametrize(
    ("second", "failed", "interrupted", "expected"),
    [
        (None, (), False, "No plan was saved in PATH: there is no complete plan of second."),
        (other(), ("eks",), False, "No plan was saved in PATH: there is no complete plan of eks."),
        (None, ("eks", "second"), False, "No plan was saved in PATH: there is no complete plan of eks, second."),
        (other(), (), True, "No plan was saved in PATH: the run was interrupted."),
    ],
)
def test_an_incomplete_plan_is_not_written(
    tmp_path: Path, second: dict[str, Any] | None, failed: tuple[str, ...], interrupted: bool, expected: str
) -> None:
    path = tmp_path / "file"
    leave(tmp_path, "network", path, saved())
    leave(tmp_path, "second", path, second)
    assert gather(tmp_path, failed, AT, interrupted) == [(expected.replace("PATH", str(path)), True)]
    assert not path.exists()
    path.write_text("older")
    assert gather(tmp_path, failed, AT, interrupted)[0][0].endswith("The file of that name is from an earlier run.")
    assert path.read_text() == "older"


def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    leave(tmp_path, "network", tmp_path / "file" / "x", saved())
    ((text, wrong),) = gather(tmp_path, (), AT)
    assert (text.partition(": ")[0], wrong) == (f"The plan could not be saved in {tmp_path}/file/x", True)


def test_a_run_that_saves_nothing_writes_nothing(tmp_path: Path) -> None:
    assert gather(tmp_path, (), AT) == []


def sealed(**changes: Any) -> str:
    """A hand-written plan with matching fingerprints."""
    made = {**make_book([saved()], AT), **changes}
    rest = {name: value for name, value in made.items() if name != "fingerprint"}
    return json.dumps({**rest, "fingerprint": fingerprint(rest)})


def changed(section: str, value: Any) -> str:
    return sealed(components=[{**saved(), section: value}])


def nested(depth: int) -> Any:
    value: Any = "x"
    for _number in range(depth):
        value = {"a": value}
    return value


MALFORMED = {
    "components are no list": sealed(components={"a": 1}),
    "a component is no mapping": sealed(components=["network"]),
    "a component has nothing": sealed(components=[{}]),
    "no time": sealed(made_at=None),
    "the format is true": sealed(mainstay_plan=True),
    "a host is no text": changed("host", ["network"]),
    "no target": changed("target", None),
    "no account": changed("target", {"region": "r", "partition": "aws", "endpoint": None}),
    "consent is a list": changed("consent", []),
    "a pattern is a number": changed("consent", {"allow_replace": [1], "purge": []}),
    "desired is a mapping": changed("desired", {}),
    "a resource without a kind": changed("desired", [{"name": "x", "properties": {}, "after": []}]),
    "properties are a list": changed("desired", [{"kind": "house", "name": "x", "properties": [], "after": []}]),
    "a reference that is none": changed(
        "desired", [{"kind": "house", "name": "x", "properties": {"a": {"$ref": "b", "x": 1}}, "after": []}]
    ),
    "a key that is no reference": changed("desired", [{"kind": "house", "name": "x", "properties": {"$ref:no": 1}, "after": []}]),
    "an observed one without an id": changed("observed", [{"kind": "house", "address": "house.x", "state": "ready"}]),
    "an action that is a text": changed("actions", ["create house.x"]),
    "changes are missing": changed("actions", [{"address": "house.x"}]),
    "unchanged is a text": changed("unchanged", "many"),
    "no fingerprints": changed("fingerprints", None),
    "too deep for JSON": "[" * 100_000,
    "nested deeply": sealed(components=[{**saved(), "observed": nested(400)}]),
    "a text": '"mainstay_plan"',
    "null": "null",
    "numbers": '{"mainstay_plan": 1e999}',
    "half a file": as_text(make_book([saved()], AT))[:-40],
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_plan_gives_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAPlan) as caught:
        read_plan_file(write(tmp_path / "the.plan", MALFORMED[name]))
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).startswith(f"{tmp_path}/the.plan ")
    assert len(str(caught.value)) < 300


def test_a_plan_of_ours_has_its_shape() -> None:
    assert misshapen(json.loads(as_text(make_book([saved(), other()], AT)))) == ""


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(NotAPlan, match="is not a saved plan: it is no file"):
            read_plan_file(str(path))


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_files_are_for_their_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(str(tmp_path / "a" / "plan.json"), "{}")
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "plan.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a").stat().st_mode & 0o022 == 0, "no other user can replace the file"


def test_a_symbolic_link_is_neither_followed_nor_replaced(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    for target in ("theirs", "nothing"):
        link = tmp_path / f"to-{target}"
        link.symlink_to(tmp_path / target)
        with pytest.raises(OSError, match="it is a symbolic link; name the file itself"):
            write_atomically(str(link), "ours")
        assert link.is_symlink()
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / "nothing").exists()
