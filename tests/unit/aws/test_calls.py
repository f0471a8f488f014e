# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The retry layer: which calls are retried, how often, and how each AWS error is classified."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.calls import (
    ATTEMPTS,
    ATTEMPTS_UNREACHABLE,
    BUSY,
    LONGEST_PAUSE,
    THROTTLED,
    THROTTLED_FOR,
    call,
    is_gone,
    translate,
)
from ansible_collections.mainstay.aws.plugins.module_utils.aws.outages import HOLD_OUT, Outages
from ansible_collections.mainstay.aws.plugins.module_utils.aws.pacing import LONGEST_INTERVAL, Pacing
from ansible_collections.mainstay.aws.plugins.module_utils.aws.replies import NotFromAws
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet

URL = "http://127.0.0.1:1"


def refusal(code: str, message: str = "", status: int = 400) -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")


class Script:
    """A function that raises the given errors in turn and then returns; pauses advance a clock and are recorded, not slept."""

    def __init__(self, errors: Iterable[BaseException]) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.pauses: list[float] = []
        self.now = 1000.0

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    def run(self, mutating: bool) -> str:
        return str(call("ec2", "CreateVpc", mutating, self, self.pause, Pacing(lambda: self.now)))


# how a change refused with this code (and message) is classified
CHANGES: list[tuple[str, str, type[CallFailed]]] = [
    ("InvalidSubnet.Conflict", "", AlreadyThere),
    ("EntityAlreadyExists", "", AlreadyThere),
    ("AlreadyExistsException", "", AlreadyThere),
    ("ResourceAlreadyExistsException", "", AlreadyThere),
    ("RouteAlreadyExists", "", AlreadyThere),
    ("InvalidGroup.Duplicate", "", AlreadyThere),
    ("InvalidPermission.Duplicate", "", AlreadyThere),
    ("FlowLogAlreadyExists", "", AlreadyThere),
    ("NetworkAclEntryAlreadyExists", "", AlreadyThere),
    ("ResourceExistsException", "", AlreadyThere),
    ("Resource.AlreadyAssociated", "", AlreadyThere),
    ("DependencyViolation", "", NotYet),
    ("DeleteConflict", "", NotYet),
    ("InvalidIPAddress.InUse", "", NotYet),
    ("InvalidVpcID.NotFound", "", NotYet),
    ("NatGatewayNotFound", "", NotYet),
    ("NoSuchEntity", "", NotYet),
    ("NotFoundException", "", NotYet),
    ("ResourceNotFoundException", "", NotYet),
    ("InvalidParameterException", "The specified KMS key does not exist or is not allowed to be used", NotYet),
    ("InvalidParameter", "Unable to assume given IAM role", NotYet),
    ("InvalidParameterValue", "Unable to assume given IAM role", NotYet),
    ("InvalidParameterValue", "The service-linked role is not yet propagated", NotYet),
    ("ResourceInUseException", "Cannot update because cluster main currently has update 1 in progress", NotYet),
    ("MalformedPolicyDocument", "Invalid principal in policy", NotYet),
    ("InvalidParameterValue", "Value (x) for parameter y is invalid", CallFailed),
    ("VpcLimitExceeded", "", CallFailed),
    ("LimitExceeded", "", CallFailed),
    ("UnauthorizedOperation", "", CallFailed),
    ("AccessDenied", "", CallFailed),
    ("AccessDeniedException", "", CallFailed),
]


WITHOUT_VPC = (
    "The credentials need ec2:CreateVpc. `make policies` (playbook mainstay.aws.permissions) writes policies that grant everything needed."
)


@pytest.mark.parametrize(("code", "message", "expected"), CHANGES)
def test_a_refused_change(code: str, message: str, expected: type[CallFailed]) -> None:
    script = Script([refusal(code, message)])
    with pytest.raises(CallFailed) as caught:
        script.run(mutating=True)
    assert type(caught.value) is expected
    assert (caught.value.operation, caught.value.code, caught.value.message) == ("ec2:CreateVpc", code, message or code)
    assert script.calls == 1


@pytest.mark.parametrize("code", [code for code, _, expected in CHANGES if expected is not CallFailed])
def test_a_refused_read_is_just_refused(code: str) -> None:
    with pytest.raises(CallFailed) as caught:
        Script([refusal(code)]).run(mutating=False)
    assert type(caught.value) is CallFailed


@pytest.mark.parametrize(
    ("code", "waits"),
    [("DependencyViolation", True), ("DeleteConflict", True), ("ResourceInUseException", True), ("InvalidVpcID.NotFound", False)],
)
def test_dependencies_are_distinguished_from_lag(code: str, waits: bool) -> None:
    error = translate(code, "", "ec2:DeleteVpc", mutating=True)
    assert isinstance(error, NotYet)
    assert error.dependency is waits


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
@pytest.mark.parametrize("mutating", [True, False])
def test_lack_of_permission_names_the_permission(code: str, mutating: bool) -> None:
    assert translate(code, "no", "ec2:CreateVpc", mutating).hint == WITHOUT_VPC


