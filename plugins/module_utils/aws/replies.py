# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Check that a reply comes from AWS: one check for all operations and protocols.

Something on the network path may answer in place of AWS, such as a proxy with an error page or a sign-in page. botocore parses such a page
into an empty result, and an empty list makes a run create everything a second time. So a reply counts only with the content type of its
protocol, the root element of its operation, a request id and the members that the service always returns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

XML = frozenset({"text/xml", "application/xml"})
JSON = frozenset({"application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1"})
CONTENT_TYPES: Mapping[str, frozenset[str]] = {
    "ec2": XML,
    "query": XML,
    "rest-xml": XML,
    "json": JSON,
    "rest-json": JSON,
    "smithy-rpc-v2-cbor": frozenset({"application/cbor"}),
}
REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id", "x-amz-requestid")
ERROR_ROOTS = frozenset({"Response", "ErrorResponse", "Error"})
AWS_NAMESPACE = re.compile(rb"xmlns(?::\w+)?\s*=\s*[\"']https?://[\w.-]*amazonaws\.com")

OMITS_EMPTY_LISTS = frozenset({"sqs:ListQueues", "sqs:ListDeadLetterSourceQueues"})
"""List calls whose replies leave out the list when it is empty. All others return an empty list."""

NOT_ALWAYS = frozenset({("ListHealthChecks", "Marker"), ("ListHostedZones", "Marker")})
"""(operation, member): required by the model, but left out. Route 53 echoes a marker, and the first page is asked for without one."""

PROLOG = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*", re.DOTALL)
ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
QUOTED = 60
"""Characters of a reply that an error message quotes: enough to recognize a proxy by its page."""


class NotFromAws(Exception):
    """A reply that AWS did not send, or that lacks what AWS always sends. The text describes the reply."""


def watch(client: Any) -> None:
    """Check every reply that a client receives: its calls then raise NotFromAws for replies that are not AWS's."""
    client.meta.events.register_last("after-call", _after_call, unique_id="mainstay-replies")


def _after_call(http_response: Any, parsed: Mapping[str, Any], model: Any, **_other: Any) -> None:
    check(http_response, parsed, model)


def check(http_response: Any, parsed: Mapping[str, Any], model: Any) -> None:
    """Raise NotFromAws unless this is AWS's reply to this operation.

    ``http_response`` and ``parsed`` are botocore's raw and parsed reply, ``model`` is its model of the operation.
    """
    headers = {str(name).lower(): str(value) for name, value in http_response.headers.items()}
    is_error = http_response.status_code >= 300
    streaming = model.has_streaming_output and not is_error
    body = b"" if streaming else bytes(http_response.content or b"")
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()

    def refuse(why: str) -> NotFromAws:
        said = f"status {http_response.status_code}, {content_type or 'no content type'}"
        return NotFromAws(f"{why} ({said}{_beginning(body)})")

    if not (parsed.get("ResponseMetadata", {}).get("RequestId") or any(headers.get(name) for name in REQUEST_IDS)):
        raise refuse("it carries no request id of AWS's")
    if streaming or model.http.get("method") == "HEAD":
        return
    if reason := _wrong_body(model, body, content_type, is_error):
        raise refuse(reason)
    if not is_error and (missing := _missing(model, parsed)):
        raise refuse(f"it lacks {', '.join(missing)}")


def _wrong_body(model: Any, body: bytes, content_type: str, is_error: bool) -> str:
    """Why this is not a valid reply body for the operation; empty if it is."""
    protocol = model.service_model.resolved_protocol
    if not body.strip():
        return "" if is_error or not _returns_a_document(model) else "its body is empty"
    if not is_error and _has_raw_payload(model):
        return ""
    if content_type not in CONTENT_TYPES.get(protocol, {content_type}):
        return "its content type is not that of the service"
    if protocol in ("json", "rest-json"):
        return "" if body.lstrip()[:1] == b"{" else "its body is no JSON object"
    return _wrong_root(model, protocol, body, is_error) if protocol in ("ec2", "query", "rest-xml") else ""


def _wrong_root(model: Any, protocol: str, body: bytes, is_error: bool) -> str:
    start = PROLOG.match(body)
    root = ROOT.match(body, start.end() if start else 0)
    name = root[1].decode() if root else ""
    if is_error:
        right = name in ERROR_ROOTS
    elif protocol == "rest-xml":  # its root elements follow no rule, but all have an AWS namespace
        right = bool(name) and bool(AWS_NAMESPACE.search(body[:1024]))
    else:
        right = name == f"{model.name}Response"
    return "" if right else f"its root element is {name or 'none'}"


def _members(model: Any) -> Mapping[str, Any]:
    """The members of the operation's output that are in the body."""
    shape = model.output_shape
    placed = ("header", "headers", "statusCode")
    return {n: m for n, m in shape.members.items() if m.serialization.get("location") not in placed} if shape is not None else {}


def _returns_a_document(model: Any) -> bool:
    """Whether a successful reply has a body: always in the query protocols, otherwise if there is anything to return."""
    protocol = model.service_model.resolved_protocol
    if protocol in ("ec2", "query"):
        return True
    return bool(_members(model)) and not _has_raw_payload(model)


def _has_raw_payload(model: Any) -> bool:
    """Whether the body is the raw value of one member, such as an exported file, and not a document of the protocol."""
    shape = model.output_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return payload is not None and shape.members[payload].type_name not in ("structure", "list", "map")


def _missing(model: Any, parsed: Mapping[str, Any]) -> list[str]:
    required = model.output_shape.required_members if model.output_shape is not None else ()
    return [name for name in required if name not in parsed and (model.name, name) not in NOT_ALWAYS]


def listed(operation: str, reply: Mapping[str, Any], items: str) -> list[Any]:
    """The entries of a list call's reply; ``operation`` is AWS's name (ec2:DescribeVpcs). Raises NotFromAws if the list is missing."""
    if items not in reply and operation not in OMITS_EMPTY_LISTS:
        raise NotFromAws(f"it lacks {items}, which AWS returns even when there is nothing to list")
    return list(reply.get(items) or [])


def _beginning(body: bytes) -> str:
    """The first characters of a body, on one line and in quotes, because the sender is untrusted."""
    text = " ".join(re.sub(r"[^ -~]", " ", body[:1024].decode("utf-8", "replace")).split())
    return f", beginning {text[:QUOTED]!r}" if text else ""
