"""Node group requests that EKS rejects: roles, instance types, images, subnets, launch templates, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.extensions.eks_common import subnets_by_id
from rehearsal.extensions.eks_releases import CUSTOM, DEFAULT_AMI_TYPE, DEFAULT_ARM_AMI_TYPE, ami_type, releases
from rehearsal.extensions.policies import allows_service, usable_roles
from rehearsal.kubernetes.nodes import UnknownInstanceType, shape_of
from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal

DEFAULT_INSTANCE_TYPE = "t3.medium"
SIZES = ("minSize", "maxSize", "desiredSize")
DEFAULT_SIZES = {"minSize": 1, "maxSize": 2, "desiredSize": 2}
# EKS's error for each member of a launch template's data.
FORBIDDEN = {
    "IamInstanceProfile": "an instance profile. The noderole in your request will be used to construct an instance profile",
    "InstanceMarketOptions": "instance market options. The capacityType of your request says whether instances are Spot ones",
    "HibernationOptions": "hibernation options",
    "InstanceInitiatedShutdownBehavior": "a shutdown behavior",
    "DisableApiTermination": "termination protection",
}


def invalid(text: str) -> Refusal:
    return Refusal("InvalidParameterException", text)


@dataclass(frozen=True)
class Template:
    """A node group's launch template: its identity, version, and data."""

    identity: str
    name: str
    version: str
    data: dict[str, Any]

    def shown(self) -> dict[str, str]:
        return {"id": self.identity, "name": self.name, "version": self.version}

    @property
    def image_id(self) -> str | None:
        return self.data.get("ImageId") or None

    @property
    def security_groups(self) -> list[str]:
        interfaces = self.data.get("NetworkInterfaces") or []
        groups = [group for interface in interfaces for group in interface.get("Groups") or []]
        return list(self.data.get("SecurityGroupIds") or []) + groups

    @property
    def disk_gib(self) -> int:
        mapped = [device.get("Ebs") or {} for device in self.data.get("BlockDeviceMappings") or []]
        return max([int(ebs["VolumeSize"]) for ebs in mapped if ebs.get("VolumeSize")], default=20)


def checked_role(call: Call, arn: str, service: str, member: str) -> None:
    """A role that exists and that the service may assume."""
    role = next((each for each in usable_roles(call) if each.arn == arn), None)
    if role is None:
        raise invalid(f"The role with name {arn.rsplit('/', 1)[-1]} cannot be found. ({member} {arn})")
    if not allows_service(role.assume_role_policy_document, service):
        raise invalid(f"Following required service principals [{service}] were not found in the trust relationships of {member} {arn}")


def checked_sizes(given: dict[str, Any] | None, present: dict[str, int] | None = None) -> dict[str, int]:
    """The sizes of a new group, where a request sets all or none, or of a changed group, where it may set any."""
    sizes = dict(given or {})
    missing = [name for name in SIZES if name not in sizes]
    if present is None and missing and len(missing) < len(SIZES):
        raise invalid(f"scalingConfig must have all of {', '.join(SIZES)} or none; missing are {', '.join(missing)}")
    sizes = (present or DEFAULT_SIZES) | sizes
    low, high, desired = (sizes[name] for name in SIZES)
    if low < 0 or high < 1:
        raise invalid(f"minSize {low} must be at least 0, and maxSize {high} at least 1")
    if low > high:
        raise invalid(f"Minimum capacity {low} can't be greater than max size {high}")
    if low > desired:
        raise invalid(f"Minimum capacity {low} can't be greater than desired size {desired}")
    if desired > high:
        raise invalid(f"desired capacity {desired} can't be greater than max size {high}")
    return sizes


def checked_update_config(given: dict[str, Any] | None) -> dict[str, Any] | None:
    config = dict(given or {})
    if not config:
        return None
    if "maxUnavailable" in config and "maxUnavailablePercentage" in config:
        raise invalid("updateConfig may have maxUnavailable or maxUnavailablePercentage, not both")
    for name in ("maxUnavailable", "maxUnavailablePercentage"):
        if name in config and not 1 <= int(config[name]) <= 100:
            raise invalid(f"{name} must be between 1 and 100, not {config[name]}")
    return config


