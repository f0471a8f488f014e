# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets with generated passwords: what is stored, when it is replaced, and that no value appears anywhere else."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_dict
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.secret import (
    ALPHABET,
    LENGTH,
    RECOVERY_DAYS,
    ROTATION,
    Secret,
    generated,
    missing_version,
    version_for,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, CallFailed, EngineError
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan

from .scripted import Script, mark, refusal

NAME = "/mainstay/prod/cluster/main/master"
ARN = f"arn:aws:secretsmanager:eu-west-1:111122223333:secret:{NAME}-a1b2c3"
ADDRESS = "secret.main/master"
PROPERTIES = {"secret_name": NAME, "description": "The master", "content": {"engine": "postgres", "username": "dbadmin"}}
DELETED = datetime(2026, 12, 24, tzinfo=UTC)


@dataclass
class Store:
    """One secret as Secrets Manager keeps it. ``values``: version ID -> value; ``labels``: staging label -> version ID."""

    values: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def script(self) -> Script:
        return Script(
            {
                "list_secrets": lambda _params: {"SecretList": [self.entry("SecretVersionsToStages")] if self.values else []},
                "describe_secret": lambda _params: self.entry("VersionIdsToStages"),
                "get_secret_value": lambda _params: {"SecretString": self.values[self.labels["AWSCURRENT"]]},
                "create_secret": self.create,
                "put_secret_value": self.put,
                "tag_resource": lambda params: self.tags.update(tag_dict(params["Tags"])) or {},
                "untag_resource": {},
                "update_secret": lambda params: self.more.update(Description=params["Description"]) or {},
                "restore_secret": lambda _params: self.more.pop("DeletedDate") and {},
                "delete_secret": lambda _params: self.more.update(DeletedDate=DELETED) or {},
            }
        )

    def entry(self, member: str) -> dict[str, Any]:
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return {"ARN": ARN, "Name": NAME, "Tags": tags, member: stages, **self.more}

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        self.tags = tag_dict(params["Tags"])
        self.more = {"Description": params["Description"]}
        return self.put({**params, "VersionStages": ["AWSCURRENT"]})

    def put(self, params: Mapping[str, Any]) -> dict[str, Any]:
        version = params["ClientRequestToken"]
        self.values[version] = params["SecretString"]
        for label in params["VersionStages"]:
            self.move(label, version)
        return {"ARN": ARN, "Name": NAME, "VersionId": version}

    def move(self, label: str, version: str) -> None:
        if label == "AWSCURRENT" and label in self.labels:
            self.labels["AWSPREVIOUS"] = self.labels[label]
        self.labels[label] = version

    def passwords(self) -> list[str]:
        return [json.loads(value)["password"] for value in self.values.values()]


def run(script: Script, kind: Secret, **properties: Any) -> Result:
    """One run with this secret desired."""
    desired = [Resource("secret", "main/master", {**PROPERTIES, **properties})]
    kinds, aws = {"secret": kind}, script.aws()
    return reconcile(desired, observe(kinds, aws), kinds, aws, Settings(Consent()))


def seen_in(script: Script, kind: Secret) -> Observed:
    return kind.find(script.aws())[0]


def sent(script: Script, method: str) -> list[dict[str, Any]]:
    return [params for name, params in script.calls if name == method]


# ---- values ----


def test_a_value_is_its_content_with_a_password_that_logs_in_anywhere() -> None:
    values = [json.loads(generated({"engine": "postgres", "username": "dbadmin"})) for dummy in range(50)]
    assert {(value["engine"], value["username"], len(value["password"])) for value in values} == {("postgres", "dbadmin", LENGTH)}
    assert len({value["password"] for value in values}) == len(values)
    assert {letter for value in values for letter in value["password"]} <= set(ALPHABET)
    assert not set(ALPHABET) & set("/@\" '")  # RDS refuses these in master passwords


def test_one_call_creates_the_value_with_all_tags() -> None:
    store = Store()
    script = store.script()
    assert not list(run(script, Secret(), rotation="2026-11", tags={"team": "data"}).failures)
    assert script.methods("create", "put", "update", "tag", "untag") == ["create_secret"]
    call = sent(script, "create_secret")[0]
    assert tag_dict(call["Tags"]) == {"team": "data", ROTATION: "2026-11", **mark(ADDRESS)}
    assert json.loads(call["SecretString"]).keys() == {"engine", "username", "password"}


# ---- rotations ----

FIRST = version_for(ARN, "a", "1")

# staging labels, marker -> ID of the version that is missing
VERSIONS: list[tuple[str, dict[str, list[str]], str, str | None]] = [
    ("not begun", {"a": ["AWSCURRENT"]}, "1", FIRST),
    ("current", {FIRST: ["AWSCURRENT"], "a": ["AWSPREVIOUS"]}, "1", None),
    ("pending", {FIRST: ["AWSPENDING"], "a": ["AWSCURRENT"]}, "1", None),
    ("pending of another rotation", {FIRST: ["AWSPENDING"], "a": ["AWSCURRENT"]}, "2", version_for(ARN, "a", "2")),
    ("the next one", {FIRST: ["AWSCURRENT"], "a": ["AWSPREVIOUS"]}, "2", version_for(ARN, FIRST, "2")),
    ("the same marker again", {"b": ["AWSCURRENT"], FIRST: ["AWSPREVIOUS"]}, "1", version_for(ARN, "b", "1")),
    ("replaced by hand since", {"b": ["AWSCURRENT"], "a": ["AWSPREVIOUS"]}, "1", version_for(ARN, "b", "1")),
    ("no value", {}, "1", version_for(ARN, "", "1")),
]


@pytest.mark.parametrize(("versions", "rotation", "missing"), [row[1:] for row in VERSIONS], ids=[row[0] for row in VERSIONS])
def test_which_version_a_rotation_has_yet_to_create(versions: dict[str, list[str]], rotation: str, missing: str | None) -> None:
    assert missing_version(ARN, versions, rotation) == missing
    assert missing is None or 32 <= len(missing) <= 64  # Secrets Manager's limits for a token


def test_every_change_of_the_marker_generates_one_password() -> None:
    """A marker that was used before counts, too."""
    store = Store()
    script = store.script()
    for rotation in ("1", "1", "2", "1", "2", "2"):
        assert not list(run(script, Secret(), rotation=rotation).failures)
    assert len(set(store.passwords())) == len(sent(script, "put_secret_value")) + 1 == 4
    assert {json.loads(value)["username"] for value in store.values.values()} == {"dbadmin"}


def test_an_interrupted_rotation_is_completed_with_the_same_password() -> None:
    store = Store()
    script = store.script()
    run(script, Secret(), rotation="1")
    tag = script.answers["tag_resource"]
    script.answers["tag_resource"] = refusal("InternalFailure", "later")
    assert [one.address for one in run(script, Secret(), rotation="2").failures] == [ADDRESS]
    script.answers["tag_resource"] = tag
    assert not list(run(script, Secret(), rotation="2").failures)
    assert (len(sent(script, "put_secret_value")), store.tags[ROTATION]) == (1, "2")


def test_a_pending_password_leaves_the_current_one() -> None:
    store = Store()
    script = store.script()
    kind = Secret([NAME], pending=[NAME])
    run(script, kind, rotation="1")
    before = seen_in(script, kind).attributes["version_id"]
    assert not list(run(script, kind, rotation="2").failures)
    assert seen_in(script, kind).attributes["version_id"] == before == store.labels["AWSCURRENT"]
    store.move("AWSCURRENT", store.labels.pop("AWSPENDING"))
    assert not run(script, kind, rotation="2").plan.changes
    assert len(store.values) == 2


@pytest.mark.parametrize("value", ["a password of somebody", '"text"', "[1]"])
def test_a_value_of_another_form_is_not_replaced_and_not_quoted(value: str) -> None:
    store = Store()
    script = store.script()
    run(script, Secret(), rotation="1")
    store.values = dict.fromkeys(store.values, value)
    with pytest.raises(CallFailed, match=f"current value of {ARN} is not a JSON object") as caught:
        Secret().update(script.aws(), seen_in(script, Secret()), {"rotation": "2"})
    assert "put-secret-value" in caught.value.hint
    assert value not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert not sent(script, "put_secret_value")


# ---- deletion and restoration ----


def test_a_deletion_leaves_time_to_restore() -> None:
    store = Store()
    script = store.script()
    run(script, Secret(), rotation="1")
    Secret().delete(script.aws(), seen_in(script, Secret()))
    assert sent(script, "delete_secret") == [{"SecretId": ARN, "RecoveryWindowInDays": RECOVERY_DAYS}]
    assert Secret().find(script.aws()) == []


def test_a_deleted_secret_that_is_desired_again_is_restored_with_its_value() -> None:
    store = Store()
    script = store.script()
    run(script, Secret(), rotation="1")
    store.more["DeletedDate"] = DELETED
    kind = Secret([NAME])
    plan = run(script, kind, rotation="1", description="Another", deletion_date=None).plan
    changes = {one.property: (one.before, one.after) for one in plan.changes[0].changes}
    assert changes == {"deletion_date": ("2026-12-24", None), "description": ("The master", "Another")}
    assert script.methods("restore", "update") == ["restore_secret", "update_secret"]
    assert len(store.values) == 1


# error code, whether it is scheduled for deletion -> whether deleting it counts as done
DELETIONS = [("InvalidRequestException", True, True), ("InvalidRequestException", False, False), ("InternalServiceError", True, False)]


@pytest.mark.parametrize(("code", "scheduled", "done"), DELETIONS)
def test_a_deletion_that_was_scheduled_before_counts(code: str, scheduled: bool, done: bool) -> None:
    store = Store()
    script = store.script()
    run(script, Secret(), rotation="1")
    seen = seen_in(script, Secret())
    store.more |= {"DeletedDate": DELETED} if scheduled else {}
    script.answers["delete_secret"] = refusal(code, "already scheduled for deletion")
    try:
        Secret().delete(script.aws(), seen)
    except CallFailed:
        assert not done
    else:
        assert done


def test_the_name_of_a_deleted_secret_is_taken_and_the_error_gives_both_remedies() -> None:
    script = Store().script()
    script.answers["create_secret"] = refusal("InvalidRequestException", "a secret with this name is already scheduled for deletion")
    with pytest.raises(AlreadyThere) as caught:
        Secret().create(script.aws(), ADDRESS, PROPERTIES, "t" * 32)
    assert "Restore it and adopt it" in caught.value.hint
    assert caught.value.hint.endswith(f"delete-secret --secret-id {NAME} --force-delete-without-recovery")


def test_a_secret_of_another_service_is_not_adopted() -> None:
    store = Store()
    script = store.script()
    run(script, Secret(), rotation="1")
    store.more["OwningService"] = "rds"
    with pytest.raises(EngineError, match="belongs to rds, which manages its value"):
        Secret().look_up(script.aws(), ARN, ADDRESS)


# description before, desired -> whether it differs
DESCRIPTIONS = [("x", "x", False), ("x", None, True), ("", None, False), (None, "", False), (None, "x", True)]


@pytest.mark.parametrize(("before", "desired", "differs"), DESCRIPTIONS)
def test_an_empty_description_is_none(before: str | None, desired: str | None, differs: bool) -> None:
    store = Store()
    run(store.script(), Secret())
    store.more = {} if before is None else {"Description": before}
    seen = [seen_in(store.script(), Secret())]
    wanted = [Resource("secret", "main/master", {**PROPERTIES, "description": desired})]
    plan = make_plan(wanted, seen, {"secret": Secret()}, Consent())
    assert bool(plan.changes) is differs


# ---- no value appears ----


def everything(result: Result) -> str:
    """All that a run can show: its plan, what it observed, its results, and its errors."""
    failures = [(one.address, one.message, one.hint) for one in result.failures]
    return repr((result, result.plan, result.attributes(), failures))


@pytest.mark.parametrize("failing", ["", "create_secret", "put_secret_value", "tag_resource"])
def test_no_value_appears_anywhere(failing: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """In plans, observations, attributes, errors, log records, and output, of runs that succeed and of runs that fail."""
    caplog.set_level(logging.DEBUG)
    store = Store()
    script = store.script()
    values: list[str] = []

    def recorded(method: str) -> Any:
        answer = script.answers[method]

        def respond(params: Mapping[str, Any]) -> Any:
            values.append(params.get("SecretString", "{}"))
            return refusal("InternalFailure", "no") if method == failing else answer(params)

        return respond

    for method in ("create_secret", "put_secret_value", "tag_resource"):
        script.answers[method] = recorded(method)
    shown = ""
    for rotation in ("1", "2"):
        shown += everything(run(script, Secret([NAME]), rotation=rotation, deletion_date=None))
        shown += repr(Secret().find(script.aws()))
    passwords = [json.loads(value)["password"] for value in values if value != "{}"]
    assert passwords
    shown += caplog.text + "".join(capsys.readouterr())
    assert not [one for one in passwords if one in shown]


def test_a_value_is_no_property_and_no_attribute() -> None:
    store = Store()
    script = store.script()
    run(script, Secret(), rotation="1")
    seen = seen_in(script, Secret())
    assert seen.attributes.keys() == {"arn", "newest_version_id", "version_id"}
    assert seen.properties.keys() == {"secret_name", "description", "rotation", "tags"}
    assert replace(seen, properties={}).id == NAME
    assert "get_secret_value" not in script.methods()
