"""What the Secrets Store CSI driver and its provider make of a SecretProviderClass, as tables."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from rehearsal.kubernetes.behaviors import MOUNTED
from rehearsal.kubernetes.secrets_store import Fetched, MountError, copies, lacking, mount, pod_status, volumes_of, waits

VALUES = {
    "prod/app": Fetched('{"url": "postgresql://x", "port": 5432, "deep": {"key": "v"}, "with-dash": "d"}', "v1"),
    "/prod/token": Fetched("t0ken", "3"),
    "arn:aws:secretsmanager:af-south-1:123456789012:secret:prod/app-AbCdEf": Fetched("by ARN", "v1"),
}


def fetch(kind: str, name: str, entry: Any) -> Fetched:
    if name not in VALUES:
        raise MountError(f"no {kind} {name}")
    return VALUES[name]


def entry(name: str = "prod/app", kind: str = "secretsmanager", **more: Any) -> dict[str, Any]:
    return {"objectName": name, **({"objectType": kind} if kind else {}), **more}


def provider_class(*entries: Any, provider: str = "aws", copied: Any = (), **parameters: str) -> dict[str, Any]:
    given = {"objects": json.dumps(entries), **parameters}
    return {"spec": {"provider": provider, "parameters": given, "secretObjects": copied}}


def member(path: str, alias: str = "URL") -> dict[str, Any]:
    return {"jmesPath": [{"path": path, "objectAlias": alias}], "objectAlias": "app"}


@pytest.mark.parametrize(
    ("one", "files"),
    [
        (provider_class(entry(objectAlias="app")), {"app": VALUES["prod/app"].value}),
        (provider_class(entry()), {"prod_app": VALUES["prod/app"].value}),
        (provider_class(entry(), pathTranslation="False"), {"prod/app": VALUES["prod/app"].value}),
        (provider_class(entry("/prod/token", "ssmparameter", objectAlias="token")), {"token": "t0ken"}),
        (provider_class(entry(list(VALUES)[2], "", objectAlias="a")), {"a": "by ARN"}),
        (provider_class(entry(**member("url"))), {"app": VALUES["prod/app"].value, "URL": "postgresql://x"}),
        (provider_class(entry(**member("deep.key"))), {"app": VALUES["prod/app"].value, "URL": "v"}),
        (provider_class(entry(**member('"with-dash"'))), {"app": VALUES["prod/app"].value, "URL": "d"}),
    ],
)
def test_files(one: dict[str, Any], files: dict[str, str]) -> None:
    assert dict(mount(one, fetch).files) == files


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (provider_class(entry("gone")), "no secretsmanager gone"),
        (provider_class(entry(), provider="azure"), 'provider "azure": provider not found'),
        (provider_class({}), "Object name must be specified"),
        (provider_class(entry(kind="vault")), "Invalid objectType: vault for prod/app"),
        (provider_class(entry("/prod/token", "ssmparameter", **member("url"))), "Invalid JSON used with jmesPath in secret: /prod/token"),
        (provider_class(entry(**member("none"))), "JMES Path - none for object alias - URL does not point to a valid object"),
        (provider_class(entry(**member("port"))), "Invalid JMES search result type for path:port. Only string is allowed"),
        ({"spec": {"provider": "aws", "parameters": {"objects": "{"}}}, "Failed to load SecretProviderClass"),
    ],
)
def test_errors(one: dict[str, Any], sentence: str) -> None:
    with pytest.raises(MountError, match=re.escape(sentence)):
        mount(one, fetch)


def pod(*classes: str, **metadata: Any) -> dict[str, Any]:
    driver = "secrets-store.csi.k8s.io"
    volumes: list[dict[str, Any]] = [{"name": "other", "emptyDir": {}}, {"name": "ebs", "csi": {"driver": "ebs.csi.aws.com"}}]
    volumes += [
        {"name": f"secret-{name}", "csi": {"driver": driver, "volumeAttributes": {"secretProviderClass": name}}} for name in classes
    ]
    spec = {"nodeName": "node-a", "containers": [{"name": "app"}], "volumes": volumes}
    return {"metadata": {"name": "api-1", "namespace": "shop", "uid": "u", **metadata}, "spec": spec}


def test_which_pods_wait() -> None:
    assert list(volumes_of(pod("a", "b"))) == [("secret-a", "a"), ("secret-b", "b")]
    assert waits(pod("a"))
    assert not waits(pod())
    assert not waits(pod("a", annotations={MOUNTED: "true"}))
    assert not waits(pod("a", deletionTimestamp="now"))
    unscheduled = pod("a")
    del unscheduled["spec"]["nodeName"]
    assert not waits(unscheduled)


COPIED = [{"secretName": "database", "type": "Opaque", "data": [{"objectName": "URL", "key": "DATABASE_URL"}]}]
REPLICA_SET = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api", "uid": "r2"}


def test_a_copy_belongs_to_what_controls_the_pods_and_keeps_its_owners() -> None:
    one = provider_class(copied=COPIED)
    before = {"database": {"metadata": {"ownerReferences": [{**REPLICA_SET, "uid": "r1"}]}}}
    (made,) = copies(one, {"URL": "x"}, pod("a", ownerReferences=[{**REPLICA_SET, "controller": True}]), before)
    assert [owner["uid"] for owner in made["metadata"]["ownerReferences"]] == ["r1", "r2"]
    assert base64.b64decode(made["data"]["DATABASE_URL"]) == b"x"
    (alone,) = copies(one, {"URL": "x"}, pod("a"), {})
    assert [owner["kind"] for owner in alone["metadata"]["ownerReferences"]] == ["Pod"]
    assert copies(one, {"OTHER": "x"}, pod("a"), {}) == []


def test_which_secret_a_pod_lacks() -> None:
    needing = pod("a")
    needing["spec"]["containers"] = [
        {"name": "app", "envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "maybe", "optional": True}}]},
        {"name": "other", "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "database"}}}]},
    ]
    assert lacking(needing, {}) == "database"
    assert lacking(needing, {"database": {}}) == ""


def test_what_the_driver_notes() -> None:
    noted = pod_status(pod("db"), "db", "secret-db", {"URL": "v1", "A": "v2"})
    assert noted["metadata"]["name"] == "api-1-shop-db"
    assert noted["status"]["objects"] == [{"id": "A", "version": "v2"}, {"id": "URL", "version": "v1"}]