@pytest.mark.parametrize("mutating", [True, False])
@pytest.mark.parametrize("code", sorted(THROTTLED))
def test_throttling_is_sat_out(code: str, mutating: bool) -> None:
    script = Script([refusal(code, status=503)] * (ATTEMPTS - 1))
    assert script.run(mutating) == "answer"
    assert len(script.pauses) == ATTEMPTS - 1
    assert max(script.pauses) <= max(LONGEST_PAUSE, LONGEST_INTERVAL)
    assert script.pauses[0] < 0.5


@pytest.mark.parametrize("mutating", [True, False])
def test_throttling_does_not_last_for_ever(mutating: bool) -> None:
    """Its outcome is not unknown, even if it is reported as a server error: AWS states that it did nothing."""
    script = Script([refusal("RequestLimitExceeded", "Request limit exceeded.", 503)] * 1000)
    with pytest.raises(CallFailed) as caught:
        script.run(mutating)
    assert (type(caught.value), caught.value.code) == (CallFailed, "RequestLimitExceeded")
    assert "5 minutes" in caught.value.hint
    assert "--forks" in caught.value.hint
    assert THROTTLED_FOR <= sum(script.pauses) <= THROTTLED_FOR + LONGEST_INTERVAL
    assert script.calls == len(script.pauses) + 1


@pytest.mark.parametrize("code", sorted(BUSY))
def test_a_busy_service_is_given_up_sooner(code: str) -> None:
    script = Script([refusal(code, status=503)] * 100)
    with pytest.raises(CallFailed):
        script.run(mutating=True)
    assert script.calls == ATTEMPTS


LOST: dict[str, Callable[[], BaseException]] = {
    "server error": lambda: refusal("InternalError", "An internal error has occurred", 500),
    "closed": lambda: boto.ConnectionClosedError(endpoint_url=URL),
    "read timeout": lambda: boto.ReadTimeoutError(endpoint_url=URL),
    "broken reply": lambda: ResponseParserError("Unable to parse response"),
    "any other": lambda: boto.HTTPClientError(error=OSError("gone")),
}


@pytest.mark.parametrize("name", LOST)
def test_a_lost_reply_is_ambiguous_for_a_change(name: str) -> None:
    script = Script([LOST[name]()])
    with pytest.raises(Ambiguous):
        script.run(mutating=True)
    assert script.calls == 1, "a change must not be repeated blindly"


@pytest.mark.parametrize("name", LOST)
def test_a_lost_reply_is_asked_again_for_a_read(name: str) -> None:
    assert Script([LOST[name](), LOST[name]()]).run(mutating=False) == "answer"
    script = Script([LOST[name]() for _ in range(100)])
    with pytest.raises(CallFailed):
        script.run(mutating=False)
    assert script.calls == ATTEMPTS


@pytest.mark.parametrize("mutating", [True, False])
@pytest.mark.parametrize("error", [boto.EndpointConnectionError, boto.ConnectTimeoutError])
def test_an_endpoint_that_does_not_respond(error: type[boto.BotoCoreError], mutating: bool) -> None:
    """The request was never sent, so it may be repeated; the retries end soon."""
    assert Script([error(endpoint_url=URL)]).run(mutating) == "answer"
    script = Script([error(endpoint_url=URL)] * 100)
    with pytest.raises(CallFailed, match="cannot connect") as caught:
        script.run(mutating)
    assert type(caught.value) is CallFailed
    assert "AWS_ENDPOINT_URL" in caught.value.hint
    assert script.calls == ATTEMPTS_UNREACHABLE


def in_outage(mutating: bool, script: Script, changing: bool) -> tuple[str, list[str]]:
    """(the response, the announcements) of a call in a run that has changed something, or has not."""
    said: list[str] = []
    outages = Outages(lambda: script.now)
    outages.announce = said.append
    if changing:
        outages.changed()
    try:
        return str(call("ec2", "CreateVpc", mutating, script, script.pause, Pacing(lambda: script.now), outages)), said
    except CallFailed:
        return "", said


NO_REPLY: dict[str, tuple[Callable[[], BaseException], tuple[bool, ...]]] = {
    "unreachable": (lambda: boto.EndpointConnectionError(endpoint_url=URL), (True, False)),
    "no connection in time": (lambda: boto.ConnectTimeoutError(endpoint_url=URL), (True, False)),
    "no proxy": (lambda: boto.ProxyConnectionError(proxy_url=URL), (True, False)),
    "closed": (lambda: boto.ConnectionClosedError(endpoint_url=URL), (False,)),
    "server error": (lambda: refusal("InternalError", "", 500), (False,)),
    "a page": (lambda: NotFromAws("its body is no JSON object"), (False,)),
}
"""The forms of an outage, and whether a change (True) and a read (False) are repeated."""


