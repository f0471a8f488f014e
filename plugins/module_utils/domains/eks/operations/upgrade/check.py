# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module eks_upgrade_check runs, and what a plan that changes a version reports in addition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from .....aws.connection import Aws
from .....component.connect import check_options, connect, fail, identify
from .....inputs.problems import Problems
from .....kubernetes.problems import ApiProblem
from .....reconcile.errors import CallFailed, Failure, failure
from .....reconcile.planner import Plan
from ...settings.cluster import Network, read
from .facts import Facts
from .findings import BLOCKS, WARNS, Finding, in_the_way
from .judge import judge
from .look_aws import is_through, look_at_cluster
from .look_inside import api_of, look_inside
from .planned import planned

SERVICES = ("sts", "eks", "ec2")
"""The services that every run calls; their service models are loaded once, before the workers start."""


def run(module: Any) -> NoReturn:
    """Report what blocks the upgrades that the option ``clusters`` asks for; changes nothing, in check mode or not."""
    params = module.params
    problems = Problems()
    check_options(module)
    clusters = read(params["clusters"], "clusters", params["environment"], Network(), problems)
    if problems.messages:
        module.fail_json(msg="\n".join(problems.messages))
    aws, _endpoint, region = connect(module)
    upgrades: dict[str, dict[str, Any]] = {}
    blocking: list[str] = []
    try:
        identify(module, aws)
        for key, cluster in clusters.items():
            pinned = {name: addon.version for name, addon in cluster.addons.items() if addon.version}
            facts = look(aws, region, cluster.aws_name, cluster.version, pinned)
            found = judge(facts) if facts and not is_through(facts) else []
            blocking += [f"{key}: {finding.sentence()}" for finding in in_the_way(found, key, params["ignore"])]
            upgrades[key] = answer_for(key, facts, found)
    except CallFailed as error:
        fail(module, [failure("", error)], "The clusters could not be read. Nothing was changed.")
    findings = [finding for one in upgrades.values() for finding in one["findings"]]
    module.exit_json(changed=False, upgrades=upgrades, findings=findings, blocking=blocking, lines=[line_of(one) for one in findings])
    raise AssertionError("exit_json does not return")


def look(aws: Aws, region: str, name: str, target: str, pinned: Mapping[str, str]) -> Facts | None:
    """All known facts about a cluster; its own API is queried only if an upgrade is due. None if the cluster does not exist."""
    facts = look_at_cluster(aws, name, target, pinned)
    if facts is None or is_through(facts):
        return facts
    try:
        return replace(facts, inside=look_inside(api_of(aws.client, name, region)))
    except ApiProblem as problem:
        return replace(facts, unreachable=str(problem))


def answer_for(key: str, facts: Facts | None, found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "name": facts.name if facts else None,
        "from": facts.version if facts else None,
        "to": facts.target if facts else None,
        "needed": facts is not None and not is_through(facts),
        "findings": [finding.as_dict(key) for finding in found],
    }


def line_of(finding: Mapping[str, Any]) -> str:
    """``blocks  main  PodDisruptionBudget ...``: a finding as a line of text."""
    text = " ".join(part for part in (finding["what"], finding["remedy"]) if part)
    return f"{finding['severity']:6}  {finding['cluster']}  {text}"


def upgrade_doubts(plan: Plan, aws: Aws, region: str) -> tuple[list[Failure], list[str]]:
    """What blocks the version changes of a plan, and what else to know about them. A plan without any makes no calls."""
    blocking: list[Failure] = []
    said: list[str] = []
    for address, name, version in planned(plan):
        try:
            facts = look(aws, region, name, version, {})
        except CallFailed as error:
            said.append(f"{address}: what blocks {version} could not be checked: {error}")
            continue
        found = judge(facts) if facts else []
        blocking += [Failure(address, "", one.rule, one.what, one.remedy) for one in found if one.severity == BLOCKS]
        said += [f"{address}: {one.sentence()}" for one in found if one.severity == WARNS]
    return blocking, said
