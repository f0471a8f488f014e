# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The environment and the files of a container: plain values, configuration, and secrets. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...cluster_objects.equal import quantity
from ...inputs.problems import suggestion
from ...inputs.reader import Reader
from ...sensitive.names import secret_below
from .configuration import KEY, VARIABLE, Configuration, Secret, read_values

ITS_VARIABLE = "the name of an environment variable must be letters, digits and '_', and must not begin with a digit"
RESERVED = "KUBERNETES_"
"""Kubernetes sets variables with this prefix itself."""


@dataclass(frozen=True)
class Use:
    """One configuration or secret in one container.

    ``mount``: the folder that its keys are files in; empty for environment variables. ``keys``: which of its keys become which variables;
    none means all of them under their own names.
    """

    name: str
    mount: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    """``writable``: size limits by folder; empty for none."""

    environment: Mapping[str, str] = field(default_factory=dict)
    configuration: tuple[Use, ...] = ()
    secrets: tuple[Use, ...] = ()
    writable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """The configuration and the secrets of the application."""

    configuration: Mapping[str, Configuration] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)


def read_sources(reader: Reader, known: Known, notes: list[str]) -> Sources:
    environment = read_values(reader.section("environment"), VARIABLE, ITS_VARIABLE)
    for name in environment:
        if name.startswith(RESERVED):
            reader.problems.add(reader.at("environment"), name, f"Kubernetes sets variables that begin with {RESERVED} itself; rename it")
        elif secret_below(name):
            notes.append(
                f"{reader.at('environment')}.{name} has the name of a secret, and anyone who may read the workload sees its value. If it "
                "is one, move it to secrets."
            )
    found = Sources(
        environment=environment,
        configuration=_uses(reader, "configuration", known.configuration),
        secrets=_uses(reader, "secrets", known.secrets),
        writable=read_writable(reader),
    )
    _check_mounts(reader, found)
    _check_files(reader, found.secrets, known.secrets)
    _check_variables(reader, found, known)
    return found


def _uses(reader: Reader, key: str, known: Mapping[str, Any]) -> tuple[Use, ...]:
    given = reader.take(key)
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        reader.problems.add(reader.at(key), given, f"it must be a list of names of {key}, such as [{next(iter(known), 'api')}]")
        return ()
    found: list[Use] = []
    for position, item in enumerate(given):
        section = Reader({"name": item} if isinstance(item, str) else item, f"{reader.at(key)}[{position}]", reader.problems)
        use = _use(section)
        if use.name and use.name not in known:
            hint = suggestion(use.name, list(known)) if known else f"{key} is empty"
            reader.problems.add(section.path, use.name, f"there is no such entry in {key}; {hint}")
        elif use in found:
            reader.problems.add(section.path, use.name, "the list already contains it; list each once")
        elif use.name:
            found.append(use)
    return tuple(found)


def _use(reader: Reader) -> Use:
    name = reader.required_text("name", "give the name of an entry, or write only the name")
    keys = read_values(reader.section("keys"), VARIABLE, ITS_VARIABLE)
    mount = _folder(reader, "mount", reader.take("mount"))
    if keys and mount:
        reader.problems.messages.append(f"{reader.path} has mount and keys; keys are for environment variables, so list it twice for both")
    wrong = [key for key in keys.values() if not KEY.fullmatch(key)]
    for key in wrong:
        reader.problems.add(reader.at("keys"), key, "a key must be at most 253 letters, digits, '-', '_' and '.'")
    reader.finish()
    return Use(name, mount, keys)


def _folder(reader: Reader, key: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("/") and value != "/" and ":" not in value and ".." not in value.split("/"):
        return value.rstrip("/")
    reader.problems.add(reader.at(key), value, "it must be an absolute path of a folder, such as /etc/app, without ':' and '..'")
    return ""


def read_writable(reader: Reader) -> dict[str, str]:
    """A list of folders, or folders with the size that they may have."""
    given = reader.take("writable")
    if given is None:
        return {}
    if isinstance(given, list | tuple):
        given = dict.fromkeys(str(one) for one in given)
    if not isinstance(given, Mapping):
        reader.problems.add(reader.at("writable"), given, "it must be a list of folders, such as [/tmp], or folders with sizes")
        return {}
    found: dict[str, str] = {}
    for path, size in given.items():
        folder = _folder(reader, "writable", path)
        if size is not None and (quantity(size) or 0) <= 0:
            reader.problems.add(f"{reader.at('writable')}.{path}", size, "it must be a size such as 100Mi or 1Gi")
        elif folder:
            found[folder] = "" if size is None else str(size)
    return found


def _check_mounts(reader: Reader, found: Sources) -> None:
    folders = [*found.writable, *(use.mount for use in (*found.configuration, *found.secrets) if use.mount)]
    for folder in sorted({one for one in folders if folders.count(one) > 1}):
        reader.problems.messages.append(f"{reader.path} mounts two things at {folder}; give each its own folder")


def _check_files(reader: Reader, uses: Collection[Use], secrets: Mapping[str, Secret]) -> None:
    """Secrets of the CSI driver are files. As variables they exist only as a copy, which the driver makes if asked to."""
    for use in uses:
        secret = secrets[use.name]
        if secret.is_mounted and not secret.object_name and (use.keys or not use.mount):
            reader.problems.messages.append(
                f"{reader.at('secrets')} has {use.name}, whose values are files; give it a mount, such as {{name: {use.name}, mount: "
                f"/mnt/secrets/{use.name}}}, or set secrets.{use.name}.csi.sync for environment variables"
            )


def _check_variables(reader: Reader, found: Sources, known: Known) -> None:
    """Keys that become variables must be valid names of variables, as far as they are known."""
    for part, uses in (("configuration", found.configuration), ("secrets", found.secrets)):
        for use in uses:
            keys = keys_of(use, known, part)
            wrong = [key for key in keys if not use.mount and not use.keys and not VARIABLE.fullmatch(key)]
            for key in wrong:
                reader.problems.add(
                    f"{reader.at(part)}, {use.name}",
                    key,
                    "it cannot be an environment variable; rename the key, name the variable with keys, or mount it as a file",
                )
            for variable, key in use.keys.items():
                if keys and key not in keys:
                    reader.problems.add(
                        f"{reader.at(part)}, {use.name}, keys.{variable}", key, f"there is no such key; {suggestion(key, keys)}"
                    )


def keys_of(use: Use, known: Known, part: str) -> list[str]:
    """The keys of what is used, as far as the settings say them."""
    if part == "configuration":
        return list(known.configuration[use.name].values)
    secret = known.secrets[use.name]
    return list(secret.properties or secret.lengths)
