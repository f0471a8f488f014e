"""The steps of a request through the cloud: identify, authorize, inject faults, then refuse, answer, or pass to moto; log."""

from __future__ import annotations

import socket
import struct
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from rehearsal import accounts, authorizations, given_ids, identities, operations, registry
from rehearsal.cloud_state import CloudState
from rehearsal.faults import HAPPENS_BEFORE, Rule
from rehearsal.quick_replies import reply_quickly
from rehearsal.replies import Refusal, Reply, error_code_of, error_reply, parsed, result_reply, with_aws_headers
from rehearsal.signatures import BadSignature
from rehearsal.signed_requests import verify_request
from rehearsal.tokens import token_member

# The header from which moto reads the account of a call, as WSGI names it.
MOTO_ACCOUNT = "HTTP_X_MOTO_ACCOUNT_ID"
# Services whose calls wait for something inside moto (a message, a container) and must not block other calls.
WAITING_SERVICES = frozenset({"sqs", "lambda", "stepfunctions", "batch", "kinesis"})


class Incoming:
    """A request in progress, with what has been determined about it."""

    def __init__(self, request: operations.Request, state: CloudState) -> None:
        self.request = request
        self.resets = state.resets
        form = request.form
        signed = operations.signature(request.headers, form)
        name = signed.signing_name or _unsigned_service(form.get("Action"))
        self.access_key_id = signed.access_key_id
        self.region = signed.region or state.region
        self.service = operations.service_name(name, form.get("Version"), request.path) if name else "unknown"
        self.operation = operations.operation_name(self.service, request) if name else None
        self.mutating = operations.is_mutating(self.service, self.operation, request.method)
        holder = state.identities.holder(self.access_key_id)
        self.role = holder.role if holder else None
        self.account_id = (holder.account_id if holder else "") or state.account_id
        self.checked_for: list[str] = []

    @cached_property
    def parameters(self) -> dict[str, Any]:
        return operations.parameters(self.service, self.operation, self.request) if self.operation else {}


