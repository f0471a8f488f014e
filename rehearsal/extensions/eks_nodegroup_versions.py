"""Updates of a node group's version, image, and launch template: nodes are replaced in batches."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions import eks_nodegroup_checks as checks
from rehearsal.extensions.eks_common import begin_update
from rehearsal.extensions.eks_instances import Build
from rehearsal.extensions.eks_nodegroup_life import Roll, follow, roll_is_over
from rehearsal.extensions.eks_nodegroups import active_nodegroup
from rehearsal.extensions.eks_releases import CUSTOM, releases
from rehearsal.extensions.eks_user_data import CODE, max_pods, unusable
from rehearsal.kubernetes import VERSIONS
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal


@answers("eks", "UpdateNodegroupVersion")
def update_version(call: Call) -> Any:
    group = active_nodegroup(call)
    template = _template(call, group)
    target = _target(call, group, template)
    shown = template.shown() if template else group.launch_template
    group.rehearsal_roll = roll = Roll(target, bool(call.get("force")))
    if template:
        group.rehearsal_security_groups = template.security_groups or group.rehearsal_security_groups
    follow(group)
    params = {"Version": target.version, "ReleaseVersion": target.release}
    if template:
        params |= {"LaunchTemplateName": template.name, "LaunchTemplateVersion": template.version}

    def finish() -> None:
        group.version, group.release_version, group.launch_template = target.version, target.release, shown

    update = begin_update(
        group.rehearsal_cluster,
        "VersionUpdate",
        {name: value for name, value in params.items() if value},
        "eks_nodegroup",
        nodegroup=group.nodegroup_name,
        apply=finish,
        pending=lambda: not roll_is_over(group),
        failure=lambda: [roll.error] if roll.error else [],
    )
    return {"update": update.described()}


def _template(call: Call, group: Any) -> checks.Template | None:
    """The requested launch template: a different version of the one the group was created with."""
    template = checks.template_of(call, call.get("launchTemplate"))
    if template is None:
        return None
    if not group.launch_template:
        raise checks.invalid("Cannot update a node group that was created without a launch template to use one")
    if template.identity != group.launch_template["id"]:
        raise checks.invalid(f"You must specify the launch template that the node group was created with, {group.launch_template['id']}")
    if bool(template.image_id) != (group.ami_type == CUSTOM):
        raise checks.invalid("A node group cannot change between an image of its own and one of EKS")
    if wrong := unusable(template.data, group.ami_type):
        raise Refusal("InvalidRequestException", f"{CODE}: {wrong}")
    given = [] if group.rehearsal_types_of_template else list(group.instance_types)
    checks.checked_types(given, template, None if template.image_id else group.ami_type)
    return template


def _target(call: Call, group: Any, template: checks.Template | None) -> Build:
    """What the nodes should run. Without a version, the group's own; it must be neither newer than the cluster's nor older than the current
    one.
    """
    present: Build = group.rehearsal_build
    version, release = call.get("version"), call.get("releaseVersion")
    if group.ami_type == CUSTOM and (version or release):
        raise checks.invalid("You cannot specify version or releaseVersion when the launch template has an image id")
    wanted = str(version or _version_of(group, release) or present.version)
    if wanted not in VERSIONS:
        raise checks.invalid(f"Requested Nodegroup version {wanted} is not supported; {VERSIONS[0]} to {VERSIONS[-1]} are")
    newest = group.rehearsal_cluster.version
    if VERSIONS.index(wanted) > VERSIONS.index(newest):
        raise checks.invalid(f"Requested Nodegroup version {wanted} is newer than the cluster's, {newest}; upgrade the cluster first")
    if VERSIONS.index(wanted) < VERSIONS.index(present.version):
        raise checks.invalid(f"Nodegroup version can't be rolled back from {present.version} to {wanted}")
    only_template = template is not None and not version and not release
    chosen = present.release if group.ami_type == CUSTOM or only_template else checks.checked_release(group.ami_type, wanted, release)
    known = releases(group.ami_type, wanted)
    if wanted == present.version and chosen in known and present.release in known and known.index(chosen) < known.index(present.release):
        raise checks.invalid(f"Nodegroup release version can't be rolled back from {present.release} to {chosen}")
    own_type = template.data.get("InstanceType") if template else None
    return Build(
        wanted,
        chosen,
        own_type or present.instance_type,
        template.disk_gib if template else present.disk_gib,
        template.version if template else present.template_version,
        template.image_id if template else present.image_id,
        max_pods(template.data, group.ami_type) if template else present.max_pods,
    )


def _version_of(group: Any, release: str | None) -> str | None:
    """The minor version of a release."""
    return next((version for version in VERSIONS if release in releases(group.ami_type, version)), None) if release else None
