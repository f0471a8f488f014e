# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which connection inherits the clients that Ansible's own process created, and which credentials they sign with."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from ansible_collections.mainstay.aws.plugins.module_utils.aws import inherited
from ansible_collections.mainstay.aws.plugins.module_utils.aws.session import client_config

REGION = "eu-west-1"
KEYS = {"aws_access_key_id": "A" * 20, "aws_secret_access_key": "b" * 40, "aws_session_token": None}
OWN = {name.upper(): value for name, value in KEYS.items() if value}


@pytest.fixture(autouse=True)
def nothing_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", *OWN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(inherited, "_waiting", [])


def prepare() -> None:
    inherited.prepare(["sts"], REGION, client_config())


@pytest.mark.parametrize(
    ("region", "params", "variables", "given"),
    [
        pytest.param(REGION, {"verify": True, "endpoint_url": None, **dict.fromkeys(KEYS)}, {}, True, id="no options of its own"),
        pytest.param(REGION, {"verify": None, **KEYS}, OWN, True, id="keys from the variables"),
        pytest.param(REGION, {"verify": "/ca.pem"}, {"AWS_CA_BUNDLE": "/ca.pem"}, True, id="certificates from the variable"),
        pytest.param("eu-west-2", {}, {}, False, id="another region"),
        pytest.param(None, {}, {}, False, id="no region"),
        pytest.param(REGION, KEYS, {}, False, id="keys of its own"),
        pytest.param(REGION, {**KEYS, "aws_access_key_id": "C" * 20}, OWN, False, id="other keys than the variables"),
        pytest.param(REGION, {**KEYS, "aws_session_token": "t"}, OWN, False, id="a token of its own"),
        pytest.param(REGION, {"profile_name": "other"}, {}, False, id="a profile"),
        pytest.param(REGION, {"endpoint_url": "http://127.0.0.1:5000"}, {}, False, id="an endpoint"),
        pytest.param(REGION, {"verify": False}, {}, False, id="no verification of certificates"),
        pytest.param(REGION, {"verify": "/ca.pem"}, {}, False, id="certificates of its own"),
        pytest.param(REGION, {"aws_config": {"retries": 1}}, {}, False, id="a configuration of its own"),
    ],
)
def test_who_gets_them(
    region: str | None, params: dict[str, Any], variables: dict[str, str], given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if "AWS_CA_BUNDLE" in variables:  # no client is created from a missing file
        monkeypatch.setattr(inherited, "prepare", lambda *_: None)
        inherited._waiting.append(inherited._Clients(REGION, inherited._variables(), None, {"sts": object()}))
    else:
        prepare()
    assert bool(inherited.take(region, params)) is given


def test_only_one_connection_gets_them() -> None:
    prepare()
    assert list(inherited.take(REGION, {})) == ["sts"]
    assert inherited.take(REGION, {}) == {}


def test_not_if_variables_have_changed_since(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare()
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert inherited.take(REGION, {}) == {}


def test_later_plays_add_to_them() -> None:
    prepare()
    first = inherited._waiting[0].by_service["sts"]
    inherited.prepare(["sts", "iam"], REGION, client_config())
    clients = inherited.take(REGION, {})
    assert set(clients) == {"sts", "iam"}
    assert clients["sts"] is first


def test_credentials_are_looked_for_when_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare()
    credentials = inherited.take(REGION, {})["sts"]._request_signer._credentials
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    assert credentials.get_frozen_credentials().access_key == "A" * 20


def test_botocore_reports_that_there_are_none() -> None:
    prepare()
    with pytest.raises(NoCredentialsError):
        inherited.take(REGION, {})["sts"].get_caller_identity()


def test_a_profile_that_does_not_exist_is_left_to_the_connection_to_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    prepare()
    assert inherited.take(REGION, {}) == {}