@pytest.mark.parametrize(("name", "mutating"), [(name, one) for name, (_error, both) in NO_REPLY.items() for one in both])
def test_an_outage_after_the_first_change_is_borne_for_minutes_and_said_once(name: str, mutating: bool) -> None:
    script = Script([])
    script.errors = [NO_REPLY[name][0]() for _ in range(30)]
    answer, said = in_outage(mutating, script, changing=True)
    assert answer == "answer"
    assert 20 < sum(script.pauses) < HOLD_OUT
    (text,) = said
    assert "ec2:CreateVpc" in text
    assert "5 minutes" in text


@pytest.mark.parametrize("name", NO_REPLY)
def test_an_outage_does_not_last_for_ever_and_is_short_before_the_first_change(name: str) -> None:
    for changing in (True, False):
        script = Script([])
        script.errors = [NO_REPLY[name][0]() for _ in range(500)]
        answer, said = in_outage(False, script, changing)
        assert answer == ""
        if changing:
            assert HOLD_OUT <= sum(script.pauses) <= HOLD_OUT + LONGEST_PAUSE
        else:
            assert script.calls <= ATTEMPTS
        assert len(said) == changing


LACKS = [
    (MemoryError(), "OutOfMemory", "memory"),
    (RuntimeError("can't start new thread"), "OutOfThreads", "ulimit -u"),
    (boto.EndpointConnectionError(endpoint_url=URL, error=OSError(errno.EMFILE, "Too many open files")), "OutOfFileHandles", "ulimit -n"),
    (boto.HTTPClientError(error=OSError(errno.ENOSPC, "No space left on device", "/tmp/x")), "DiskFull", "space"),
]


@pytest.mark.parametrize("mutating", [True, False])
@pytest.mark.parametrize(("error", "code", "hint"), LACKS, ids=[code for _error, code, _hint in LACKS])
def test_what_this_machine_lacks_is_said_at_once(error: BaseException, code: str, hint: str, mutating: bool) -> None:
    """It is not an AWS outage, so the call is not repeated."""
    script = Script([error])
    with pytest.raises(CallFailed) as caught:
        script.run(mutating)
    assert (caught.value.code, script.calls) == (code, 1)
    assert hint in caught.value.hint


OTHER: list[tuple[BaseException, str]] = [
    (boto.NoCredentialsError(), "AWS_PROFILE"),
    (boto.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"), "AWS_PROFILE"),
    (boto.ParamValidationError(report="Missing required parameter"), ""),
    (boto.NoRegionError(), ""),
]


@pytest.mark.parametrize(("error", "hint"), OTHER)
def test_botocore_s_own_errors_end_the_call(error: BaseException, hint: str) -> None:
    script = Script([error])
    with pytest.raises(CallFailed) as caught:
        script.run(mutating=True)
    assert type(caught.value) is CallFailed
    assert hint in caught.value.hint
    assert caught.value.code == type(error).__name__
    assert script.calls == 1


def test_errors_that_are_not_aws_s_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Script([ZeroDivisionError()]).run(mutating=True)


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        ("InvalidVpcID.NotFound", True),
        ("NatGatewayNotFound", True),
        ("NoSuchEntity", True),
        ("AWS.SimpleQueueService.NonExistentQueue", True),
        ("QueueDoesNotExist", True),
        ("InvalidNetworkAclEntry.NotFound", True),
        ("ResourceNotFoundException", True),
        ("DependencyViolation", False),
        ("AccessDenied", False),
        ("", False),
    ],
)
def test_what_is_gone(code: str, gone: bool) -> None:
    assert is_gone(CallFailed("x", code=code)) is gone


@pytest.mark.parametrize(("code", "shortest"), [("ServiceUnavailable", 0.2), ("Throttling", 0.4)])
def test_pauses_grow_and_are_spread(code: str, shortest: float) -> None:
    first, second = (Script([refusal(code)] * 5) for _ in range(2))
    for script in (first, second):
        script.run(mutating=False)
        limits: list[Any] = [shortest * 2**n for n in range(5)]
        assert all(limit / 2 <= pause <= limit for pause, limit in zip(script.pauses, limits, strict=True))
    assert first.pauses != second.pauses


SEALED = "Encoded authorization failure message: Zm9vYmFy_-x="


@pytest.mark.parametrize(
    ("name", "message", "action", "reported"),
    [
        ("ec2:CreateVpc", f"You are not authorized to perform this operation. {SEALED}", "ec2:CreateVpc", "this operation."),
        (
            "ec2:CreateVpc",
            f"User: u is not authorized to perform: ec2:CreateTags on resource: vpc/* because no policy allows it. {SEALED}",
            "ec2:CreateTags",
            "because no policy allows it.",
        ),
        ("resourcegroupstaggingapi:GetResources", "no", "tag:GetResources", "no"),
        ("sqs:CreateQueue", "no", "sqs:CreateQueue", "no"),
    ],
)
def test_a_denial_names_the_action_and_where_policies_come_from(name: str, message: str, action: str, reported: str) -> None:
    error = translate("AccessDenied", message, name, mutating=True)
    assert error.hint.startswith(f"The credentials need {action}.")
    assert "make policies" in error.hint
    assert error.message.endswith(reported)
