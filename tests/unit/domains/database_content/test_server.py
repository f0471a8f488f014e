# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What decides about a connection before there is one: endpoint, certificates, login, secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.server import link as link_file
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.server.certificates import certificates
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.server.link import ServerLink, Target
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.spec import target_of
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.vault import Vault
from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.problems import LoginRefused, NoConnection
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN
from tests.repository.layout import ROOT

PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"


class FakeAws(Aws):
    """One secret, ``arn``, with these versions by stage."""

    def __init__(self, **stages: str) -> None:
        super().__init__(lambda _service: None, Owner("prod", "shop"))
        self.stages = dict(stages)
        self.texts = {
            f"version-{password}": json.dumps({"username": "app", "host": "h", "password": password}) for password in stages.values()
        }
        self.versions = {stage: f"version-{password}" for stage, password in stages.items()}
        self.sent: list[str] = []
        self.rotated_by_lambda = False

    def read(self, service: str, method: str, **params: Any) -> dict[str, Any]:
        self.sent.append(method)
        if method == "describe_secret":
            found: dict[str, list[str]] = {}
            for stage, version in self.versions.items():
                found.setdefault(version, []).append(stage)
            return {"VersionIdsToStages": found, "RotationEnabled": self.rotated_by_lambda}
        version = params.get("VersionId") or self.versions.get(params["VersionStage"])
        if version is None:
            raise CallFailed("no such version")
        return {"SecretString": self.texts[version], "VersionId": version}

    def change(self, service: str, method: str, **params: Any) -> dict[str, Any]:
        self.sent.append(method)
        if method == "put_secret_value":
            self.texts["new"] = params["SecretString"]
            self.versions |= dict.fromkeys(params["VersionStages"], "new")
            return {"VersionId": "new"}
        stage = params["VersionStage"]
        assert self.versions.get(stage) in (None, params.get("RemoveFromVersionId"))
        self.versions.pop(stage, None)
        if "MoveToVersionId" in params:
            self.versions[stage] = params["MoveToVersionId"]
        return {}


def hidden() -> tuple[list[str], Callable[[str], None]]:
    found: list[str] = []
    return found, found.append


def target(**changes: Any) -> Target:
    return Target(**{"host": "db.example", "port": 5432, "ca": PEM, "user": "dbadmin", "secret_arn": "arn", **changes})


@pytest.mark.parametrize("changes", [{"host": ""}, {"host": UNKNOWN}, {"secret_arn": UNKNOWN}])
def test_a_server_that_does_not_exist_yet_is_empty_in_a_plan_and_an_error_in_an_apply(changes: dict[str, Any]) -> None:
    aws, vault = FakeAws(), Vault({}, lambda _text: None)
    assert ServerLink(target(**changes), vault, ["shop"], needed=False).look(aws) is None
    with pytest.raises(CallFailed, match="the endpoint of the server is not known"):
        ServerLink(target(**changes), vault, ["shop"], needed=True).look(aws)
    assert aws.sent == []


def link_with(monkeypatch: pytest.MonkeyPatch, connect: Callable[..., Any], **changes: Any) -> ServerLink:
    monkeypatch.setattr(link_file, "connect", connect)
    return ServerLink(target(**changes), Vault({}, lambda _text: None), ["shop"], needed=False)


def test_the_pending_password_is_tried_after_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def connect(_address: Any, login: Any, _database: str, **_more: Any) -> Any:
        tried.append(login.password)
        if login.password != "next":
            raise LoginRefused("password authentication failed")
        raise NoConnection("stop here")

    link = link_with(monkeypatch, connect)
    with pytest.raises(CallFailed, match="stop here"):
        link.look(FakeAws(AWSCURRENT="last", AWSPENDING="next"))
    assert tried == ["last", "next"]


def test_an_unreachable_server_is_one_error_that_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []

    def connect(*_given: Any, **_more: Any) -> Any:
        attempts.append("once")
        raise NoConnection("connection to server failed: timeout expired")

    link = link_with(monkeypatch, connect, password="x", secret_arn="")
    messages = set()
    for _dummy in range(3):
        with pytest.raises(CallFailed) as caught:
            link.look(FakeAws())
        messages.add(caught.value.message)
        assert "rds_sql_host" in caught.value.hint
    assert (messages, attempts) == ({"db.example:5432 cannot be reached from here: connection to server failed: timeout expired"}, ["once"])


def test_a_refused_login_names_the_secret_and_never_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_given: Any, **_more: Any) -> Any:
        raise LoginRefused('password authentication failed for user "dbadmin"')

    with pytest.raises(CallFailed) as caught:
        link_with(monkeypatch, connect).look(FakeAws(AWSCURRENT="canary"))
    assert "refuses dbadmin with arn" in caught.value.message
    assert "canary" not in f"{caught.value.message} {caught.value.hint}"


def test_an_untrusted_certificate_says_where_the_certificates_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_given: Any, **_more: Any) -> Any:
        raise NoConnection("SSL error: certificate verify failed")

    with pytest.raises(CallFailed, match="no verified TLS connection") as caught:
        link_with(monkeypatch, connect).look(FakeAws(AWSCURRENT="x"))
    assert "global-bundle.pem" in caught.value.hint


