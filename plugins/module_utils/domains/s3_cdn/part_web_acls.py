# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the domain that makes web ACLs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.place import Place
from ...component.domain import Observation
from ...component.outputs import Attributes, split, value
from ...component.parts import Described
from ...inputs.problems import Problems
from ...reconcile.model import Kind, Resource
from . import managed_groups
from .edge_mode import OPTION, usual_scopes
from .kinds.waf_ip_set import WafIpSet
from .kinds.waf_log_group import WafLogGroup
from .kinds.waf_web_acl import WafWebAcl
from .part import Granted, S3CdnPart
from .resources_web_acls import build, region_of
from .settings.web_acls import WebAcl, WebAcls, read_web_acls

OUTPUTS = {"arn": "arn", "name": "name"}
"""output -> attribute of waf_web_acl."""


class WebAclsPart(S3CdnPart):
    """Web ACLs for distributions and load balancers, their IP sets, and their log groups.

    A load balancer that the AWS Load Balancer Controller makes gets its web ACL by its Ingress: the controller would take away any other.
    """

    option = "web_acls"

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        prefix = f"{self.context.environment}-{self.context.component}-"
        return read_web_acls(given, self.option, prefix, problems, usual_scopes(self.context.params.get(OPTION)))

    def kinds(self, described: Described) -> Sequence[Kind]:
        own = self._own(described)
        names = {one.in_waf(scope) for one in own.values() for scope in one.scopes}
        sets = {f"{one.in_waf(scope)}-{each.name}" for one in own.values() for scope in one.scopes for each in one.ip_sets}
        return (WafIpSet(sets), WafLogGroup(), WafWebAcl(names))

    def regions(self, described: Described) -> Sequence[str]:
        scopes = {scope for one in self._own(described).values() for scope in one.scopes}
        return sorted({region_of(scope, self.context.region) for scope in scopes} - {""})

    def questions(self, described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        own = self._own(described)
        return {managed_groups.QUESTION: lambda aws: managed_groups.ask(aws, own)} if own else {}

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        return list(self._answered(described, observation, managed_groups.problems))

    def notes(self, described: Described, observation: Observation) -> Sequence[str]:
        return list(self._answered(described, observation, managed_groups.notes))

    def _answered(self, described: Described, observation: Observation, tell: Callable[[WebAcls, Any], Iterator[str]]) -> Iterator[str]:
        said = observation.answers.get(managed_groups.QUESTION)
        if said is not None:
            yield from tell(self._own(described), said)

    def resources(self, described: Described, place: Place, granted: Granted) -> Sequence[Resource]:
        return build(self._own(described), place)

    def outputs(self, _described: Described, attributes: Attributes) -> dict[str, Any]:
        """{"web_acls": {name: {scope: {arn, name}}}}."""
        found: dict[str, dict[str, Any]] = {}
        for address in sorted(attributes):
            kind, name = split(address)[:2]
            if kind == "waf_web_acl":
                called, _slash, scope = name.partition("/")
                found.setdefault(called, {})[scope] = {key: value(attributes, address, of) for key, of in OUTPUTS.items()}
        return {"web_acls": found}

    def _own(self, described: Described) -> Mapping[str, WebAcl]:
        return described.get(self.option) or {}
