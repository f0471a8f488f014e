"""Launch templates. Each version returns exactly what was submitted. Templates are found by their current tags."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.extensions.ec2_common import matching, tags_in
from rehearsal.registry import Call, adjusts, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import tags_of

NAME = re.compile(r"^[a-zA-Z0-9().\-/_]{3,128}$")
FILTERS = {
    "create-time": lambda each: [f"{each.create_time:%Y-%m-%dT%H:%M:%S.000Z}"],
    "launch-template-name": lambda each: [each.name],
}
DEFAULT_PAGE = 200
SPECIAL = ("$Latest", "$Default")


def _template(call: Call) -> Any:
    """The template that a call names by ID or by name."""
    identity, name = call.get("LaunchTemplateId"), call.get("LaunchTemplateName")
    if bool(identity) == bool(name):
        raise Refusal("InvalidParameterCombination", "Either provide launch template ID or launch template name to identify the template.")
    for template in call.backend.launch_templates.values():
        if template.id == identity or template.name == name:
            return template
    if identity:
        raise Refusal("InvalidLaunchTemplateId.NotFound", f"The specified launch template, with template ID {identity}, does not exist.")
    raise Refusal(
        "InvalidLaunchTemplateName.NotFoundException", f"The specified launch template, with template name {name}, does not exist."
    )


def _version(template: Any, wanted: str) -> Any:
    if wanted in SPECIAL:
        return template.versions[-1] if wanted == "$Latest" else _default(template)
    for version in template.versions:
        if str(version.number) == str(wanted):
            return version
    raise Refusal(
        "InvalidLaunchTemplateId.VersionNotFound",
        f"Could not find the specified version {wanted} for the launch template with ID {template.id}.",
    )


def _default(template: Any) -> Any:
    return next(version for version in template.versions if version.number == template.default_version_number)


def _creator(call: Call) -> str:
    return f"arn:aws:iam::{call.account_id}:user/rehearsal-{call.role}"


def _described(call: Call, template: Any) -> dict[str, Any]:
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "CreateTime": template.create_time,
        "CreatedBy": template.__dict__.get("rehearsal_creator") or _creator(call),
        "DefaultVersionNumber": template.default_version_number,
        "LatestVersionNumber": template.versions[-1].number,
        "Tags": [{"Key": key, "Value": value} for key, value in tags_of(template).items()],
    }


def _described_version(call: Call, template: Any, version: Any) -> dict[str, Any]:
    shown = {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "CreateTime": version.create_time,
        "CreatedBy": template.__dict__.get("rehearsal_creator") or _creator(call),
        "DefaultVersion": version.number == template.default_version_number,
        "LaunchTemplateData": version.data,
    }
    return shown | ({"VersionDescription": version.description} if version.description else {})


@adjusts("ec2")
def read_user_data_as_sent() -> None:
    """moto's instances expect user data in a moto class that is created only when moto parses and answers the call itself."""
    from moto.core.types import Base64EncodedString
    from moto.ec2.models.launch_templates import LaunchTemplateVersion

    def user_data(self: Any) -> Any:
        text = self.data.get("UserData")
        return Base64EncodedString(text) if isinstance(text, str) else text

    LaunchTemplateVersion.user_data = property(user_data)