def test_certificates_come_from_the_option_or_the_environment_and_never_from_a_download(tmp_path: Path) -> None:
    path = tmp_path / "bundle.pem"
    path.write_text(PEM)
    assert certificates(str(path), {}).path == str(path)
    assert certificates("", {"MAINSTAY_REHEARSAL_RDS_CA": str(path)}).path == str(path)
    assert certificates("system", {}).path == "system"
    with pytest.raises(CallFailed, match="no certificates") as caught:
        certificates("", {})
    assert "curl" in caught.value.hint
    with pytest.raises(CallFailed, match="there is no file"):
        certificates(str(tmp_path / "none.pem"), {})


def test_certificates_given_as_text_are_a_file_for_as_long_as_they_are_needed() -> None:
    found = certificates(PEM, {})
    assert Path(found.path).read_text() == PEM
    found.forget()
    assert not Path(found.path).exists()


def test_a_rotation_keeps_everything_but_the_password_and_hides_both() -> None:
    aws = FakeAws(AWSCURRENT="old-password")
    texts, hide = hidden()
    vault = Vault({}, hide)
    version = vault.start_rotation(aws, "arn")
    assert {**version.values, "password": ""} == {"username": "app", "host": "h", "password": ""}
    assert (texts, aws.versions) == (["old-password", version.password], {"AWSCURRENT": "version-old-password", "AWSPENDING": "new"})
    assert len(version.password) == 40
    assert version.password not in repr(version)
    vault.finish_rotation(aws, "arn", version.id)
    assert aws.versions == {"AWSCURRENT": "new"}
    before = len(aws.sent)
    vault.finish_rotation(aws, "arn", version.id)
    assert aws.sent[before:] == ["describe_secret"]


def test_an_interrupted_rotation_continues_with_the_same_password() -> None:
    aws = FakeAws(AWSCURRENT="old-password", AWSPENDING="new-password")
    assert Vault({}, lambda _text: None).start_rotation(aws, "arn").password == "new-password"
    assert "put_secret_value" not in aws.sent


def test_a_rotation_interrupted_after_the_move_only_removes_the_other_stage() -> None:
    aws = FakeAws(AWSCURRENT="new-password", AWSPENDING="new-password")
    vault = Vault({}, lambda _text: None)
    assert vault.stages(aws, "arn").pending == ""
    vault.finish_rotation(aws, "arn", "version-new-password")
    assert aws.versions["AWSCURRENT"] == "version-new-password"


def test_a_version_that_a_lambda_function_is_setting_is_left_to_it() -> None:
    aws = FakeAws(AWSCURRENT="a-password", AWSPENDING="b-password")
    aws.rotated_by_lambda = True
    assert Vault({}, lambda _text: None).stages(aws, "arn").pending == ""


def test_secrets_that_the_caller_has_read_are_not_read_again() -> None:
    given = {"arn": {"password": "old-password", "version": "1", "pending": {"password": "new-password", "version": "2"}}}
    texts, hide = hidden()
    vault, aws = Vault(given, hide), FakeAws()
    assert [one.password for one in vault.candidates(aws, "arn")] == ["old-password", "new-password"]
    assert (vault.stages(aws, "arn").current, vault.stages(aws, "arn").pending, aws.sent) == ("1", "2", [])
    assert texts == ["old-password", "new-password"]


@pytest.mark.parametrize("text", ["not json", "[]", '{"username": "x"}', '{"password": ""}', '{"password": 5}'])
def test_a_secret_of_another_shape_is_named_and_not_shown(text: str) -> None:
    aws = FakeAws(AWSCURRENT="x")
    aws.texts["version-x"] = text
    with pytest.raises(CallFailed, match="arn does not hold") as caught:
        Vault({}, lambda _text: None).read(aws, "arn")
    assert text not in caught.value.message


LOGINS: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, "login has none of them"),
    "two": ({"secret_arn": "a", "iam": True}, "login has secret_arn and iam"),
    "three": ({"secret_arn": "a", "iam": True, "password": "canary"}, "login has secret_arn and password and iam"),
}


@pytest.mark.parametrize("name", LOGINS)
def test_there_is_one_way_to_log_in(name: str) -> None:
    login, expected = LOGINS[name]
    given = {"user": "dbadmin", "secret_arn": None, "password": None, "iam": False, "database": "postgres", **login}
    _target, problems = target_of({"name": "main", "endpoint": {"host": "h", "port": 5432, "ca": ""}, "login": given})
    assert len(problems) == 1
    assert expected in problems[0]
    assert "canary" not in problems[0]


def test_a_module_that_never_connects_does_not_import_psycopg() -> None:
    module = "ansible_collections.mainstay.aws.plugins.modules.postgres_objects"
    code = f"import sys, {module}; print([name for name in sys.modules if name.startswith('psycopg')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "collections")
    assert done.stdout.strip() == "[]"
