# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Configuration and secrets: where they come from, how pods get them, and that no message shows one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .made import answer, container, environment, merged, objects, problems, with_service

EXTERNAL = {"external": {"store": "aws", "key": "prod/main/app", "properties": {"DATABASE_URL": "url"}}}
CSI = {"csi": {"key": "prod/main/app", "properties": {"DATABASE_URL": "database-url"}}}
ACCOUNT = {"service_account": {"name": "api", "identity": "pod_identity"}}


def using(*uses: Any, part: str = "secrets", **entries: Any) -> dict[str, Any]:
    """A service that uses entries of ``part``."""
    return {**with_service(**{part: list(uses)}), part: entries}


def volumes(found: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    return found["Deployment/api"]["spec"]["template"]["spec"].get("volumes", []), container(found).get("volumeMounts", [])


def configuration(**values: Any) -> dict[str, Any]:
    return objects(using("app", part="configuration", app=values))


def test_the_name_of_a_config_map_contains_its_content() -> None:
    found = configuration(LOG_LEVEL="debug", WORKERS=4)
    (name,) = [one.partition("/")[2] for one in found if one.startswith("ConfigMap/")]
    assert name.startswith("app-")
    assert len(name) == len("app-") + 10
    one = found[f"ConfigMap/{name}"]
    assert (one["immutable"], one["data"]) == (True, {"LOG_LEVEL": "debug", "WORKERS": "4"})
    assert container(found)["envFrom"] == [{"configMapRef": {"name": name}}]
    assert f"ConfigMap/{name}" in configuration(WORKERS=4, LOG_LEVEL="debug")
    assert f"ConfigMap/{name}" not in configuration(WORKERS=5, LOG_LEVEL="debug")


def test_what_a_configuration_sets_is_not_set_by_the_defaults() -> None:
    assert "LOG_LEVEL" not in environment(configuration(LOG_LEVEL="debug"))
    assert environment(configuration(OTHER="x"))["LOG_LEVEL"] == "info"


def test_single_keys_and_files() -> None:
    settings = using(
        {"name": "app", "keys": {"LEVEL": "log.level"}},
        {"name": "app", "mount": "/etc/app/"},
        part="configuration",
        app={"log.level": "debug"},
    )
    found = objects(settings)
    (name,) = [one.partition("/")[2] for one in found if one.startswith("ConfigMap/")]
    assert environment(found)["LEVEL"] == {"configMapKeyRef": {"name": name, "key": "log.level"}}
    assert "envFrom" not in container(found)
    assert volumes(found) == (
        [{"name": "config-app", "configMap": {"name": name}}],
        [{"name": "config-app", "mountPath": "/etc/app", "readOnly": True}],
    )


def test_a_secret_of_external_secrets() -> None:
    found = objects(using("database", database=EXTERNAL))
    assert found["ExternalSecret/database"]["apiVersion"] == "external-secrets.io/v1"
    assert found["ExternalSecret/database"]["spec"] == {
        "refreshInterval": "1h",
        "secretStoreRef": {"name": "aws", "kind": "ClusterSecretStore"},
        "target": {"name": "database", "creationPolicy": "Owner", "deletionPolicy": "Retain"},
        "data": [{"secretKey": "DATABASE_URL", "remoteRef": {"key": "prod/main/app", "property": "url"}}],
    }
    assert container(found)["envFrom"] == [{"secretRef": {"name": "database"}}]
    whole = merged(EXTERNAL, {"external": {"properties": None, "store_kind": "SecretStore", "refresh": "15m"}})
    spec = objects(using("database", database=whole))["ExternalSecret/database"]["spec"]
    assert (spec["dataFrom"], "data" in spec) == ([{"extract": {"key": "prod/main/app"}}], False)
    assert (spec["secretStoreRef"]["kind"], spec["refreshInterval"]) == ("SecretStore", "15m")


def test_a_secret_of_the_csi_driver_is_files() -> None:
    settings = {**using({"name": "database", "mount": "/mnt/db"}, database=CSI), **ACCOUNT}
    found = objects(settings, cluster={"region": "af-south-1"})
    provider = found["SecretProviderClass/database"]
    assert provider["apiVersion"] == "secrets-store.csi.x-k8s.io/v1"
    parameters = provider["spec"]["parameters"]
    assert json.loads(parameters.pop("objects")) == [
        {
            "objectName": "prod/main/app",
            "objectType": "secretsmanager",
            "jmesPath": [{"path": '"database-url"', "objectAlias": "DATABASE_URL"}],
        }
    ]
    assert provider["spec"] == {"provider": "aws", "parameters": {"region": "af-south-1", "usePodIdentity": "true"}}
    assert volumes(found) == (
        [
            {
                "name": "secret-database",
                "csi": {
                    "driver": "secrets-store.csi.k8s.io",
                    "readOnly": True,
                    "volumeAttributes": {"secretProviderClass": "database"},
                },
            }
        ],
        [{"name": "secret-database", "mountPath": "/mnt/db", "readOnly": True}],
    )


def test_a_copy_of_a_csi_secret_is_variables_and_needs_the_volume_too() -> None:
    settings = {**using("database", database=merged(CSI, {"csi": {"sync": True}})), **ACCOUNT}
    found = objects(settings)
    assert found["SecretProviderClass/database"]["spec"]["secretObjects"] == [
        {"secretName": "database", "type": "Opaque", "data": [{"objectName": "DATABASE_URL", "key": "DATABASE_URL"}]}
    ]
    assert container(found)["envFrom"] == [{"secretRef": {"name": "database"}}]
    assert volumes(found)[1] == [{"name": "secret-database", "mountPath": "/mnt/secrets/database", "readOnly": True}]


def test_a_whole_parameter_is_one_file() -> None:
    entry = {"csi": {"key": "/prod/token", "type": "ssmparameter"}}
    found = objects({**using({"name": "token", "mount": "/mnt/t"}, token=entry), **ACCOUNT})
    parameters = found["SecretProviderClass/token"]["spec"]["parameters"]
    assert json.loads(parameters["objects"]) == [{"objectName": "/prod/token", "objectType": "ssmparameter", "objectAlias": "token"}]


GENERATED: list[Any] = [
    ({"key": "SESSION_KEY"}, {"SESSION_KEY": 48}),
    ({"key": "SESSION_KEY", "length": 64}, {"SESSION_KEY": 64}),
    ({"keys": {"A": 32, "B": None}}, {"A": 32, "B": 48}),
]


@pytest.mark.parametrize(("given", "lengths"), GENERATED)
def test_a_generated_secret_says_what_to_make_and_holds_nothing(given: dict[str, Any], lengths: dict[str, int]) -> None:
    one = objects(using("session", session={"generate": given}))["Secret/session"]
    assert json.loads(one["metadata"]["annotations"]["mainstay.aws/generate"]) == lengths
    assert (one["type"], "data" in one, "stringData" in one) == ("Opaque", False, False)


def test_a_secret_made_by_hand_is_only_used() -> None:
    settings = using({"name": "app", "keys": {"DATABASE_URL": "database-url"}}, app={"existing": "app-secrets"})
    found = objects(settings)
    assert environment(found)["DATABASE_URL"] == {"secretKeyRef": {"name": "app-secrets", "key": "database-url"}}
    assert not [name for name in found if name.startswith("Secret/")]
    assert container(objects(using("app", app={"existing": True})))["envFrom"] == [{"secretRef": {"name": "app"}}]


def test_pods_are_replaced_when_their_secrets_come_from_elsewhere() -> None:
    def mark(entry: dict[str, Any]) -> str | None:
        template = objects(using("db", db=entry))["Deployment/api"]["spec"]["template"]
        return dict(template["metadata"].get("annotations", {})).get("mainstay.aws/secrets")

    assert mark(EXTERNAL) == mark(merged(EXTERNAL, {"external": {"refresh": "15m"}}))
    assert mark(EXTERNAL) != mark(merged(EXTERNAL, {"external": {"properties": {"OTHER": "other"}}}))
    assert mark({"generate": {"key": "A"}}) != mark({"generate": {"keys": {"A": None, "B": None}}})
    assert mark({"existing": True}) is None


def test_a_plain_value_with_the_name_of_a_secret_is_noted_without_the_value() -> None:
    (note,) = answer(with_service(environment={"DB_PASSWORD": "canary-1234"}))["notes"]
    assert note == (
        "services.api.environment.DB_PASSWORD has the name of a secret, and anyone who may read the workload sees its value. If it is one, "
        "move it to secrets."
    )


S = "secrets.database"
FOUR = "must have exactly one source of external, csi, generate, existing"
REFUSED: list[Any] = [
    ("no source", using("database", database={}), [f"{S} {FOUR}; it has none"]),
    ("two sources", using("database", database={**EXTERNAL, **CSI}), [f"{S} {FOUR}; it has external and csi"]),
    (
        "an unknown source",
        using("database", database={"vault": {}, **EXTERNAL}),
        [f"{S}.vault is not a setting; valid names are csi, existing, external, generate"],
    ),
    (
        "no key and no store",
        using("database", database={"external": {}}),
        [
            f"{S}.external.key is missing: give the name or ARN of the secret in AWS, such as prod/main/app",
            f"{S}.external.store is missing: give the name of a store of External Secrets in the cluster, such as aws",
        ],
    ),
    (
        "a refresh that is no duration",
        using("database", database=merged(EXTERNAL, {"external": {"refresh": "hourly"}})),
        [f"{S}.external.refresh is 'hourly', but it must be a duration such as 1h or 15m; 0s means never again"],
    ),
    (
        "files as variables",
        {**using("database", database=CSI), **ACCOUNT},
        [
            "services.api.secrets has database, whose values are files; give it a mount, such as {name: database, mount: "
            "/mnt/secrets/database}, or set secrets.database.csi.sync for environment variables"
        ],
    ),
    (
        "a copy of everything",
        {**using("database", database={"csi": {"key": "x", "sync": True}}), **ACCOUNT},
        [f"{S}.csi.properties is missing: with sync, say which members become which keys, such as {{DATABASE_URL: url}}"],
    ),
    (
        "a driver without permissions",
        using({"name": "database", "mount": "/mnt/db"}, database=CSI),
        [
            "service_account.identity is 'none', but secrets of the CSI driver are read with the pods' own permissions; use "
            "pod_identity or irsa"
        ],
    ),
    (
        "a length",
        using("database", database={"generate": {"key": "A", "length": 8}}),
        [f"{S}.generate.length is 8, but it must be a whole number from 16 to 1024"],
    ),
    (
        "no key to generate",
        using("database", database={"generate": {}}),
        [f"{S}.generate.key is missing: give the key of the generated value, such as SESSION_KEY"],
    ),
    (
        "one key and several",
        using("database", database={"generate": {"key": "A", "keys": {"B": 32}}}),
        [f"{S}.generate has keys as well as key or length; use one or the other"],
    ),
    (
        "no name of a Secret",
        using("database", database={"existing": "App"}),
        [f"{S}.existing is 'App', but it must be true, or the name of a Secret in the namespace, such as app-secrets"],
    ),
    (
        "a secret that is not described",
        using("databse", database=EXTERNAL),
        ["services.api.secrets[0] is 'databse', but there is no such entry in secrets; did you mean database?"],
    ),
    (
        "configuration that is not described",
        with_service(configuration=["app"]),
        ["services.api.configuration[0] is 'app', but there is no such entry in configuration; configuration is empty"],
    ),
    (
        "a list that is none",
        with_service(configuration="app"),
        ["services.api.configuration is 'app', but it must be a list of names of configuration, such as [api]"],
    ),
    (
        "keys that cannot be variables",
        using("app", part="configuration", app={"log.level": "x"}),
        [
            "services.api.configuration, app is 'log.level', but it cannot be an environment variable; rename the key, name the "
            "variable with keys, or mount it as a file"
        ],
    ),
    (
        "a key that is not there",
        using({"name": "app", "keys": {"LEVEL": "log_levle"}}, part="configuration", app={"log_level": "x"}),
        ["services.api.configuration, app, keys.LEVEL is 'log_levle', but there is no such key; did you mean log_level?"],
    ),
    (
        "files and variables in one",
        using({"name": "app", "mount": "/etc/app", "keys": {"A": "B"}}, part="configuration", app={"B": "x"}),
        ["services.api.configuration[0] has mount and keys; keys are for environment variables, so list it twice for both"],
    ),
    (
        "two things in one folder",
        merged(
            using({"name": "app", "mount": "/data"}, part="configuration", app={"B": "x"}), {"services": {"api": {"writable": ["/data"]}}}
        ),
        ["services.api mounts two things at /data; give each its own folder"],
    ),
    (
        "a key with a slash",
        using("app", part="configuration", app={"a/b": "x"}),
        ["configuration.app is 'a/b', but a key must be at most 253 letters, digits, '-', '_' and '.'"],
    ),
    (
        "a name with an underscore",
        {**with_service(), "configuration": {"my_app": {}}},
        [
            "configuration is 'my_app', but a name must be at most 50 lower-case letters, digits and '-', with a letter or digit at "
            "both ends"
        ],
    ),
    (
        "more than a ConfigMap holds",
        using("app", part="configuration", app={"A": "x" * 1_048_577}),
        ["configuration.app has more than 1 MiB, which is more than a ConfigMap holds; put large files into the image or a bucket"],
    ),
]


@pytest.mark.parametrize(("settings", "expected"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_refused(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(settings) == expected


def test_no_message_shows_a_value() -> None:
    canary = ["canary-1234"]
    settings = using("app", part="configuration", app={"PASSWORD": canary})
    settings["services"]["api"]["environment"] = {"TOKEN": canary}
    assert "canary" not in "\n".join(problems(settings))