@answers("ec2", "CreateLaunchTemplate")
def create(call: Call) -> Any:
    name, data = str(call.get("LaunchTemplateName")), dict(call.get("LaunchTemplateData") or {})
    if not NAME.match(name):
        raise Refusal(
            "InvalidLaunchTemplateName.MalformedException", f"The launch template name {name} must have 3 to 128 letters, digits and ().-/_"
        )
    if any(template.name == name for template in call.backend.launch_templates.values()):
        raise Refusal("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
    _check(data)
    template = call.backend.create_launch_template(
        name, call.get("VersionDescription"), data, {"launch-template": tags_in(call, "launch-template")}
    )
    template.rehearsal_creator = _creator(call)
    return {"LaunchTemplate": _described(call, template)}


@answers("ec2", "CreateLaunchTemplateVersion")
def create_version(call: Call) -> Any:
    template, data = _template(call), dict(call.get("LaunchTemplateData") or {})
    source = call.get("SourceVersion")
    _check(data)
    merged = dict(_version(template, source).data) | data if source else data
    version = template.create_version(merged, call.get("VersionDescription"))
    # moto numbers versions by counting those that remain; on AWS a number is never reused.
    version.number = template.__dict__["rehearsal_last_number"] = 1 + template.__dict__.get("rehearsal_last_number", version.number - 1)
    return {"LaunchTemplateVersion": _described_version(call, template, version)}


def _check(data: dict[str, Any]) -> None:
    if not data:
        raise Refusal("MissingParameter", "The request must contain the parameter LaunchTemplateData")
    options = data.get("MetadataOptions") or {}
    hops = options.get("HttpPutResponseHopLimit")
    if hops is not None and not 1 <= int(hops) <= 64:
        raise Refusal("InvalidParameterValue", f"HttpPutResponseHopLimit must be between 1 and 64, not {hops}")


@answers("ec2", "DescribeLaunchTemplates")
def describe(call: Call) -> Any:
    identities, names = call.get("LaunchTemplateIds") or [], call.get("LaunchTemplateNames") or []
    present = list(call.backend.launch_templates.values())
    for given, attribute, code in (
        (identities, "id", "InvalidLaunchTemplateId.NotFound"),
        (names, "name", "InvalidLaunchTemplateName.NotFoundException"),
    ):
        known = {getattr(template, attribute) for template in present}
        if missing := [each for each in given if each not in known]:
            raise Refusal(code, f"The specified launch template, {missing[0]}, does not exist.")
    chosen = [each for each in present if (not identities or each.id in identities) and (not names or each.name in names)]
    found, token = _page(call, matching(chosen, call.get("Filters"), FILTERS))
    return {"LaunchTemplates": [_described(call, each) for each in found], "NextToken": token}


@answers("ec2", "DescribeLaunchTemplateVersions")
def describe_versions(call: Call) -> Any:
    wanted = [str(each) for each in call.get("Versions") or []]
    if call.get("LaunchTemplateId") or call.get("LaunchTemplateName"):
        template = _template(call)
        low, high = int(call.get("MinVersion") or 1), int(call.get("MaxVersion") or template.versions[-1].number)
        versions = (
            [_version(template, each) for each in wanted]
            if wanted
            else [each for each in reversed(template.versions) if low <= each.number <= high]
        )
        pairs = [(template, version) for version in versions]
    elif wanted and set(wanted) <= set(SPECIAL):
        pairs = [(template, _version(template, each)) for template in call.backend.launch_templates.values() for each in wanted]
    else:
        raise Refusal("InvalidParameterValue", "Without a launch template, Versions must be $Latest, $Default, or both.")
    found, token = _page(call, pairs)
    return {"LaunchTemplateVersions": [_described_version(call, *pair) for pair in found], "NextToken": token}


def _page(call: Call, found: list[Any]) -> tuple[list[Any], str | None]:
    start, size = int(call.get("NextToken") or 0), int(call.get("MaxResults") or DEFAULT_PAGE)
    return found[start : start + size], str(start + size) if len(found) > start + size else None


@answers("ec2", "ModifyLaunchTemplate")
def modify(call: Call) -> Any:
    template = _template(call)
    if call.get("DefaultVersion"):
        template.default_version_number = _version(template, str(call.get("DefaultVersion"))).number
    return {"LaunchTemplate": _described(call, template)}


@answers("ec2", "DeleteLaunchTemplate")
def delete(call: Call) -> Any:
    template = _template(call)
    shown = _described(call, template) | {"Tags": []}
    call.backend.delete_launch_template(None, template.id)
    call.backend.tags.pop(template.id, None)
    return {"LaunchTemplate": shown}


@answers("ec2", "DeleteLaunchTemplateVersions")
def delete_versions(call: Call) -> Any:
    """The default version cannot be deleted."""
    template, done, failed = _template(call), [], []
    for wanted in call.get("Versions") or []:
        shown = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": int(wanted)}
        version = next((each for each in template.versions if str(each.number) == str(wanted)), None)
        if version is None:
            failed.append(
                shown | {"ResponseError": {"Code": "launchTemplateVersionDoesNotExist", "Message": f"There is no version {wanted}"}}
            )
        elif version.number == template.default_version_number:
            failed.append(
                shown | {"ResponseError": {"Code": "operationNotPermittedOnDefaultVersion", "Message": "It is the default version"}}
            )
        else:
            template.__dict__.setdefault("rehearsal_last_number", template.versions[-1].number)
            template.versions.remove(version)
            done.append(shown)
    return {"SuccessfullyDeletedLaunchTemplateVersions": done, "UnsuccessfullyDeletedLaunchTemplateVersions": failed}
