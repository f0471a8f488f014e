"""Authorization checks for IAM calls: roles and instance profiles by name and path, OIDC providers by their URLs."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask, pairs
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("iam")
def asked(call: Call) -> Iterator[Ask]:
    if "OpenIDConnectProvider" in call.operation:
        yield from _oidc(call)
        return
    if "InstanceProfile" in call.operation:
        yield from _profile(call)
        return
    name = call.get("RoleName")
    if not name:
        yield ask(call, "*")
        return
    role = next((one for one in call.backend.get_roles() if one.name == name), None)
    # the path of a role that does not exist is unknown
    path = role.path if role else (call.get("Path") or "/") if call.operation == "CreateRole" else "/"
    bound = call.get("PermissionsBoundary") or (role.permissions_boundary_arn if role else "") or ""
    request = {tag["Key"]: tag.get("Value", "") for tag in call.get("Tags") or ()}
    resource = arn(call, "iam", f"role{path}{name}", "")
    there = pairs(role.tags) if role else {}
    yield ask(call, resource, request=request, there=there, iam_permissionsboundary=bound, iam_policyarn=call.get("PolicyArn") or "")
    if call.operation == "CreateRole" and request:
        yield ask(call, resource, "iam:TagRole", request=request)


def _profile(call: Call) -> Iterator[Ask]:
    """A role is passed to EC2 when it is added to a profile."""
    name = call.get("InstanceProfileName")
    if not name:
        yield ask(call, "*")
        return
    profile = call.backend.instance_profiles.get(name)
    path = profile.path if profile else (call.get("Path") or "/") if call.operation == "CreateInstanceProfile" else "/"
    resource = arn(call, "iam", f"instance-profile{path}{name}", "")
    request = pairs(call.get("Tags") or ())
    yield ask(call, resource, request=request, there=pairs(profile.tags) if profile else {})
    if call.operation == "CreateInstanceProfile" and request:
        yield ask(call, resource, "iam:TagInstanceProfile", request=request)
    if call.operation == "AddRoleToInstanceProfile":
        role = next((one for one in call.backend.get_roles() if one.name == call.get("RoleName")), None)
        passed = arn(call, "iam", f"role{role.path if role else '/'}{call.get('RoleName')}", "")
        yield ask(call, passed, "iam:PassRole", iam_passedtoservice="ec2.amazonaws.com")


def _oidc(call: Call) -> Iterator[Ask]:
    """Providers are identified by their URLs."""
    url, identity = call.get("Url"), call.get("OpenIDConnectProviderArn")
    if not (url or identity):
        yield ask(call, "*")
        return
    resource = str(identity or arn(call, "iam", f"oidc-provider/{url.removeprefix('https://').rstrip('/')}", ""))
    provider = call.backend.open_id_providers.get(resource)
    request = pairs(call.get("Tags") or ())
    yield ask(call, resource, request=request, there=pairs(provider.get_tags()) if provider else {})
    if call.operation == "CreateOpenIDConnectProvider" and request:
        yield ask(call, resource, "iam:TagOpenIDConnectProvider", request=request)
