"""Identifies the AWS operation of a request, its signer, and whether it changes anything. All functions here are pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from rehearsal import declarations

# Signing names that differ from the name of botocore's service model.
SIGNING_NAMES = {
    "aps": "amp",
    "email": "ses",
    "elasticfilesystem": "efs",
    "elasticmapreduce": "emr",
    "monitoring": "cloudwatch",
    "pricingplanmanager": "pricing-plan-manager",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
    "s3express": "s3",
    "airflow": "mwaa",
}

# Signing names shared by several services: the API version in a query request identifies the service.
SERVICES_BY_VERSION = {
    ("elasticloadbalancing", "2012-06-01"): "elb",
    ("elasticloadbalancing", "2015-12-01"): "elbv2",
}
# The same for REST services: the path prefix identifies the service.
SERVICES_BY_PATH = {
    ("email", "/v2/"): "sesv2",
    ("ses", "/v2/"): "sesv2",
    ("es", "/2021-01-01/"): "opensearch",
    ("s3", "/v20180820/"): "s3control",
}

READ_PREFIXES = (
    "BatchCheck",
    "BatchDescribe",
    "BatchGet",
    "Check",
    "Describe",
    "Discover",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Test",
    "Validate",
    "View",
)


@dataclass(frozen=True)
class Signature:
    """What a request states about its signer. `access_key_id` is None if the request is unsigned."""

    access_key_id: str | None
    signing_name: str | None
    region: str | None


@dataclass(frozen=True)
class Request:
    """One HTTP request with its complete body."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]  # names in lowercase
    body: bytes
    environ: Mapping[str, Any]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @cached_property
    def form(self) -> dict[str, str]:
        """The first value of each parameter of a query-protocol request, from its body or its query string."""
        text = self.query_string
        if self.content_type.startswith("application/x-www-form-urlencoded"):
            text = f"{self.body.decode('utf-8', 'replace')}&{text}"
        return {key: values[0] for key, values in parse_qs(text, keep_blank_values=True).items()}

    def wsgi(self) -> dict[str, Any]:
        """A new WSGI environment with the body rewound, to pass on."""
        return {**self.environ, "wsgi.input": BytesIO(self.body), "CONTENT_LENGTH": str(len(self.body))}


_SIGV4 = re.compile(r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<name>[^/]+)/aws4_request")
_SIGV4A = re.compile(r"AWS4-ECDSA-P256-SHA256 Credential=(?P<key>[^/]+)/\d+/(?P<name>[^/]+)/aws4_request")
_SIGV2 = re.compile(r"AWS (?P<key>[^:]+):")


def signature(headers: Mapping[str, str], query: Mapping[str, str]) -> Signature:
    """Reads the credential scope from the Authorization header or from the parameters of a presigned URL."""
    authorization = headers.get("authorization", "")
    if match := _SIGV4.match(authorization):
        return Signature(match["key"], match["name"], match["region"])
    if match := _SIGV4A.match(authorization):
        return Signature(match["key"], match["name"], headers.get("x-amz-region-set", "").split(",")[0] or None)
    if match := _SIGV2.match(authorization):
        return Signature(match["key"], "s3", None)
    parts = query.get("X-Amz-Credential", "").split("/")
    if len(parts) == 5:
        return Signature(parts[0], parts[3], parts[2])
    if "AWSAccessKeyId" in query and "Signature" in query:  # a presigned URL in the older format, which only S3 has
        return Signature(query["AWSAccessKeyId"], "s3", None)
    return Signature(None, None, None)


def service_name(signing_name: str, version: str | None, path: str) -> str:
    """The botocore service behind a signing name."""
    name = signing_name.lower()
    if version and (name, version) in SERVICES_BY_VERSION:
        return SERVICES_BY_VERSION[name, version]
    for (signed, prefix), service in SERVICES_BY_PATH.items():
        if name == signed and path.startswith(prefix):
            return service
    return SIGNING_NAMES.get(name, name)


def operation_name(service: str, request: Request) -> str | None:
    """The operation of a request, or None if the service has none that matches."""
    target = request.headers.get("x-amz-target")
    if target:
        return target.rsplit(".", 1)[-1]
    if match := re.search(r"/service/[^/]+/operation/(\w+)$", request.path):
        return match[1]
    action = request.form.get("Action")
    return action or _rest_operation(service, request)


def _rest_operation(service: str, request: Request) -> str | None:
    matched = _match_rest(service, request)
    return str(matched[0].name) if matched else None


def _match_rest(service: str, request: Request) -> tuple[Any, dict[str, Any]] | None:
    from botocore.exceptions import UnknownServiceError
    from moto.core.request import Request as MotoRequest
    from moto.core.routing import get_service_router
    from werkzeug.exceptions import HTTPException

    try:
        return get_service_router(service).match(MotoRequest(request.wsgi()))
    except (HTTPException, NotImplementedError, UnknownServiceError):
        return None


def parameters(service: str, operation: str, request: Request) -> dict[str, Any]:
    """A call's input, named and typed as in botocore's model of the operation; {} if there is no such model."""
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.request import Request as MotoRequest
    from moto.core.request import determine_request_protocol

    model = operation_model(service, operation)
    if model is None:
        return {}
    incoming = MotoRequest(request.wsgi())
    matched = _match_rest(service, request)
    protocol = determine_request_protocol(model.service_model, incoming.content_type)
    parser = PROTOCOL_PARSERS[protocol](model)
    parsed: dict[str, Any] = parser.parse(
        {
            "method": incoming.method,
            "values": incoming.values,
            "headers": incoming.headers,
            "body": request.body,
            "url_path": incoming.path,
            "url_params": matched[1] if matched else {},
        }
    )
    return parsed


@cache
def operation_model(service: str, operation: str | None) -> Any:
    """moto's version of botocore's model of one operation, or None."""
    from botocore.exceptions import UnknownServiceError
    from botocore.model import OperationNotFoundError
    from moto.core.utils import get_service_model

    try:
        return get_service_model(service).operation_model(operation or "")
    except (UnknownServiceError, OperationNotFoundError):
        return None


def is_mutating(service: str, operation: str | None, method: str = "POST") -> bool:
    """Whether the operation changes the account's contents. Unknown operations count as changes unless sent by GET or HEAD."""
    if operation is None:
        return method not in ("GET", "HEAD")
    declared = declarations.service(service)
    if operation in declared.changes:
        return True
    if operation in declared.reads:
        return False
    return not operation.startswith(READ_PREFIXES)
