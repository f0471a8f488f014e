# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The only retry layer, and the translation of AWS's errors into the engine's.

botocore's own retries are off: they repeat a create whose reply was lost, which can create a second VPC. Here throttled calls are always
retried (the service reports that it did nothing), reads are retried after server and connection errors, and a change whose outcome is
unknown reaches the engine as Ambiguous.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
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
    )
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule reports missing libraries before anything here is called

from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet
from .action_names import action_of
from .pacing import Pacing

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
    }
)

TAKEN = frozenset({"InvalidSubnet.Conflict", "ResourceConflictException", "Resource.AlreadyAssociated", "NetworkAclEntryAlreadyExists"})

GONE = re.compile(r"NotFound|NoSuch|NotFoundException|\.NotFound$|Unknown(Key|Resource)|NonExistent|DoesNotExist")

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
) -> Any:
    """Make one call, in as many attempts as needed and no faster than ``pacing`` allows; ``operation`` is AWS's name for it (CreateVpc).

    Raises CallFailed and its subclasses; never a botocore exception.
    """
    name = f"{service}:{operation}"
    pacing = pacing or Pacing()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _within_rate(name, function, pause, pacing)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            message = str(error.response.get("Error", {}).get("Message", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if (code not in THROTTLED and not (status >= 500 and not mutating)) or attempt == ATTEMPTS:
                raise translate(code, message, name, mutating, status) from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            if attempt >= ATTEMPTS_UNREACHABLE:
                raise CallFailed(f"cannot connect: {error}", name, type(error).__name__, UNREACHABLE) from error
        except (HTTPClientError, ResponseParserError) as error:
            if mutating:
                raise Ambiguous(f"no usable answer: {error}", name, type(error).__name__) from error
            if attempt == ATTEMPTS:
                raise CallFailed(f"no usable answer: {error}", name, type(error).__name__, UNREACHABLE) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise CallFailed(str(error), name, type(error).__name__, NO_CREDENTIALS) from error
        except BotoCoreError as error:
            raise CallFailed(str(error), name, type(error).__name__) from error
        pause(_pause_after(attempt))
    raise AssertionError("unreachable")


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
    told = ACTION.search(message)
    action = told[1] if told else action_of(service, operation)
    hint = (
        f"The credentials need {action}. `make policies` (playbook mainstay.aws.permissions) writes policies that grant everything needed."
    )
    return CallFailed(SEALED.sub("", message), name, code, hint)


def is_gone(error: CallFailed) -> bool:
    """Whether a call failed because its resource does not exist."""
    return bool(GONE.search(error.code))
