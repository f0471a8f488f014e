# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The domain s3_cdn: what the modules s3_cdn and s3_cdn_info run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ...component.domain import Observation
from ...component.lookup import read_outputs
from ...component.parts import PartsDomain, every_kind
from ...component.run import run as run_component
from ...reconcile.model import Kind, Resource
from .part import Granted, S3CdnPart
from .parts import PARTS

SERVICES = ("sts", "s3", "kms", "iam", "resourcegroupstaggingapi", "cloudfront", "wafv2", "logs", "secretsmanager")
"""The services that every call contacts, even when it changes nothing."""
KINDS: dict[str, Kind] = every_kind(PARTS)


class S3CdnDomain(PartsDomain[S3CdnPart]):
    """The buckets of a component and what distributes them."""

    reads_for_removal = True

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params, PARTS)

    def resources(self, observation: Observation) -> Sequence[Resource]:
        granted = sum((part.grants(self.given, observation.place) for part in self.parts), Granted())
        return [one for part in self.parts for one in part.resources(self.given, observation.place, granted)]


def run(module: Any) -> NoReturn:
    """Bring the component's buckets and what distributes them to the described state, or plan the changes."""
    run_component(module, S3CdnDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of what exists."""
    read_outputs(module, S3CdnDomain, described=any(module.params[part.option] is not None for part in PARTS))
