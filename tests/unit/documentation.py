# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options declared in a module's documentation, including those of our own fragments."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.mainstay.aws.plugins.doc_fragments.component import ModuleDocFragment

OURS = "mainstay.aws.component"


def options_with_fragments(documentation: str) -> dict[str, dict[str, Any]]:
    """Options by name, without prose. The module's own documentation wins, as in ansible-doc."""
    read = yaml.safe_load(documentation)
    texts = [getattr(ModuleDocFragment, (name.removeprefix(OURS).lstrip(".") or "documentation").upper()) for name in fragments(read)]
    declared = [yaml.safe_load(text)["options"] for text in texts]
    merged = {name: option for options in [*declared, read.get("options", {})] for name, option in options.items()}
    return {name: {key: value for key, value in option.items() if key != "description"} for name, option in merged.items()}


def documentable(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a documentation can declare of an argument specification: which options are not for logs is never documented."""
    return {name: {key: value for key, value in option.items() if key != "no_log"} for name, option in spec.items()}


def fragments(read: dict[str, Any]) -> list[str]:
    return [name for name in read.get("extends_documentation_fragment", []) if name.startswith(OURS)]
