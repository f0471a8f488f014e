"""CloudFront Functions: two stages with a version each; only what is published runs, and only what runs nowhere is deleted.

There is no JavaScript engine here. A function runs if its first line declares what it does, as those that the role `s3_cdn` generates do;
any other can be created, published, and associated, but fails when it is tested or a request reaches it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rehearsal.extensions.cloudfront_common import (
    Document,
    Function,
    Stage,
    check_version,
    found_in,
    invalid,
    items,
    page,
    remove,
    store,
    tidy,
)
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.traffic.edge_functions import CannotRun, run
from rehearsal.transitions import moment

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_BYTES = 10 * 1024
MOST_FUNCTIONS = 100
GONE = "NoSuchFunctionExists"
DEVELOPMENT, LIVE = "DEVELOPMENT", "LIVE"


def _stage(call: Call, name: str) -> Stage:
    config = tidy(call.get("FunctionConfig") or {})
    if config.get("Runtime") not in ("cloudfront-js-1.0", "cloudfront-js-2.0"):
        raise invalid("The parameter Runtime is not valid.")
    code = call.get("FunctionCode") or b""
    code = code.encode() if isinstance(code, str) else bytes(code)
    if len(code) > MOST_BYTES:
        raise Refusal("FunctionSizeLimitExceeded", f"The function is too large: at most {MOST_BYTES} bytes.", 413)
    if b"function handler" not in code:
        raise invalid("The function must have a handler.")
    return Stage(name, config, code=code)


def _status(call: Call, function: Function, stage: Stage) -> str:
    if stage is function.stages[DEVELOPMENT]:
        return "UNPUBLISHED" if LIVE not in function.stages or function.stages[LIVE].code != stage.code else "UNASSOCIATED"
    return "DEPLOYED" if users(call, function) else "UNASSOCIATED"


def _summary(call: Call, function: Function, name: str) -> Document:
    stage = function.stages[name]
    dates = {"CreatedTime": function.created, "LastModifiedTime": stage.modified}
    return {
        "Name": function.id,
        "Status": _status(call, function, stage),
        "FunctionConfig": stage.config,
        "FunctionMetadata": {"FunctionARN": function.arn, "Stage": name, **dates},
    }


def users(call: Call, function: Function) -> list[Any]:
    """The distributions that run a function."""
    return [one for one in store(call).distributions.values() if function.arn in associated(one)]


def associated(distribution: Any) -> list[str]:
    """The ARNs of the functions that a distribution runs."""
    found = [items(behavior.get("FunctionAssociations")) for behavior in distribution.behaviors()]
    return [str(one["FunctionARN"]) for some in found for one in some]


@answers("cloudfront", "CreateFunction")
def create(call: Call) -> Document:
    name, functions = str(call.get("Name") or ""), store(call).functions
    if not NAME.fullmatch(name):
        raise invalid("The parameter Name is not valid: 1 to 64 letters, digits, - and _.")
    if name in functions:
        raise Refusal("FunctionAlreadyExists", f"A function with the same name already exists: {name}", 409)
    if len(functions) >= MOST_FUNCTIONS:
        raise Refusal("TooManyFunctions", f"You have reached the maximum of {MOST_FUNCTIONS} functions.", 400)
    arn = f"arn:aws:cloudfront::{call.account_id}:function/{name}"
    tags = {one["Key"]: one.get("Value") or "" for one in (call.get("Tags") or {}).get("Items") or []}
    made = Function(name, arn, moment(), {DEVELOPMENT: _stage(call, DEVELOPMENT)}, tags)
    functions[name] = made
    url = f"https://cloudfront.amazonaws.com/2020-05-31/function/{arn}"
    return {"FunctionSummary": _summary(call, made, DEVELOPMENT), "Location": url, "ETag": made.stages[DEVELOPMENT].etag}


def _of(call: Call) -> tuple[Function, str]:
    function = found_in(store(call).functions, call.get("Name"), GONE)
    name = str(call.get("Stage") or DEVELOPMENT)
    if name not in function.stages:
        raise Refusal(GONE, "The specified function does not exist.", 404)
    return function, name


@answers("cloudfront", "DescribeFunction")
def describe(call: Call) -> Document:
    function, name = _of(call)
    return {"FunctionSummary": _summary(call, function, name), "ETag": function.stages[name].etag}


@answers("cloudfront", "GetFunction")
def get(call: Call) -> Document:
    function, name = _of(call)
    stage = function.stages[name]
    return {"FunctionCode": stage.code, "ETag": stage.etag, "ContentType": "application/octet-stream"}


@answers("cloudfront", "ListFunctions")
def listed(call: Call) -> Document:
    wanted = [str(call.get("Stage"))] if call.get("Stage") else [DEVELOPMENT, LIVE]
    found: list[tuple[str, Document]] = [
        (f"{one.id}/{name}", _summary(call, one, name)) for one in store(call).functions.values() for name in wanted if name in one.stages
    ]
    return {"FunctionList": page(call, found, numbers=False)}


@answers("cloudfront", "UpdateFunction")
def update(call: Call) -> Document:
    function, _name = _of(call)
    check_version(call, function.stages[DEVELOPMENT].etag)
    function.stages[DEVELOPMENT] = _stage(call, DEVELOPMENT)
    return {"FunctionSummary": _summary(call, function, DEVELOPMENT), "ETag": function.stages[DEVELOPMENT].etag}


@answers("cloudfront", "PublishFunction")
def publish(call: Call) -> Document:
    function, _name = _of(call)
    stage = function.stages[DEVELOPMENT]
    check_version(call, stage.etag)
    function.stages[LIVE] = Stage(LIVE, stage.config, code=stage.code)
    for one in users(call, function):
        one.change(one.config)  # it has another version then (hashicorp/terraform-provider-aws#22816)
        one.status = "Deployed"  # reached after the usual delay
    return {"FunctionSummary": _summary(call, function, LIVE)}


@answers("cloudfront", "DeleteFunction")
def delete(call: Call) -> Document:
    function, _name = _of(call)
    check_version(call, function.stages[DEVELOPMENT].etag)
    if users(call, function):
        raise Refusal("FunctionInUse", "Cannot delete the function, it is in use by one or more distributions.", 409)
    return remove(store(call).functions, function.id)


@answers("cloudfront", "TestFunction")
def test(call: Call) -> Document:
    function, name = _of(call)
    stage = function.stages[name]
    check_version(call, stage.etag)
    event = json.loads(call.get("EventObject") or b"{}")
    shown = {"FunctionSummary": _summary(call, function, name), "FunctionExecutionLogs": [], "ComputeUtilization": "10"}
    try:
        request = {**event["request"], "uri": run(stage.code, event["request"]["uri"])}
    except (CannotRun, KeyError) as error:
        return {"TestResult": {**shown, "FunctionErrorMessage": str(error), "FunctionOutput": ""}}
    return {"TestResult": {**shown, "FunctionErrorMessage": "", "FunctionOutput": json.dumps({"request": request})}}
