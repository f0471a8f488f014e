# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component's repositories, computed from addresses and attributes alone."""

from __future__ import annotations

from typing import Any

from ...component.outputs import Attributes, split, value

REPOSITORY = {"name": "id", "arn": "arn", "uri": "uri", "registry_id": "registry_id"}
"""output -> attribute of ecr_repository."""


def outputs(attributes: Attributes) -> dict[str, Any]:
    """{"repositories": {name: {name, arn, uri, registry_id}}, "key_arn"}. ``name``: in ECR. ``key_arn``: None without a key of ours."""
    names = sorted(split(address)[1] for address in attributes if split(address)[0] == "ecr_repository")
    return {
        "repositories": {
            name: {key: value(attributes, f"ecr_repository.{name}", attribute) for key, attribute in REPOSITORY.items()} for name in names
        },
        "key_arn": value(attributes, "kms_key.images", "arn"),
    }
