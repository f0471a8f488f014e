"""Authorization checks for launching instances: everything a launch creates or uses, each with its source launch template.

After the EC2 part of the Service Authorization Reference. A caller who launches from a template also needs permission for the resources
that the template names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rehearsal.asking import arn, ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, backend

ACTION = "ec2:RunInstances"
MADE = ("instance", "network-interface", "volume")
AMAZON = "amazon"
"""The owner assumed for images without a known owning account."""


def launch(
    call: Call,
    template: Any,
    version: str,
    subnets: Iterable[str],
    groups: Iterable[str] = (),
    image: str = "",
    tags: Iterable[Mapping[str, Any]] = (),
) -> Iterator[Ask]:
    """``template``: moto's launch template, or None. Parameters of the call override those of the template's version."""
    ec2 = backend("ec2", call.account_id, call.region)
    data = _data(template, version)
    source: dict[str, Any] = {"ec2_launchtemplate": arn(call, "ec2", f"launch-template/{template.id}")} if template else {}

    def on(kind: str, identity: str, **more: Any) -> Ask:
        return ask(call, arn(call, "ec2", f"{kind}/{identity}"), ACTION, there=ec2.tags.get(identity, {}), **source, **more)

    if template:
        yield on("launch-template", template.id)
    yield from (on("subnet", subnet) for subnet in subnets)
    yield from (on("security-group", group) for group in groups or _groups(data))
    used = image or data.get("ImageId") or ""
    owner = next((one.owner_id for one in ec2.amis.values() if one.id == used), AMAZON)
    yield ask(call, f"arn:aws:ec2:{call.region}::image/{used or '*'}", ACTION, ec2_owner=str(owner), **source)
    if profile := (data.get("IamInstanceProfile") or {}).get("Arn"):
        yield ask(call, str(profile).replace(":instance-profile/", ":role/"), "iam:PassRole", iam_passedtoservice="ec2.amazonaws.com")
    given = {str(one["ResourceType"]): _pairs(one) for one in (*(data.get("TagSpecifications") or ()), *tags)}
    for kind in MADE:
        request = given.get(kind, {})
        yield ask(call, arn(call, "ec2", f"{kind}/*"), ACTION, request=request, **source)
        if request:
            yield ask(call, arn(call, "ec2", f"{kind}/*"), "ec2:CreateTags", request=request, ec2_createaction="RunInstances")


def run_instances(call: Call) -> Iterator[Ask]:
    """A direct launch by the caller. Without a subnet, AWS chooses one."""
    named = call.get("LaunchTemplate") or {}
    interfaces = call.get("NetworkInterfaces") or ()
    subnets = [str(one) for one in (call.get("SubnetId"), *(each.get("SubnetId") for each in interfaces)) if one]
    groups = [*(call.get("SecurityGroupIds") or ()), *(group for each in interfaces for group in each.get("Groups") or ())]
    yield from launch(
        call,
        find(call, named.get("LaunchTemplateId"), named.get("LaunchTemplateName")),
        str(named.get("Version") or "$Default"),
        subnets or ["*"],
        groups,
        str(call.get("ImageId") or ""),
        call.get("TagSpecifications") or (),
    )


def find(call: Call, identity: Any, name: Any) -> Any:
    """moto's launch template with that ID or name, or None."""
    templates = backend("ec2", call.account_id, call.region).launch_templates.values()
    return next((one for one in templates if one.id == identity or (name and one.name == name)), None)


def names_groups(template: Any, version: str) -> bool:
    return bool(_groups(_data(template, version)))


def _data(template: Any, version: str) -> Mapping[str, Any]:
    if template is None or not template.versions:
        return {}
    number = template.default_version_number if version == "$Default" else version
    chosen = next((one for one in template.versions if str(one.number) == str(number)), template.versions[-1])
    return dict(chosen.data)


def _groups(data: Mapping[str, Any]) -> list[str]:
    interfaces = data.get("NetworkInterfaces") or ()
    return [*(data.get("SecurityGroupIds") or ()), *(group for each in interfaces for group in each.get("Groups") or ())]


def _pairs(specification: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["Key"]): str(tag.get("Value") or "") for tag in specification.get("Tags") or ()}
