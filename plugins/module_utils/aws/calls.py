# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The only retry layer, and the translation of AWS's errors into the engine's.

botocore's own retries are off: they repeat a create whose reply was lost, which can create a second VPC. Here throttled calls are always
retried (the service reports that it did nothing), reads are retried after server and connection errors, and a change whose outcome is
unknown reaches the engine as Ambiguous. A reply that does not come from AWS (replies.py) counts as no reply.
"""

from __future__ import annotations

import random
import re
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        ProxyConnectionError,
    )
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule reports missing libraries before anything here is called

from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet, out_of_resources
from .action_names import action_of
from .outages import Outages
from .pacing import Pacing
from .replies import NotFromAws

ATTEMPTS = 14
"""Attempts for one call that meets errors. With the pauses below, they cover about a minute and a half of server trouble."""

THROTTLED_FOR = 300.0
"""Seconds for which throttled calls are retried while every one is refused: other programs may use the account's allowance too."""

ATTEMPTS_UNREACHABLE = 4
"""Attempts while nothing answers at all: a wrong endpoint should be reported within seconds."""

LONGEST_PAUSE = 12.0

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException.Throttling",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "Unavailable",
    }
)

BUSY = frozenset({"PriorRequestNotComplete", "ServiceUnavailable", "TransactionInProgressException", "Unavailable"})
"""The codes among THROTTLED that do not refer to the rate of calls."""

DEPENDENCIES = frozenset(
    {
        "DependencyViolation",
        "DeleteConflict",
        "InvalidIPAddress.InUse",
        "OperationAborted",
        "ResourceInUse",
        "ResourceInUseException",
        "InvalidNetworkInterface.InUse",
        "WAFAssociatedItemException",
    }
)

TAKEN = frozenset(
    {
        "BucketAlreadyOwnedByYou",
        "InvalidSubnet.Conflict",
        "NetworkAclEntryAlreadyExists",
        "Resource.AlreadyAssociated",
        "ResourceConflictException",
        "ResourceExistsException",
    }
)

GONE = re.compile(r"NotFound|NoSuch|NotFoundException|\.NotFound$|Unknown(Key|Resource)|Non[Ee]xistent|DoesNotExist")

SPREADING = re.compile(
    r"cannot be assumed|invalid principal|unable to assume|not authorized to perform sts:AssumeRole|"
    r"KMS key does not exist or is not allowed|does not have permission|service-linked role|is not (yet )?(ready|propagated)",
    re.IGNORECASE,
)
"""What AWS answers while a role, policy or key propagates through its services. The same words may be final, hence the settle window."""

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})

ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
SEALED = re.compile(r"\s*Encoded authorization failure message: \S+")
"""Hundreds of characters that only IAM can read; CloudTrail records them too."""


def call(
    service: str,
    operation: str,
    mutating: bool,
    function: Callable[[], Any],
    pause: Callable[[float], None] = time.sleep,
    pacing: Pacing | None = None,
    outages: Outages | None = None,
) -> Any:
    """Make one call, in as many attempts as needed and no faster than ``pacing`` allows; ``operation`` is AWS's name for it (CreateVpc).

    ``outages`` decides how long it is retried while AWS cannot be reached. Raises CallFailed and its subclasses; never a botocore
    exception.
    """
    name = f"{service}:{operation}"
    pacing = pacing or Pacing()
    outages = outages or Outages()
    since = outages.clock()
    attempt = 0
    while True:
        attempt += 1
        try:
            return _within_rate(name, function, pause, pacing)
        except CallFailed:
            raise
        except Exception as error:
            found = _failed(error, name, mutating)
            if found is None:
                raise
            attempts, failed = found
            if not attempts or not outages.bears(attempt, attempts, since):
                raise failed from error
            if attempt >= ATTEMPTS_UNREACHABLE and failed.code not in THROTTLED:
                outages.report(name, failed.message)
        pause(_pause_after(attempt))


