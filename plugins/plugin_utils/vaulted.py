# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Find the values that came from Ansible Vault.

ansible-core marks a value that was encrypted in place (``!vault``), and records the source file of every value. The mark stays with the
value itself, but is lost in a string that a template builds from it. So the secrets are collected here from the host's variables, where
they are still marked, and then searched for by content in everything that a module returns or saves.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.vault import EncryptedString

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.values import ACCOUNT_ID, REGION

try:  # internal to ansible-core; tests/integration/eks_content/test_secrets.py notices if they move
    from ansible._internal._datatag._tags import Origin, SourceWasEncrypted, VaultedValue

    MARKS: tuple[Any, ...] = (VaultedValue, SourceWasEncrypted)
    ORIGIN: Any = Origin
except ImportError:
    MARKS, ORIGIN = (), None

HEADER = b"$ANSIBLE_VAULT;"
FORMS = {"region": REGION, "expected_account_id": ACCOUNT_ID}
ELSEWHERE = frozenset(
    (
        "hostvars",
        "vars",
        "groups",
        "group_names",
        "environment",
        "_task",
        "ansible_facts",
        "omit",
        "ansible_failed_task",
        "ansible_failed_result",
    )
)
"""Variables that repeat others, or that Ansible creates. Values of other hosts are recognized only if they arrive unchanged."""


def secrets_among(variables: Mapping[str, Any], arguments: Any, known: Iterable[Any] = ()) -> set[str]:
    """Every string and number from Vault in a host's variables and the arguments of a task.

    ``known``: names that are not secret even if they are kept in a vault, such as that of the region.
    """
    own = {name: value for name, value in variables.items() if name not in ELSEWHERE}
    names = {str(one) for one in known if one}
    return {text for text in (*_secrets(own), *_secrets(arguments)) if text not in names and "{{" not in text and "{%" not in text}


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple):
        for key in value if isinstance(value, Mapping) else range(len(value)):
            # Ansible resolves templates in what tasks have registered only when an item is read, and not every template can be resolved.
            with contextlib.suppress(AnsibleError):
                yield from _secrets(value[key])
    elif isinstance(value, set):
        for item in value:
            yield from _secrets(item)
    elif isinstance(value, EncryptedString):
        try:
            yield str(value)
        except AnsibleError:
            return  # its password was not given, so no task can use it either
    elif isinstance(value, str | int) and not isinstance(value, bool) and _is_marked(value):
        yield str(value)


def _is_marked(value: Any) -> bool:
    if any(mark.is_tagged_on(value) for mark in MARKS):
        return True
    origin = ORIGIN.get_tag(value) if ORIGIN else None
    return bool(origin is not None and origin.path and _is_encrypted(str(origin.path)))


@functools.cache
def _is_encrypted(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError:
        return False


def names_in(arguments: Mapping[str, Any], hosts: Mapping[str, Collection[str]]) -> Iterator[Any]:
    """What identifies the call rather than being secret: its environment, component, region, account and clusters, and the inventory."""
    yield from (arguments.get(name) for name in ("environment", "component", "name", "cluster", "state"))
    yield from (arguments[name] for name, form in FORMS.items() if form.fullmatch(str(arguments.get(name))))
    for group, members in hosts.items():
        yield group
        yield from members
