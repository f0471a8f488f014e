"""The web ACL of a resource: AWS's response has no lock token, unlike that of GetWebACL."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, answers


@answers("wafv2", "GetWebACLForResource")
def for_resource(call: Call) -> Any:
    found = call.backend.get_web_acl_for_resource(call.get("ResourceArn"))
    return {"WebACL": {name: value for name, value in found.to_dict().items() if name != "LockToken"}} if found else {}