def _failed(error: Exception, name: str, mutating: bool) -> tuple[int, CallFailed] | None:
    """(number of attempts for such an error, 0 for none; the error the caller finally gets), or None if it is not a call's error."""
    if isinstance(error, ClientError):
        reason = error.response.get("Error", {})
        code, message = str(reason.get("Code", "")), str(reason.get("Message", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        again = code in THROTTLED or (status >= 500 and not mutating)
        return (ATTEMPTS if again else 0), translate(code, message, name, mutating, status)
    if shortage := out_of_resources(error):
        return 0, CallFailed(shortage.message, name, shortage.code, shortage.hint)
    kind = type(error).__name__
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ProxyConnectionError):  # nothing was sent
        return ATTEMPTS_UNREACHABLE, CallFailed(f"cannot connect: {error}", name, kind, UNREACHABLE)
    if isinstance(error, NotFromAws):
        return _unusable(f"the reply does not come from AWS: {error}", name, kind, INTERCEPTED, mutating)
    if isinstance(error, HTTPClientError | ResponseParserError) or _from_parser(error):
        return _unusable(f"no usable answer: {error}", name, kind, UNREACHABLE, mutating)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return 0, CallFailed(str(error), name, kind, NO_CREDENTIALS)
    return (0, CallFailed(str(error), name, kind)) if isinstance(error, BotoCoreError) else None


def _unusable(message: str, name: str, kind: str, hint: str, mutating: bool) -> tuple[int, CallFailed]:
    """A call may have been carried out although no usable reply arrived: a read is retried; the engine finds out what became of a
    change."""
    return (0, Ambiguous(message, name, kind, hint)) if mutating else (ATTEMPTS, CallFailed(message, name, kind, hint))


def _from_parser(error: Exception) -> bool:
    """Whether botocore failed to parse a reply; not every exception it raises in that case is a parser error."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and any(Path(frame.filename).parts[-2:] == ("botocore", "parsers.py") for frame in frames)


def _within_rate(name: str, function: Callable[[], Any], pause: Callable[[float], None], pacing: Pacing) -> Any:
    """Make one call, and repeat it while AWS throttles it."""
    while True:
        while seconds := pacing.turn(name):
            pause(seconds)
        sent_at = pacing.clock()
        try:
            reply = function()
        except ClientError as error:
            reason = error.response.get("Error", {})
            code = str(reason.get("Code", ""))
            if code not in THROTTLED - BUSY:
                pacing.answered(name)
                raise
            if pacing.refused(name, sent_at) >= THROTTLED_FOR:
                raise CallFailed(str(reason.get("Message") or code), name, code, TOO_OFTEN) from error
        else:
            pacing.answered(name)
            return reply


def _pause_after(attempt: int) -> float:
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, 0.2 * 2 ** min(attempt - 1, 10))  # noqa: S311 - jitter, not cryptography


TOO_OFTEN = (
    f"AWS throttled this call for {THROTTLED_FOR / 60:.0f} minutes: the account makes too many API calls in this region. The call had no "
    "effect. Run again when other runs have finished, with fewer hosts at a time (--forks), or ask AWS Support for a higher rate limit."
)
INTERCEPTED = (
    "Something between this machine and AWS answers in its place, such as a proxy or a sign-in page. Check HTTPS_PROXY, the network and "
    "AWS_ENDPOINT_URL."
)
UNREACHABLE = "Check the region, the network and AWS_ENDPOINT_URL."
NO_CREDENTIALS = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the profile option."


def translate(code: str, message: str, name: str, mutating: bool, status: int = 0) -> CallFailed:
    """Translate an error reply into the error that the caller gets."""
    message = message or code
    if mutating and status >= 500:
        return Ambiguous(message, name, code)
    if code in DENIED:
        return denied(message, name, code)
    if not mutating:
        return CallFailed(message, name, code)
    if code in TAKEN or "AlreadyExists" in code or "Duplicate" in code:
        return AlreadyThere(message, name, code)
    if code in DEPENDENCIES:
        return NotYet(message, name, code, dependency=True)
    if GONE.search(code) or SPREADING.search(message):
        return NotYet(message, name, code)
    return CallFailed(message, name, code)


def denied(message: str, name: str, code: str) -> CallFailed:
    """Describe a call that the credentials do not allow.

    The action that AWS names may differ from the call's own: tagging in a create call is a separate action.
    """
    service, _colon, operation = name.partition(":")
    reported = ACTION.search(message)
    action = reported[1] if reported else action_of(service, operation)
    hint = (
        f"The credentials need {action}. `make policies` (playbook mainstay.aws.permissions) writes policies that grant everything needed."
    )
    return CallFailed(SEALED.sub("", message), name, code, hint)


def is_gone(error: CallFailed) -> bool:
    """Whether a call failed because its resource does not exist."""
    return bool(GONE.search(error.code))
