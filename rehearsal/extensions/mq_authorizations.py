"""Authorization checks for Amazon MQ calls, after the Amazon MQ part of the Service Authorization Reference.

Brokers and configurations are named by IDs, which the ARNs contain. Tags in a create call also require mq:CreateTags, and a broker requires
what Amazon MQ does in EC2 and with a key in the caller's name.
"""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask, service_linked_role
from rehearsal.extensions.kms_access import key_resource, tags_of_key
from rehearsal.extensions.mq_record import store_of
from rehearsal.extensions.mq_tags import tags_of_arn
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

CREATED = {"CreateBroker": "broker", "CreateConfiguration": "configuration"}
INTERFACES = ("CreateNetworkInterface", "CreateNetworkInterfacePermission", "CreateVpcEndpoint")
LOOKS = ("DescribeInternetGateways", "DescribeNetworkInterfaces", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeSubnets")


@authorizes("mq")
def asked(call: Call) -> Iterator[Ask]:
    request = dict(call.get("Tags") or {})
    if kind := CREATED.get(call.operation):
        yield ask(call, "*", request=request)
        if request:
            yield ask(call, arn(call, "mq", f"{kind}:*"), "mq:CreateTags", request=request)
    else:
        resource = _named(call)
        yield ask(call, resource, request=request, there=tags_of_arn(call.backend, resource) or {})
    if call.operation == "CreateBroker":
        yield service_linked_role(call, "mq.amazonaws.com", "AWSServiceRoleForAmazonMQ")
        for name in (*INTERFACES, *LOOKS, "DescribeVpcs"):
            yield ask(call, "*", f"ec2:{name}", ec2_authorizedservice="mq.amazonaws.com" if name.endswith("Permission") else "")
    key = (call.get("EncryptionOptions") or {}).get("KmsKeyId")
    if key:
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            for_service = "true" if action == "kms:CreateGrant" else ""
            yield ask(call, key_resource(call, str(key)), action, there=tags_of_key(call, str(key)), kms_grantisforawsresource=for_service)


def _named(call: Call) -> str:
    """The ARN of what a call names; `*` if it names nothing that exists."""
    known = store_of(call.backend)
    if given := call.get("ResourceArn"):
        return str(given)
    found = known.brokers.get(str(call.get("BrokerId"))) or known.configurations.get(str(call.get("ConfigurationId")))
    return found.arn if found else "*"