def checked_subnets(call: Call, cluster: Any, subnets: list[str]) -> None:
    known = subnets_by_id(call)
    if not subnets:
        raise invalid("A node group needs at least one subnet")
    for subnet in subnets:
        if subnet not in known:
            raise invalid(f"The subnet ID '{subnet}' does not exist")
    vpc = cluster.resources_vpc_config.get("vpcId")
    for subnet in subnets:
        if vpc and known[subnet].vpc_id != vpc:
            raise invalid(f"Subnet {subnet} is in VPC {known[subnet].vpc_id}, the cluster in {vpc}")


def checked_types(given: list[str], template: Template | None, ami: str | None) -> tuple[list[str], str]:
    """The instance types and the AMI type of a group; all must have one architecture."""
    own = [template.data["InstanceType"]] if template and template.data.get("InstanceType") else []
    if own and given:
        raise invalid("Instance types must be specified in either the request or the launch template, but not in both")
    types = given or own or [DEFAULT_INSTANCE_TYPE]
    if len(types) > 20:
        raise invalid(f"At most 20 instance types can be specified, not {len(types)}")
    architectures = {name: _architecture(name) for name in types}
    if template and template.image_id:
        if ami not in (None, CUSTOM):
            raise invalid("You cannot specify amiType when the launch template has an image id")
        return types, CUSTOM
    if ami == CUSTOM:
        raise invalid("The amiType CUSTOM needs an image id in the launch template")
    wanted = ami or (DEFAULT_ARM_AMI_TYPE if set(architectures.values()) == {"arm64"} else DEFAULT_AMI_TYPE)
    wrong = [name for name, architecture in architectures.items() if architecture != ami_type(wanted).architecture]
    if wrong:
        raise invalid(f"[{', '.join(wrong)}] is not a valid instance type for requested amiType {wanted}")
    return types, wanted


def _architecture(instance_type: str) -> str:
    try:
        return shape_of(instance_type).architecture
    except UnknownInstanceType as error:
        raise invalid(f"The following supplied instance types do not exist: [{instance_type}]") from error


def checked_release(ami: str, version: str, given: str | None) -> str:
    """The release of a group's image: the requested one, if it exists, or the newest."""
    last = ami_type(ami).last_version
    if last and _number(version) > _number(last):
        raise invalid(f"AMI Type {ami} is only supported for kubernetes versions {last} or earlier")
    known = releases(ami, version)
    if given is None:
        return known[-1]
    if given not in known:
        raise invalid(f"Requested release version {given} is not valid for kubernetes version {version}; there are {', '.join(known)}")
    return given


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def template_of(call: Call, specification: dict[str, Any] | None) -> Template | None:
    """The launch template of a request; it must not set anything that EKS controls itself."""
    if not specification:
        return None
    identity, name = specification.get("id"), specification.get("name")
    if bool(identity) == bool(name):
        raise invalid("A launch template is specified by either its id or its name")
    ec2 = backend("ec2", call.account_id, call.region)
    found = [each for each in ec2.launch_templates.values() if each.id == identity or each.name == name]
    if not found:
        raise Refusal("InvalidRequestException", f"The launch template {identity or name} does not exist")
    template, wanted = found[0], str(specification.get("version") or found[0].default_version_number)
    version = next((each for each in template.versions if str(each.number) == wanted), None)
    if version is None:
        raise Refusal("InvalidRequestException", f"The launch template {template.id} has no version {wanted}")
    checked = Template(template.id, template.name, wanted, dict(version.data or {}))
    _check_template(checked)
    return checked


def _check_template(template: Template) -> None:
    for member, what in FORBIDDEN.items():
        if template.data.get(member):
            raise invalid(f"Launch template {template.identity} should not specify {what}.")
    interfaces = template.data.get("NetworkInterfaces") or []
    if any(interface.get("SubnetId") for interface in interfaces):
        raise invalid(f"Launch template {template.identity} should not specify a subnet. The subnets in your request are used.")
    if template.data.get("SecurityGroupIds") and interfaces:
        raise invalid(f"Launch template {template.identity} should specify security groups either for network interfaces or for instances.")
