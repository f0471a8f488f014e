"""Authorization checks for KMS calls: keys and aliases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rehearsal.asking import Tags, arn, ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("kms")
def asked(call: Call) -> Iterator[Ask]:
    request = {tag["TagKey"]: tag.get("TagValue", "") for tag in call.get("Tags") or ()}
    alias, target, key = call.get("AliasName"), call.get("TargetKeyId"), call.get("KeyId")
    if call.operation == "CreateKey":
        yield ask(call, "*", request=request)
        if request:
            yield ask(call, arn(call, "kms", "key/*"), "kms:TagResource", request=request)
        return
    if not (alias or key) or call.operation == "ListAliases":
        yield ask(call, "*")
    if alias:
        yield ask(call, arn(call, "kms", alias))
        current = next((one.id for one in call.backend.keys.values() if alias in one.aliases), None)
        left = current if call.operation in ("UpdateAlias", "DeleteAlias") else None
        yield from (_key(call, one, {}) for one in (target, left) if one)
    elif key and call.operation != "ListAliases":
        yield _key(call, key, request)


def _key(call: Call, key: str, request: Tags) -> Ask:
    identity = call.backend.any_id_to_key_id(key)
    tags = call.backend.tagger.get_tag_dict_for_resource(identity)
    asked = ask(call, arn(call, "kms", f"key/{identity}"), request=request, there=tags)
    aliases = tuple(sorted(call.backend.keys[identity].aliases)) if identity in call.backend.keys else ()
    return replace(asked, context={**asked.context, "kms:resourcealiases": aliases}) if aliases else asked
