# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The configuration and the secrets of an application, each with one source. Pure functions. No message contains a value of either."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.kubernetes import SUBDOMAIN
from ...inputs.reader import Reader
from ...inputs.tags import as_tag_text, text_remedy
from ...inputs.values import NAMESPACE

KEY = re.compile(r"[A-Za-z0-9._-]{1,253}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A name of an environment variable that every shell and language can read. Kubernetes itself accepts more."""

LARGEST = 1024 * 1024
"""Bytes of a ConfigMap (kubernetes.io/docs/concepts/configuration/configmap)."""

LONGEST_NAME = 50
"""Characters: a hash of ten and a hyphen are added to some names, and a name is also a label."""

ITS_NAME = f"a name must be at most {LONGEST_NAME} lower-case letters, digits and '-', with a letter or digit at both ends"
SOURCES = ("external", "csi", "generate", "existing")
DURATION = re.compile(r"(?:\d+h)?(?:\d+m)?(?:\d+s)?")
STORE_KINDS = ("ClusterSecretStore", "SecretStore")
OBJECT_TYPES = ("secretsmanager", "ssmparameter")


def content_hash(content: Any) -> str:
    """A hash that is equal for equal content, whatever its order."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Configuration:
    """Values by key, in a ConfigMap whose name contains their hash: changed values are another ConfigMap, which rolls the pods out, and
    the previous release still finds its own.
    """

    name: str
    values: Mapping[str, str]

    @property
    def object_name(self) -> str:
        return f"{self.name}-{content_hash(dict(self.values))}"


@dataclass(frozen=True)
class Secret:
    """One secret by its source.

    ``object_name``: the Kubernetes Secret that pods read; empty for CSI secrets that are only files. ``key``: its name or ARN in AWS.
    ``properties``: JSON members of it by key of the Secret; none means all of them. ``lengths``: of generated values, by key.
    ``type``: what AWS stores it as, for CSI.
    """

    name: str
    source: str
    object_name: str = ""
    key: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    store_kind: str = STORE_KINDS[0]
    refresh: str = "1h"
    lengths: Mapping[str, int] = field(default_factory=dict)
    type: str = OBJECT_TYPES[0]

    @property
    def is_mounted(self) -> bool:
        """Whether pods can have it only by mounting the driver's volume."""
        return self.source == "csi"


def is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and bool(NAMESPACE.fullmatch(text))


def read_configuration(reader: Reader) -> dict[str, Configuration]:
    found: dict[str, Configuration] = {}
    for name in reader.given:
        if not isinstance(name, str) or not is_name(name):
            reader.problems.add(reader.path, name, ITS_NAME)
            continue
        values = read_values(reader.section(name), KEY, "a key must be at most 253 letters, digits, '-', '_' and '.'")
        if sum(len(key.encode()) + len(value.encode()) for key, value in values.items()) > LARGEST:
            reader.problems.messages.append(
                f"{reader.at(name)} has more than 1 MiB, which is more than a ConfigMap holds; put large files into the image or a bucket"
            )
        found[name] = Configuration(name, values)
    return found


def read_values(reader: Reader, pattern: re.Pattern[str], its_name: str) -> dict[str, str]:
    """Strings by name. Values are not part of messages, because they may be secrets."""
    found: dict[str, str] = {}
    for name, value in reader.given.items():
        text = as_tag_text(value)
        if not isinstance(name, str) or not pattern.fullmatch(name):
            reader.problems.add(reader.path, name, its_name)
        elif text is None:
            reader.problems.messages.append(f"{reader.at(name)} is not a string, but {text_remedy(value)}")
        else:
            found[name] = text
    return found


def read_secrets(reader: Reader, fargate: bool) -> dict[str, Secret]:
    found: dict[str, Secret] = {}
    for name in reader.given:
        if not isinstance(name, str) or not is_name(name):
            reader.problems.add(reader.path, name, ITS_NAME)
        else:
            found[name] = _read_secret(name, reader.section(name), fargate)
    return found


def _read_secret(name: str, reader: Reader, fargate: bool) -> Secret:
    named = [source for source in SOURCES if reader.take(source) is not None]
    reader.finish()
    if len(named) != 1:
        text = f"it has {' and '.join(named)}" if named else "it has none"
        reader.problems.messages.append(f"{reader.path} must have exactly one source of {', '.join(SOURCES)}; {text}")
        return Secret(name, "existing")
    if named[0] == "csi" and fargate:
        reader.problems.messages.append(
            f"{reader.at('csi')} needs the Secrets Store CSI driver, a DaemonSet, and Fargate runs none; use external instead"
        )
    return {"external": _external, "csi": _csi, "generate": _generate, "existing": _existing}[named[0]](name, reader)


def _external(name: str, parent: Reader) -> Secret:
    reader = parent.section("external")
    found = Secret(
        name,
        "external",
        object_name=name,
        key=reader.required_text("key", "give the name or ARN of the secret in AWS, such as prod/main/app"),
        properties=_properties(reader),
        store=reader.required_text("store", "give the name of a store of External Secrets in the cluster, such as aws", SUBDOMAIN),
        store_kind=reader.choice("store_kind", STORE_KINDS, STORE_KINDS[0]),
        refresh=reader.text("refresh", "1h"),
    )
    if not DURATION.fullmatch(found.refresh):
        reader.problems.add(reader.at("refresh"), found.refresh, "it must be a duration such as 1h or 15m; 0s means never again")
    reader.finish()
    return found


def _csi(name: str, parent: Reader) -> Secret:
    reader = parent.section("csi")
    sync = reader.boolean("sync", False)
    found = Secret(
        name,
        "csi",
        object_name=name if sync else "",
        key=reader.required_text("key", "give the name or ARN of the secret in AWS, such as prod/main/app"),
        properties=_properties(reader),
        type=reader.choice("type", OBJECT_TYPES, OBJECT_TYPES[0]),
    )
    if sync and not found.properties:
        reader.problems.missing(reader.at("properties"), "with sync, say which members become which keys, such as {DATABASE_URL: url}")
    reader.finish()
    return found


def _properties(reader: Reader) -> dict[str, str]:
    return read_values(reader.section("properties"), KEY, "a key must be at most 253 letters, digits, '-', '_' and '.'")


def _generate(name: str, parent: Reader) -> Secret:
    """``{key, length}`` for one value, or ``keys`` with lengths for several."""
    reader = parent.section("generate")
    lengths: dict[str, int] = {}
    keys = reader.section("keys")
    for key in keys.given:
        if isinstance(key, str) and KEY.fullmatch(key):
            lengths[key] = keys.integer(key, 48, 16, 1024)
        else:
            keys.problems.add(keys.path, key, "a key must be at most 253 letters, digits, '-', '_' and '.'")
    if keys.given:
        if reader.take("key") is not None or reader.take("length") is not None:
            reader.problems.messages.append(f"{reader.path} has keys as well as key or length; use one or the other")
    else:
        key = reader.required_text("key", "give the key of the generated value, such as SESSION_KEY", KEY)
        length = reader.integer("length", 48, 16, 1024)
        lengths |= {key: length} if key else {}
    reader.finish()
    return Secret(name, "generate", object_name=name, lengths=lengths)


def _existing(name: str, parent: Reader) -> Secret:
    given: Any = parent.given["existing"]
    if given is True:
        return Secret(name, "existing", object_name=name)
    if isinstance(given, str) and SUBDOMAIN.fullmatch(given):
        return Secret(name, "existing", object_name=given)
    parent.problems.add(parent.at("existing"), given, "it must be true, or the name of a Secret in the namespace, such as app-secrets")
    return Secret(name, "existing")
