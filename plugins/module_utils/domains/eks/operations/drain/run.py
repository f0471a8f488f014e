# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module eks_drain runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from .....aws.connection import Aws
from .....component.connect import check_options, connect, fail, place_of
from .....component.interruption import Interruption, hand_over, interruptible
from .....component.lock import held
from .....component.progress import Channel, progress
from .....inputs.problems import Problems
from .....kinds.clusters import clusters_there
from .....reconcile.errors import CallFailed, failure
from .....reconcile.waiting import Stopped, SystemClock
from ...settings.cluster import Network, read
from ..upgrade.look_inside import api_of
from .draining import Drainer, Limits
from .in_aws import vpcs_of_environment
from .leftovers import Cluster
from .report import Run, plan_of

SERVICES = ("sts", "ec2", "eks", "elb", "elbv2", "ssm")
"""The services that every run calls; their service models are loaded once, before the workers start."""

INTERRUPTED = "The run was interrupted. Deletions already started continue; run again to continue from here."


def run(module: Any) -> NoReturn:
    """Remove the component's load balancers from its clusters, or report what would be deleted; ends the module."""
    params = module.params
    begin = time.monotonic()
    check_options(module)
    aws, endpoint, region = connect(module)
    try:
        caller = aws.read("sts", "get_caller_identity")
        target = place_of(module, caller, region, endpoint).as_dict()
        there = clusters_there(aws)
        vpcs = vpcs_of_environment(aws) | set(params["vpc_ids"])
        # An invalid setting must not stop a removal.
        described = read(params["clusters"], "clusters", params["environment"], Network(), Problems())
        names = {cluster.aws_name: key for key, cluster in described.items()}
        clusters, strangers = ours(aws, there, names, vpcs)
        for name in strangers:
            warn(f"EKS cluster {name} does not have the owner mark of this component; it and the resources it created are left alone.")
        occupied = {vpc_of(one) for one in there if one["name"] not in names}
        drainer = Drainer(aws, clusters, occupied, lambda name: api_of(aws.client, name, region, params["api_timeout"]))
        drainer.look()
        protected = drainer.protected()
        reported = Run(params["component"], params["environment"], target, module.check_mode)

        def plan(**how: bool) -> dict[str, Any]:
            return {"plan": plan_of(reported, drainer.drains, time.monotonic() - begin, aws.counts, **how)} if params["summarize"] else {}

        if module.check_mode:
            answer(module, drainer, protected, changed=any(drain.left() for drain in drainer.drains), **plan())
        if protected:
            module.fail_json(msg="\n".join(["Nothing was deleted, because these are protected:", *protected]), protected=protected)
        drain(module, aws, drainer, str(caller["Arn"]), plan)
    except CallFailed as error:
        fail(module, [failure("", error)], "Draining stopped. Run again to continue from here.")
    raise AssertionError("the module has ended")


def ours(aws: Aws, there: Sequence[Mapping[str, Any]], names: Mapping[str, str], vpcs: Collection[str]) -> tuple[list[Cluster], list[str]]:
    """The component's clusters: those with its mark, and those of ``names`` that no longer exist. Also the names that others use."""
    found = {str(one["name"]): one for one in there}
    marked = {name: one for name, one in found.items() if aws.owner.address(one.get("tags") or {})}
    standing = [_standing(one, names.get(name) or key_of(aws, one)) for name, one in marked.items()]
    gone = [Cluster(name, frozenset(vpcs), exists=False, key=key) for name, key in names.items() if name not in found]
    return [*standing, *gone], sorted(name for name in names if name in found and name not in marked)


def _standing(one: Mapping[str, Any], key: str) -> Cluster:
    network = one.get("resourcesVpcConfig") or {}
    return Cluster(
        str(one["name"]),
        frozenset({vpc_of(one)}),
        key=key,
        protected=bool(one.get("deletionProtection")),
        security_group=str(network.get("clusterSecurityGroupId") or ""),
    )


def key_of(aws: Aws, one: Mapping[str, Any]) -> str:
    """``main`` for a cluster whose address is ``eks_cluster.main``."""
    return str(aws.owner.address(one.get("tags") or {}) or "").partition(".")[2]


def vpc_of(one: Mapping[str, Any]) -> str:
    return str((one.get("resourcesVpcConfig") or {}).get("vpcId") or "")


def drain(module: Any, aws: Aws, drainer: Drainer, caller: str, plan: Callable[..., dict[str, Any]]) -> NoReturn:
    """Drain under the run lock, unless there is nothing to do."""
    params = module.params
    clock = SystemClock()
    limits = Limits(params["controller_timeout"], params["timeout"], params["poll_interval"])
    done, stopped = True, False
    if any(one.left() for one in drainer.drains):
        with interruptible(clock.stop):
            try:
                with held(aws, "exclusive", caller, clock, params["lock_wait"], progress):
                    done = drainer.drain(limits, clock, progress)
            except Stopped:
                stopped = True
    changed = any(one.seen for one in drainer.drains)
    if stopped or Interruption.happened:
        said = {"msg": INTERRUPTED, "changed": changed, **plan(interrupted=True)}
        hand_over(Channel.host or params["component"], {"failed": True, **said})
        module.fail_json(**said)
    if not done:
        left = [f"- {drain.cluster.name}: {name}" for drain in drainer.drains for name in drain.left()]
        text = f"Still left after {params['timeout']:g} s. Find out what holds each one, or raise timeout, and run again:"
        reported = [one.as_dict() for one in drainer.drains]
        module.fail_json(msg="\n".join([text, *left]), changed=changed, clusters=reported, **plan(failed=True))
    answer(module, drainer, [], changed, **plan())


def answer(module: Any, drainer: Drainer, protected: list[str], changed: bool, **more: Any) -> NoReturn:
    drainer.name_volumes()
    for one in drainer.drains:
        if one.volumes:
            listed = ", ".join(f"{volume['id']} ({volume['claim'] or 'no claim'}, {volume['size']})" for volume in one.volumes)
            warn(f"The volumes of cluster {one.cluster.name} are kept; review them before you delete them: {listed}.")
        if one.reason and one.removed and one.cluster.exists:
            warn(f"What cluster {one.cluster.name} left was deleted through the AWS API, because {one.reason}.")
    module.exit_json(
        changed=changed,
        clusters=[one.as_dict() for one in drainer.drains],
        protected=protected,
        going=[f"{one.cluster.name}: {name}" for one in drainer.drains for name in one.left()],
        vpc_ids=sorted(frozenset().union(*(one.cluster.vpcs for one in drainer.drains))),
        **more,
    )
    raise AssertionError("exit_json does not return")
