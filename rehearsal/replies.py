"""Responses in the called service's protocol, for results and errors that moto did not produce."""

from __future__ import annotations

import re
import uuid
import warnings
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.operations import Request, operation_model


class Refusal(Exception):
    """An AWS error: AWS's code and message, and the HTTP status if it is not 400."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    error_code: str | None = field(default=None)


def error_reply(service: str, operation: str | None, request: Request, error: Exception) -> Reply:
    """The response to a refused call. `error` has `code` and `message` (a Refusal, or one of moto's errors)."""
    code = str(getattr(error, "code", "InternalFailure"))
    model = _any_operation(service, operation)
    if model is None:
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{error}</Message></Error></Errors></Response>"
        return Reply(getattr(error, "status", None) or 400, [("Content-Type", "text/xml")], body.encode(), code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reply = _serialize(model, request, error)
    return Reply(getattr(error, "status", None) or reply.status, reply.headers, reply.body, code)


def result_reply(service: str, operation: str, request: Request, result: Any) -> Reply:
    """The response to a successful call; `result` is a dict (or object) with the members of the operation's output."""
    return _serialize(operation_model(service, operation), request, result)


def parsed(service: str, operation: str, reply: Reply) -> dict[str, Any]:
    """A successful response, parsed as botocore returns it."""
    from botocore.parsers import create_parser

    model = operation_model(service, operation)
    headers = {name.lower(): value for name, value in reply.headers}
    raw = {"status_code": reply.status, "headers": headers, "body": reply.body}
    result: dict[str, Any] = create_parser(model.service_model.resolved_protocol).parse(raw, model.output_shape)
    result.pop("ResponseMetadata", None)
    return result


def error_code_of(status: int, headers: list[tuple[str, str]], body: bytes) -> str | None:
    """The error code in one of moto's responses, in any protocol; None if it is not an error."""
    if status < 400:
        return None
    for name, value in headers:
        if name.lower() == "x-amzn-errortype":
            return value.split(":")[0].rsplit("#", 1)[-1]
    match = re.search(rb'<Code>([^<]+)</Code>|"(?:__type|code|Code)":\s*"([^"]+)"', body)
    return (match[1] or match[2]).decode().rsplit("#", 1)[-1] if match else str(status)


CONTENT_TYPES = {"ec2": "text/xml;charset=UTF-8", "query": "text/xml", "rest-json": "application/json"}
"""The content type of responses, by protocol; in many of them moto leaves it to its web framework, which defaults to text/html."""
REQUEST_ID = "x-amzn-RequestId"


def with_aws_headers(service: str, operation: str | None, reply: Reply) -> Reply:
    """The response with the headers that AWS adds to every one: a request ID and, for these protocols, the content type."""
    model = _any_operation(service, operation) if service != "unknown" else None
    headers = list(reply.headers)
    if model is not None and (content_type := _content_type(model)):
        headers = [(name, value) for name, value in headers if name.lower() != "content-type"] + [("Content-Type", content_type)]
    if not any(name.lower() in (REQUEST_ID.lower(), "x-amz-request-id") for name, _value in headers):
        headers.append((REQUEST_ID, str(uuid.uuid4())))
    nothing = model is not None and reply.status < 300 and _content_type(model) and reply.body.strip() == b"null"
    return replace(reply, headers=headers, body=b"" if nothing else reply.body)


def _content_type(model: Any) -> str:
    protocol = str(model.service_model.resolved_protocol)
    if protocol == "json":
        return f"application/x-amz-json-{model.service_model.metadata.get('jsonVersion', '1.1')}"
    payload = model.output_shape.serialization.get("payload") if model.output_shape else None
    return "" if payload else CONTENT_TYPES.get(protocol, "")


def _any_operation(service: str, operation: str | None) -> Any:
    """A model for serializing errors: the operation's own, else any operation of that service."""
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    try:
        return operation_model(service, operation) or operation_model(service, get_service_model(service).operation_names[0])
    except UnknownServiceError:
        return None


def _serialize(model: Any, request: Request, result: Any) -> Reply:
    from moto.core.request import determine_request_protocol
    from moto.core.serialize import XFormedAttributePicker, get_serializer_class

    try:
        protocol = determine_request_protocol(model.service_model, request.content_type)
    except NotImplementedError:
        protocol = str(model.service_model.protocol)
    serializer = get_serializer_class(model.service_model.service_name, protocol)(
        operation_model=model, value_picker=XFormedAttributePicker(response_transformers={})
    )
    serialized = serializer.serialize(result)
    body = serialized["body"]
    return Reply(
        serialized["status_code"],
        [(str(name), str(value)) for name, value in serialized["headers"].items()],
        body.encode() if isinstance(body, str) else body,
    )
