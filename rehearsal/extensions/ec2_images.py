"""Machine images and prefix lists: details of registered ones that moto drops, and the owner of AWS's own."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.ec2_common import tags_in
from rehearsal.registry import Call, adjusts, answers
from rehearsal.replies import Refusal

# Parameters of RegisterImage that moto's image class supports.
KEPT = {
    "Architecture": "architecture",
    "RootDeviceName": "root_device_name",
    "VirtualizationType": "virtualization_type",
    "ImageLocation": "image_location",
    "BootMode": "boot_mode",
}
DEFAULTS = {"Architecture": "i386", "VirtualizationType": "paravirtual"}


@answers("ec2", "RegisterImage")
def register_image(call: Call) -> Any:
    name = call.get("Name")
    if any(image.name == name and image.owner_id == call.account_id for image in call.backend.amis.values()):
        raise Refusal("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by this account")
    image = call.backend.register_image(name, call.get("Description"))
    for member, attribute in KEPT.items():
        value = call.get(member) or DEFAULTS.get(member)
        if value:
            setattr(image, attribute, value)
    image.add_tags(tags_in(call, "image"))
    return {"ImageId": image.id}


@adjusts("ec2")
def lists_of_aws() -> None:
    """Prefix lists with AWS's name prefix belong to AWS, as in every account."""
    from moto.ec2.models.managed_prefixes import ManagedPrefixList

    def owner_id(self: Any) -> str:
        if (self.prefix_list_name or "").startswith("com.amazonaws."):
            return "AWS"
        return str(self.resource_owner_id or self.ec2_backend.account_id)

    ManagedPrefixList.owner_id = property(owner_id)
