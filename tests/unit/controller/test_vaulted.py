# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values from Ansible Vault, identified by ansible-core's tags on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible._internal._datatag._tags import Origin, SourceWasEncrypted, VaultedValue
from ansible.errors import AnsibleError

from ansible_collections.mainstay.aws.plugins.plugin_utils.vaulted import MARKS, names_in, secrets_among


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    found = {"vault": "$ANSIBLE_VAULT;1.1;AES256\n6162", "plain": "a: b\n"}
    for name, text in found.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in (*found, "missing")}


def test_ansible_core_still_marks_values() -> None:
    assert len(MARKS) == 2


def test_where_secrets_come_from(files: dict[str, str]) -> None:
    def read(value: Any, file: str) -> Any:
        return Origin(path=files[file], line_num=1).tag(value)

    variables = {
        "inline": VaultedValue(ciphertext="x").tag("canary-inline"),
        "nested": {"a": [read("canary-nested", "vault"), read("other", "plain")], "n": read(12345678, "vault")},
        "gone": read("other", "missing"),
        "template": read("{{ canary }}", "vault"),
        "plain": "other",
        "yes": read(True, "vault"),
        "hostvars": {"a": read("canary-elsewhere", "vault")},
    }
    arguments = {"a": {"b": read("canary-rendered", "vault")}, "c": SourceWasEncrypted().tag("canary-looked-up"), "d": 1}
    assert secrets_among(variables, arguments) == {
        *("canary-inline", "canary-nested", "12345678", "canary-rendered", "canary-looked-up"),
    }


class Lazy(dict[str, Any]):
    """Like the containers in which Ansible keeps what tasks have registered: an item is resolved when it is read."""

    def __getitem__(self, name: str) -> Any:
        if name == "broken":
            raise AnsibleError("'__undefined' is undefined")
        return super().__getitem__(name)


def test_a_template_that_cannot_be_resolved_hides_nothing_else() -> None:
    variables = {"result": Lazy(broken="{{ __undefined }}", password=VaultedValue(ciphertext="x").tag("canary-1"))}
    assert secrets_among(variables, {}) == {"canary-1"}


def test_names_are_no_secrets(files: dict[str, str]) -> None:
    variables = {"a": VaultedValue(ciphertext="x").tag("eu-west-1"), "b": VaultedValue(ciphertext="x").tag("network")}
    names = names_in({"region": "eu-west-1", "password": "x"}, {"vpc": ["network"], "all": ["network"]})
    assert secrets_among(variables, {}, names) == set()
