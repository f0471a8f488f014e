"""The Auto Scaling group behind a managed node group. It has the node group's sizes and instances."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup

from rehearsal.extensions.eks_instances import Instance, instances_of
from rehearsal.extensions.eks_nodegroup_life import follow
from rehearsal.registry import MOTO, Call, answers, backend


class NodeGroupScaling(FakeAutoScalingGroup):
    """moto's group without moto's instances: it passes requested changes to the node group and reflects the node group's changes."""

    node_group: Any = None
    own_template: dict[str, str]
    min_size: Any
    max_size: Any
    desired_capacity: Any

    @property
    def instance_states(self) -> list[Any]:
        return [_shown(self, each) for each in instances_of(self.node_group)] if self.node_group else []

    @instance_states.setter
    def instance_states(self, states: list[Any]) -> None:
        """Always empty: moto has no instances of its own here."""

    def set_desired_capacity(self, new_capacity: int | None) -> None:
        desired = self.min_size if new_capacity is None else new_capacity
        for bound, limit, wrong in (
            ("above max", self.max_size, desired > self.max_size),
            ("below min", self.min_size, desired < self.min_size),
        ):
            if wrong:
                raise ValidationError(f"New SetDesiredCapacity value {desired} is {bound} value {limit} for the AutoScalingGroup.")
        self.desired_capacity = desired
        if self.node_group:
            self.node_group.scaling_config = {"minSize": self.min_size, "maxSize": self.max_size, "desiredSize": desired}
            follow(self.node_group)

    def update(self, **changes: Any) -> None:
        """Changes sizes only; EKS controls everything else. If the desired size is omitted, it is clamped to the other two."""
        low = self.min_size if changes.get("min_size") is None else changes["min_size"]
        high = self.max_size if changes.get("max_size") is None else changes["max_size"]
        if low > high:
            raise ValidationError("Max bound must be greater than or equal to min bound")
        desired = changes.get("desired_capacity")
        self.min_size, self.max_size = low, high
        self.set_desired_capacity(min(max(self.desired_capacity, low), high) if desired is None else desired)


def _shown(scaling: NodeGroupScaling, instance: Instance) -> Any:
    """An instance in the shape of DescribeAutoScalingGroups."""
    state = "Terminating:Wait" if instance.leaving is not None else "InService"
    return SimpleNamespace(
        instance=SimpleNamespace(id=instance.identity, autoscaling_group=scaling),
        instance_id=instance.identity,
        instance_type=instance.build.instance_type,
        availability_zone=instance.zone,
        lifecycle_state=state,
        health_status="Healthy",
        protected_from_scale_in=False,
        auto_scaling_group_name=scaling.name,
        launch_template=scaling.own_template,
        launch_configuration_name=None,
    )


def create_for(group: Any) -> NodeGroupScaling:
    """Creates the Auto Scaling group of a new node group and EKS's own launch template for it."""
    scaling = backend("autoscaling", group.rehearsal_account, group.region)
    template = _own_template(group)
    spec = {"LaunchTemplateId": template.id, "Version": "1"}
    overrides = [{"InstanceType": name} for name in group.instance_types]
    sizes = group.scaling_config
    made = NodeGroupScaling(
        name=f"eks-{group.nodegroup_name}-{group.uuid}",
        availability_zones=[],
        desired_capacity=sizes["desiredSize"],
        max_size=sizes["maxSize"],
        min_size=sizes["minSize"],
        launch_config_name="",
        launch_template={},
        vpc_zone_identifier=",".join(group.subnets),
        default_cooldown=300,
        health_check_period=15,
        health_check_type="EC2",
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
        autoscaling_backend=scaling,
        ec2_backend=scaling.ec2_backend,
        tags=_tags(group),
        mixed_instances_policy={"LaunchTemplate": {"LaunchTemplateSpecification": spec, "Overrides": overrides}},
        capacity_rebalance=group.capacity_type == "SPOT",
    )
    made.own_template = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": "1"}
    made.node_group = group
    scaling.autoscaling_groups[made.name] = made
    return made


def _own_template(group: Any) -> Any:
    ec2 = backend("ec2", group.rehearsal_account, group.region)
    tags = {"eks:cluster-name": group.cluster_name, "eks:nodegroup-name": group.nodegroup_name}
    return ec2.create_launch_template(f"eks-{group.uuid}", "", {"ImageId": "ami-00000000000000000"}, {"launch-template": tags})


def _tags(group: Any) -> list[dict[str, Any]]:
    """The tags that EKS sets, including those by which a cluster autoscaler discovers its groups."""
    values = {
        "eks:cluster-name": group.cluster_name,
        "eks:nodegroup-name": group.nodegroup_name,
        "k8s.io/cluster-autoscaler/enabled": "true",
        f"k8s.io/cluster-autoscaler/{group.cluster_name}": "owned",
        f"kubernetes.io/cluster/{group.cluster_name}": "owned",
    }
    return [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in values.items()]


def resize(group: Any) -> None:
    """Follows a change in the node group's sizes."""
    sizes, scaling = group.scaling_config, group.rehearsal_scaling
    scaling.min_size, scaling.max_size, scaling.desired_capacity = sizes["minSize"], sizes["maxSize"], sizes["desiredSize"]


def delete_of(group: Any) -> None:
    """Deletes a node group's Auto Scaling group, its scheduled actions and policies, and the launch template."""
    from rehearsal.extensions.autoscaling_plans import forget

    scaling, made = backend("autoscaling", group.rehearsal_account, group.region), group.rehearsal_scaling
    scaling.autoscaling_groups.pop(made.name, None)
    forget(scaling, made.name)
    ec2 = backend("ec2", group.rehearsal_account, group.region)
    if made.own_template["LaunchTemplateId"] in ec2.launch_templates:
        ec2.delete_launch_template(None, made.own_template["LaunchTemplateId"])


@answers("autoscaling", "TerminateInstanceInAutoScalingGroup")
def terminate_instance(call: Call) -> Any:
    """What a cluster autoscaler calls after it has emptied a node. Instances of other groups are left to moto."""
    import time
    from datetime import UTC, datetime

    wanted = call.get("InstanceId")
    for scaling in call.backend.autoscaling_groups.values():
        if not isinstance(scaling, NodeGroupScaling):
            continue
        for instance in instances_of(scaling.node_group):
            if instance.identity == wanted:
                instance.leaving = instance.leaving or time.monotonic()
                fewer = bool(call.get("ShouldDecrementDesiredCapacity"))
                scaling.set_desired_capacity(scaling.desired_capacity - (1 if fewer else 0))
                text = f"instance {wanted} was taken out of service in response to a user request"
                activity = {
                    "ActivityId": str(uuid.uuid4()),
                    "AutoScalingGroupName": scaling.name,
                    "Description": f"Terminating EC2 instance: {wanted}",
                    "Cause": f"At {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}.",
                    "StartTime": datetime.now(UTC),
                    "StatusCode": "InProgress",
                    "Progress": 0,
                }
                return {"Activity": activity}
    return MOTO
