# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The fault matrix of clusters: every mutating operation of every kind of EKS against every fault, as test_matrix.py for networks.

The cloud only describes its clusters, nothing in it takes time, and each phase has no more than its operations need: a case costs half a
second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name

from ansible_collections.mainstay.aws.plugins.module_utils.aws.action_names import action_of
from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds import cluster_log_group as logs_eks
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.all import eks_kinds
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.actions import WRITES
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.source import operations_of
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import ObservationFailed, Result, Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from rehearsal.testing import Cloud
from tests.integration.faults import eks_scenes as scenes
from tests.integration.faults.faulty import FAULTS, Fault, Killed, Saboteur, refuse

OWNER = Owner("test", "clusters")
ALL = Consent(("*", "kms_key.*"), ("*", "kms_key.*"))
KINDS = eks_kinds((scenes.NAME,))

PHASES: dict[str, tuple[scenes.Scene, scenes.Scene]] = {
    "found": (scenes.nothing, scenes.ground_floor),
    "fill": (scenes.bare, scenes.inside),
    "staff": (scenes.roomy, scenes.with_nodes),
    "reconfigure": (scenes.with_provider, scenes.reconfigured),
    "refit": (scenes.inside, scenes.inside_changed),
    "roll": (scenes.with_nodes, scenes.nodes_changed),
    "destroy": (scenes.all_of_it, scenes.nothing),
}
MATRIX = {
    "found": "create_cluster create_launch_template create_log_group create_open_id_connect_provider put_retention_policy",
    "fill": "associate_access_policy create_access_entry create_addon create_fargate_profile create_pod_identity_association",
    "staff": "create_nodegroup put_scaling_policy put_scheduled_update_group_action",
    "reconfigure": """
        add_client_id_to_open_id_connect_provider remove_client_id_from_open_id_connect_provider tag_open_id_connect_provider tag_resource
        untag_open_id_connect_provider untag_resource update_cluster_config update_cluster_version""",
    "refit": "disassociate_access_policy update_access_entry update_addon update_pod_identity_association",
    "roll": """
        create_launch_template_version create_tags delete_policy delete_scheduled_action delete_tags update_nodegroup_config
        update_nodegroup_version""",
    "destroy": """
        delete_access_entry delete_addon delete_cluster delete_fargate_profile delete_launch_template delete_log_group delete_nodegroup
        delete_open_id_connect_provider delete_pod_identity_association""",
}
ELSEWHERE = {"associate_kms_key", "delete_retention_policy", "disassociate_kms_key"}
"""What the log group of a cluster inherits, and test_matrix.py breaks."""

NEW_ROLE = "Role with arn: arn:aws:iam::111122223333:role/cluster, could not be assumed because it does not exist or ..."
BUSY = "Cannot update because cluster test-main currently has update 408c0738-828c-42b2-aaa5-38691b63f738 in progress"
UPDATES = ("update_addon", "update_cluster_config", "update_cluster_version", "update_nodegroup_config", "update_nodegroup_version")
EKS_FAULTS = [
    *(fault for fault in FAULTS if not fault.only),
    Fault("F9 new role refused", refuse("InvalidParameterException", 400, NEW_ROLE), times=3, only=("create_cluster", "create_nodegroup")),
    Fault("F12 another update in progress", refuse("ResourceInUseException", 409, BUSY), times=2, only=(*UPDATES, "delete_cluster")),
]


def concerns(fault: Fault, method: str) -> bool:
    """Whether a fault can happen to an operation: lists lag behind what is made, and RequestLimitExceeded is EC2's word for its rate."""
    if fault.only:
        return method in fault.only
    if fault.lag:
        return method.startswith("create_")
    return fault.name != "F4 RequestLimitExceeded" or "launch_template" in method


CASES = [
    (phase, method, fault)
    for phase, methods in MATRIX.items()
    for method in methods.split()
    for fault in EKS_FAULTS
    if concerns(fault, method)
]
"""(phase, operation, fault): the first call of this operation in this phase is the one that the fault happens to."""

Recorded = dict[str, tuple[list[str], Counter[str]]]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=scenes.ACCOUNT, region=scenes.REGION, settings={"control_planes": False}) as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs_eks, "QUIET", 0.1)
        yield


def apply(make_client: Any, desired: list[Resource]) -> Result:
    aws = Aws(make_client, OWNER, pause=lambda _seconds: None)
    try:
        settings = Settings(ALL, Patience(poll=0.1, settle=1.5, timeout=20, grace=1))
        return reconcile(desired, observe(KINDS, aws), KINDS, aws, settings)
    finally:
        aws.close()


def prepare(cloud: Cloud, phase: str) -> list[Resource]:
    """The cloud as it is before a phase; returns what the phase wants."""
    cloud.admin.reset()
    ground = scenes.ground(cloud)
    before, after = PHASES[phase]
    assert list(apply(cloud.client, before(ground)).failures) == []
    return after(ground)


@pytest.fixture(scope="module")
def recorded(cloud: Cloud) -> Recorded:
    """For each phase without faults: its mutating calls, and what the account holds afterwards."""
    found: Recorded = {}
    for phase in PHASES:
        desired = prepare(cloud, phase)
        saboteur = Saboteur(cloud.client)
        assert list(apply(saboteur, desired).failures) == [], phase
        found[phase] = (saboteur.calls, scenes.inventory(cloud))
    return found


def operations() -> set[str]:
    """Every mutating operation that the kinds can make, as their source has it."""
    made = {one for kind in KINDS.values() for one in operations_of(kind)}
    return {xform_name(one.name) for one in made if action_of(one.service, one.name) in WRITES}


def test_every_mutating_operation_of_every_kind_is_in_the_matrix(recorded: Recorded) -> None:
    happened = {(phase, call.partition(".")[2]) for phase, (calls, _counts) in recorded.items() for call in calls}
    broken = {(phase, method) for phase, method, _fault in CASES}
    assert broken <= happened
    assert {method for _phase, method in broken} == operations() - ELSEWHERE


@pytest.mark.parametrize(("phase", "method", "fault"), CASES, ids=lambda value: value.name if isinstance(value, Fault) else value)
def test_fault(cloud: Cloud, recorded: Recorded, phase: str, method: str, fault: Fault) -> None:
    desired = prepare(cloud, phase)
    saboteur = Saboteur(cloud.client, method, fault)
    failures: list[Any] = []
    try:
        failures = list(apply(saboteur, desired).failures)
    except (Killed, ObservationFailed) as error:
        failures = [error]
    assert saboteur.left == 0, f"{method} is not called in {phase}"
    if fault.same_run:
        assert failures == []
    if failures:
        assert list(apply(cloud.client, desired).failures) == []
    aws = Aws(cloud.client, OWNER)
    assert make_plan(desired, observe(KINDS, aws), KINDS, ALL).changes == ()
    aws.close()
    assert scenes.inventory(cloud) == recorded[phase][1]
