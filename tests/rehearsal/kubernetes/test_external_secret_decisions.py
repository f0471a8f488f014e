"""What the controller of External Secrets makes of an ExternalSecret, as tables."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.kubernetes.external_secrets import (
    Source,
    SyncError,
    due,
    is_changed,
    rendered,
    seconds,
    secret_of,
    status_of,
    version_of,
    wanted_data,
)

VALUES = {
    "app": '{"url": "postgresql://x", "port": 5432, "deep": {"key": ["a", "b"]}, "with.dot": "d"}',
    "plain": "text",
    "coded": base64.b64encode(b"decoded").decode(),
}


def fetch(key: str, version: str) -> str:
    if key not in VALUES:
        raise SyncError("Secret does not exist")
    return VALUES[key] + version


def external(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "database", "namespace": "shop", "uid": "u", "generation": 1}
    return {"apiVersion": "external-secrets.io/v1", "metadata": metadata, "spec": {"secretStoreRef": {"name": "aws"}, **spec}}


def entry(key: str = "app", to: str = "KEY", **reference: str) -> dict[str, Any]:
    return {"secretKey": to, "remoteRef": {"key": key, **reference}}


def data_of(one: dict[str, Any]) -> dict[str, str]:
    return wanted_data(one, lambda reference: Source(fetch, lambda: list(VALUES)))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"data": [entry("plain")]}, {"KEY": "text"}),
        ({"data": [entry(property="url")]}, {"KEY": "postgresql://x"}),
        ({"data": [entry(property="port")]}, {"KEY": "5432"}),
        ({"data": [entry(property="deep.key.1")]}, {"KEY": "b"}),
        ({"data": [entry(property="with.dot")]}, {"KEY": "d"}),
        ({"data": [entry(property="deep")]}, {"KEY": '{"key": ["a", "b"]}'}),
        ({"data": [entry("plain", version="AWSPREVIOUS")]}, {"KEY": "textAWSPREVIOUS"}),
        ({"data": [entry("coded", decodingStrategy="Base64")]}, {"KEY": "decoded"}),
        ({"dataFrom": [{"extract": {"key": "app", "property": "deep"}}]}, {"key": '["a", "b"]'}),
        ({"dataFrom": [{"find": {"name": {"regexp": "^pl"}}}], "data": [entry("plain", "own")]}, {"plain": "text", "own": "text"}),
    ],
)
def test_data(spec: dict[str, Any], expected: dict[str, str]) -> None:
    assert data_of(external(**spec)) == expected


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"data": [entry("gone")]}, r"error processing spec.data\[0\] \(key: gone\), err: Secret does not exist"),
        ({"data": [entry(property="none")]}, "key none does not exist in secret app"),
        ({"data": [entry("plain", property="x")]}, "key x does not exist in secret plain"),
        ({"data": [entry("plain", decodingStrategy="Base64")]}, "failed to decode secret with Base64"),
        ({"dataFrom": [{"extract": {"key": "plain"}}]}, r"spec.dataFrom\[0\], err: unable to unmarshal secret"),
    ],
)
def test_errors(spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SyncError, match=sentence):
        data_of(external(**spec))


def test_the_secret() -> None:
    template = {
        "type": "kubernetes.io/basic-auth",
        "data": {"url": "{{ .user }}:{{ .password | b64enc }}"},
        "metadata": {"labels": {"a": "b"}},
    }
    made = secret_of(external(target={"name": "other", "template": template}), {"user": "ada", "password": "x"})
    assert (made["metadata"]["name"], made["type"], made["metadata"]["labels"]["a"]) == ("other", "kubernetes.io/basic-auth", "b")
    assert made["metadata"]["ownerReferences"][0]["kind"] == "ExternalSecret"
    assert base64.b64decode(made["data"]["url"]) == b"ada:eA=="
    assert not is_changed(made)
    assert is_changed({**made, "data": {}})
    assert "ownerReferences" not in secret_of(external(target={"creationPolicy": "Orphan"}), {})["metadata"]


@pytest.mark.parametrize(("text", "sentence"), [("{{ .none }}", 'no entry for key "none"'), ("{{ if .a }}x{{ end }}", "only fields")])
def test_templates_that_fail(text: str, sentence: str) -> None:
    with pytest.raises(SyncError, match=sentence):
        rendered(text, {"a": "b"})


@pytest.mark.parametrize(("duration", "expected"), [("1h0m0s", 3600), ("90s", 90), ("0", 0), ("1h30m", 5400)])
def test_durations(duration: str, expected: float) -> None:
    assert seconds(duration) == expected


def test_when_it_is_read_again() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    one = external(refreshInterval="1h")
    secret = secret_of(one, {"a": "b"})
    assert due(one, secret, now)
    one["status"] = status_of(one, "", now)
    assert one["status"]["syncedResourceVersion"] == version_of(one)
    assert not due(one, secret, now + timedelta(minutes=59))
    assert due(one, secret, now + timedelta(minutes=60))
    assert due(one, None, now)
    assert due({**one, "metadata": {**one["metadata"], "generation": 2}}, secret, now)
    assert not due({**one, "spec": {**one["spec"], "refreshInterval": "0"}}, secret, now + timedelta(days=9))
    one["status"] = status_of(one, "Secret does not exist", now)
    assert one["status"]["conditions"][0]["reason"] == "SecretSyncedError"
    assert due(one, secret, now)
