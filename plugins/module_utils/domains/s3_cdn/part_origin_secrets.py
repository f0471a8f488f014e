# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the domain that makes the secret headers between distributions and load balancers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...aws.place import Place
from ...component.domain import Observation
from ...component.outputs import Attributes, split, value
from ...component.parts import Described
from ...inputs.problems import Problems
from ...reconcile.model import Kind, Resource
from .kinds.origin_secret import OriginSecret
from .part import Granted, S3CdnPart
from .settings.origin_secrets import PREFIX, SecretHeader, SecretHeaders, read_origin_secrets

KIND = OriginSecret.name
OUTPUTS = {"name": "id", "arn": "arn"}
"""output -> attribute."""


class OriginSecrets(S3CdnPart):
    """Generated values. Outputs name the secrets; whoever sends or compares a value reads it from Secrets Manager."""

    option = "origin_secrets"

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        return read_origin_secrets(given, self.option, problems)

    def kinds(self, described: Described) -> Sequence[Kind]:
        context = self.context
        path = f"/mainstay/{context.environment}/{context.component}/"
        sent = {origin.secret for one in (described.get("distributions") or {}).values() for origin in one.origins.values()}
        absent = context.params.get("state") == "absent"  # a secret whose deletion is scheduled is then gone, not to be restored
        wanted, read = (
            [f"{path}{PREFIX}{name}" for name in ([] if absent else names)] for names in (self._own(described), sorted(sent - {""}))
        )
        return (OriginSecret(wanted, read),)

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        live = {seen.address: seen.properties.get("rotation") or "" for seen in observation.observed if seen.kind == KIND}
        return list(too_early(self._own(described), live))

    def resources(self, described: Described, place: Place, granted: Granted) -> Sequence[Resource]:
        return [_resource(one, place) for one in self._own(described).values()]

    def outputs(self, _described: Described, attributes: Attributes) -> dict[str, Any]:
        """{"origin_secrets": {name: {name, arn}}}."""
        names = sorted(split(address)[1] for address in attributes if split(address)[0] == KIND)
        found = {name: {key: value(attributes, f"{KIND}.{name}", of) for key, of in OUTPUTS.items()} for name in names}
        return {"origin_secrets": found}

    def _own(self, described: Described) -> SecretHeaders:
        return described.get(self.option) or {}


def too_early(wanted: SecretHeaders, live: Mapping[str, str]) -> Iterator[str]:
    """A value that would be sent before the load balancer admits it: between the two steps, the applications have to be deployed."""
    for one in wanted.values():
        rotation = live.get(f"{KIND}.{one.name}")
        if rotation is not None and one.promoted and one.rotation != rotation:
            yield (
                f"{one.path}.in_use is {one.in_use!r}, but the load balancers do not admit the value of that rotation yet: run with "
                f"rotation {one.rotation!r} and in_use {rotation!r}, deploy the applications behind it, then set in_use"
            )


def _resource(one: SecretHeader, place: Place) -> Resource:
    name = f"{place.path}{PREFIX}{one.name}"
    properties: dict[str, Any] = {
        "secret_name": name,
        "description": f"Header by which origins recognize the distributions of {place.environment}/{place.component}",
        "content": {},
        "deletion_date": None,
        "tags": {**place.tags, "Name": name, **dict(one.tags)},
        **({"rotation": one.rotation} if one.rotation else {}),
        **({"promoted": True} if one.promoted else {}),
    }
    return Resource(KIND, one.name, properties)