class Application:
    """The cloud's WSGI application, which wraps moto's."""

    def __init__(self, state: CloudState, moto: Callable[..., Iterable[bytes]]) -> None:
        self.state = state
        self.moto = moto

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        incoming = Incoming(_read(environ), self.state)
        if self.state.settings.latency_ms:
            time.sleep(self.state.settings.latency_ms / 1000)
        fault = self.state.faults.next(incoming.service, incoming.operation, incoming.mutating) if incoming.role else None
        reply = self._faulty(incoming, fault) if fault else self._respond(incoming)
        self._log(incoming, reply, began, fault)
        if reply is None:
            _drop_connection(environ)
            return []
        reply = with_aws_headers(incoming.service, incoming.operation, reply)
        headers = [(name, value) for name, value in reply.headers if name.lower() not in ("content-length", "date", "server")]
        start_response(str(reply.status) + " -", [*headers, ("Content-Length", _length(reply, incoming))])
        return [] if incoming.request.method == "HEAD" else [reply.body]

    def _faulty(self, incoming: Incoming, rule: Rule) -> Reply | None:
        """The response to a call with a fault; None: no response, the connection is dropped."""
        if rule.fault == "error":
            return error_reply(incoming.service, incoming.operation, incoming.request, Refusal(rule.code, rule.message, rule.status))
        reply = None if rule.fault in HAPPENS_BEFORE else self._respond(incoming)
        if rule.fault.startswith("hang"):
            self.state.faults.stay_silent(rule.seconds)
        if rule.fault == "truncate" and reply is not None:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        return None

    def _respond(self, incoming: Incoming) -> Reply:
        """The response to a call, including errors. Errors that moto's backends raise inside our functions are AWS errors too."""
        from moto.core.exceptions import ServiceException

        try:
            self._check_caller(incoming)
            place = f"{incoming.account_id} {incoming.region}"
            self.state.rates.check(self.state.settings.rate_limits, place, incoming.service, incoming.operation, incoming.mutating)
            registry.prepare(incoming.service)
            with self._one_at_a_time(incoming.service), given_ids.giving(incoming.request.headers.get(given_ids.HEADER)):
                return self._carry_out(incoming)
        except (Refusal, ServiceException) as refusal:
            return error_reply(incoming.service, incoming.operation, incoming.request, refusal)
        except NotImplementedError as error:
            text = f"The rehearsal cloud does not know {incoming.service}:{incoming.operation}: {error}"
            return error_reply(incoming.service, incoming.operation, incoming.request, Refusal("NotImplemented", text, 501))
        except Exception as error:  # noqa: BLE001  a defect of the emulator must reach the client as a server error
            traceback.print_exc()
            text = f"The rehearsal cloud failed: {type(error).__name__}: {error}"
            return error_reply(incoming.service, incoming.operation, incoming.request, Refusal("InternalFailure", text, 500))

    def _check_caller(self, incoming: Incoming) -> None:
        if incoming.role is None and (incoming.service, incoming.operation) not in identities.UNSIGNED:
            raise identities.refuse_unknown_caller(incoming.service, incoming.access_key_id)
        self._check_signature(incoming)
        if incoming.region in self.state.settings.disabled_regions:
            raise _refuse_region(incoming.service)
        if incoming.mutating and incoming.role == "plan" and not self.state.policies.governs("plan"):
            arn = f"arn:aws:iam::{incoming.account_id}:user/rehearsal-plan"
            raise identities.refuse_change(incoming.service, incoming.operation, arn)

    def _check_signature(self, incoming: Incoming) -> None:
        """An access key ID alone, which appears in logs, grants nothing."""
        credentials = self.state.identities.credentials(incoming.access_key_id) if incoming.access_key_id else None
        if credentials is None:
            return
        try:
            verify_request(incoming.request, credentials)
        except BadSignature as error:
            raise identities.refuse_signature(incoming.service, str(error)) from error

    def _check_policies(self, incoming: Incoming, call: registry.Call) -> None:
        """Rejects what the caller's role's policies, if there are any, do not allow."""
        role = incoming.role
        if role is None or not self.state.policies.governs(role):
            return
        wanted = authorizations.asks(call)
        incoming.checked_for = sorted({ask.action for ask in wanted})
        if refused := self.state.policies.refusal(role, wanted):
            ask, reason = refused
            arn = f"arn:aws:iam::{incoming.account_id}:user/rehearsal-{role}"
            raise identities.refuse_unlisted(incoming.service, arn, ask.action, ask.resource, reason)

    def _one_at_a_time(self, service: str) -> AbstractContextManager[Any]:
        return nullcontext() if service in WAITING_SERVICES else self.state.lock

    def _carry_out(self, incoming: Incoming) -> Reply:
        if incoming.operation is None:
            if self.state.policies.governs(incoming.role):
                raise Refusal("AccessDenied", "The rehearsal cloud cannot tell which action this is, so no policy can allow it.", 403)
            return self._moto(incoming, incoming.account_id)
        call = self._call(incoming)
        self._check_policies(incoming, call)
        for settle in registry.settlers(incoming.service):
            settle(call)
        token = self._token(incoming)
        if token:
            replayed = self.state.tokens.replay(token, _without_token(incoming))
            if replayed:
                return replayed
        for refuse in registry.refusals(incoming.service, incoming.operation):
            refuse(call)
        looks = self.state.hidden.concerns(incoming.service, incoming.operation)
        if looks:
            self.state.hidden.refuse(incoming.service, incoming.operation, incoming.parameters, place_of(call))
        if incoming.service == "ec2" and incoming.mutating and incoming.parameters.get("DryRun"):
            raise Refusal("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        reply = self._answer(call, incoming)
        if looks and reply.status < 300:
            reply = self._hide(incoming, reply, place_of(call))
        if token:
            self.state.tokens.remember(token, _without_token(incoming), reply)
        if reply.status < 300 and incoming.role:
            account_id = issued_in(incoming)
            self.state.identities.remember_issued(incoming.service, incoming.operation, incoming.role, reply.body, account_id)
        return reply

    def _answer(self, call: registry.Call, incoming: Incoming) -> Reply:
        """Our own answer if there is one, else moto's."""
        answer = registry.answer(call.service, call.operation)
        if answer is not None:
            result = answer(call)
            if result is not registry.MOTO:
                return result_reply(call.service, call.operation, incoming.request, result)
        return self._moto(incoming, call.account_id)

    def _hide(self, incoming: Incoming, reply: Reply, place: str) -> Reply:
        """Records what a call has created, or removes what is not yet visible from its response."""
        service, operation = incoming.service, str(incoming.operation)
        seconds = self.state.settings.visibility_seconds
        if incoming.mutating:
            if seconds:
                created = parsed(service, operation, reply)
                self.state.hidden.remember(service, operation, incoming.parameters, created, seconds, place)
            return reply
        shown = self.state.hidden.without(service, operation, parsed(service, operation, reply), place)
        return result_reply(service, operation, incoming.request, shown)

    def _call(self, incoming: Incoming) -> registry.Call:
        service, operation = incoming.service, str(incoming.operation)
        governed = self.state.policies.governs(incoming.role)
        owner = registry.owner(service, operation)
        has_functions = governed or owner or registry.answer(service, operation) or registry.refusals(service, operation)
        call = registry.Call(
            service=service,
            operation=operation,
            region=incoming.region,
            account_id=incoming.account_id,
            role=incoming.role or "anonymous",
            issued_key=not self.state.identities.is_own(incoming.access_key_id),
            parameters=incoming.parameters if has_functions else {},
            settings=self.state.settings,
            access_key_id=incoming.access_key_id,
            caller_account_id=incoming.account_id,
        )
        return replace(call, account_id=owner(call)) if owner else call

    def _token(self, incoming: Incoming) -> tuple[str, ...] | None:
        member = token_member(incoming.service, incoming.operation) if incoming.mutating else None
        value = incoming.parameters.get(member) if member else None
        return (incoming.service, str(incoming.operation), incoming.account_id, incoming.region, str(value)) if value else None

    def _moto(self, incoming: Incoming, account_id: str) -> Reply:
        captured: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            captured.append((status, headers))
            return lambda data: None

        result = self.moto({**incoming.request.wsgi(), MOTO_ACCOUNT: account_id}, start_response)
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        status = int(captured[-1][0].split()[0])
        return Reply(status, captured[-1][1], body, error_code_of(status, captured[-1][1], body))

    def _log(self, incoming: Incoming, reply: Reply | None, began: float, fault: Rule | None) -> None:
        if incoming.resets != self.state.resets:  # requested before the account was reset
            return
        record = {
            "time": time.time(),
            "service": incoming.service,
            "operation": incoming.operation,
            "mutating": incoming.mutating,
            "status": reply.status if reply else None,
            "error_code": reply.error_code if reply else None,
            "access_key_id": incoming.access_key_id,
            "role": incoming.role,
            "account_id": incoming.account_id,
            "region": incoming.region,
            "seconds": round(time.perf_counter() - began, 6),
        }
        checked = {"checked_for": incoming.checked_for} if incoming.checked_for else {}
        self.state.log.add(record | checked | ({"fault": fault.fault} if fault else {}))


def create_moto() -> Callable[..., Iterable[bytes]]:
    """moto's own WSGI application. A service's moto classes are patched just before its first use."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    def create(service: Any) -> Any:
        if service is None:
            raise NotImplementedError("moto has no such service")
        registry.prepare(service)
        app = create_backend_app(service)
        app.ensure_sync = lambda view: view  # no view of moto's is asynchronous; Flask would ask in each call
        return app

    _act_in_the_account_of_the_call()
    _look_up_once()
    reply_quickly()
    return DomainDispatcherApplication(create)


def _look_up_once() -> None:
    """moto lists a class's methods and its own folders anew in each call, which took a sixth of the server's processor time.

    It also composes a request's URL several times, has Flask keep a form for error messages of uploads, and keeps every object that it
    ever makes, for a dashboard that the cloud does not have.
    """
    from moto.core import common_models, responses, utils
    from moto.core.request import Request
    from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication
    from werkzeug.wrappers import Request as PlainRequest

    responses.method_names_from_class = cache(utils.method_names_from_class)
    DomainDispatcherApplication.get_backend_for_host = cache(DomainDispatcherApplication.get_backend_for_host)
    url = cached_property(Request.raw_url.fget)
    url.__set_name__(Request, "raw_url")
    Request.raw_url = url
    BackendRequest._load_form_data = PlainRequest._load_form_data
    common_models.BaseModel.__new__ = lambda cls, *_given, **_named: object.__new__(cls)


def _act_in_the_account_of_the_call() -> None:
    """Without this, moto carries out every call in the account of its environment variable."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.core.responses import BaseResponse

    def account(self: Any) -> str:
        return str(self.headers.get("x-moto-account-id") or DEFAULT_ACCOUNT_ID)

    BaseResponse.get_current_account = account


def place_of(call: registry.Call) -> str:
    """Names are unique within an account and region only."""
    return f"{call.account_id} {call.region}"


def issued_in(incoming: Incoming) -> str:
    """The account in which the keys that a call issues act: that of an assumed role, else the caller's."""
    role = str(incoming.parameters.get("RoleArn")) if incoming.service == "sts" else ""
    return accounts.account_of(role) if accounts.is_arn(role) else incoming.account_id


def _read(environ: dict[str, Any]) -> operations.Request:
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    body = stream.read(int(length)) if length else (stream.read() if environ.get("wsgi.input_terminated") else b"")
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    path, query = environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", "")
    return operations.Request(environ["REQUEST_METHOD"], path, query, headers, body, environ)


def _unsigned_service(action: str | None) -> str | None:
    return next((service for service, operation in identities.UNSIGNED if operation == action), None)


def _without_token(incoming: Incoming) -> dict[str, Any]:
    member = token_member(incoming.service, incoming.operation)
    return {name: value for name, value in incoming.parameters.items() if name != member}


def _refuse_region(service: str) -> Refusal:
    """AWS's error for an opt-in region that the account has not enabled."""
    if service == "ec2":
        return Refusal("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if service == "sts":
        return Refusal("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    if service == "s3":
        return Refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    return Refusal("UnrecognizedClientException", "The security token included in the request is invalid.", 400)


def _length(reply: Reply, incoming: Incoming) -> str:
    if incoming.request.method == "HEAD":
        given = [value for name, value in reply.headers if name.lower() == "content-length"]
        return given[0] if given else "0"
    return str(len(reply.body))


def _drop_connection(environ: dict[str, Any]) -> None:
    """Resets the client's connection, as a network failure would."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise ConnectionResetError("dropped on purpose")
