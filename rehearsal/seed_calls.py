"""The section `calls` of a seed: any boto3 call that no other section covers."""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehearsal.seed_account import Account, SeedError, described
from rehearsal.seed_vocabulary import REFERENCE


@functools.cache
def _loader() -> Any:
    """Loads botocore's models without a session, which would read the caller's configuration."""
    from botocore.loaders import Loader

    return Loader()


@functools.cache
def _model(service: str) -> Any:
    from botocore.model import ServiceModel

    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@functools.cache
def _operations(service: str) -> dict[str, str]:
    """boto3's name of each operation of a service -> AWS's name."""
    from botocore import xform_name

    return {xform_name(name): name for name in _model(service).operation_names}


def mistakes(calls: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Services, operations, and parameters that do not exist in botocore's models."""
    services = _loader().list_available_services("service-2") if calls else []
    for number, call in enumerate(calls):
        where = f"calls[{number}]"
        if call["service"] not in services:
            yield f"{where}.service is {call['service']!r}, which boto3 does not know{_close(call['service'], services)}"
        elif call["operation"] not in _operations(call["service"]):
            known = _operations(call["service"])
            yield (
                f"{where}.operation is {call['operation']!r}, but must be a method of boto3's client of {call['service']}"
                f"{_close(call['operation'], known)}"
            )
        else:
            yield from _parameter_mistakes(f"{where}.parameters", call)


def _close(name: str, known: Any) -> str:
    from botocore import xform_name

    close = difflib.get_close_matches(xform_name(name), list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def _parameter_mistakes(where: str, call: Mapping[str, Any]) -> Iterator[str]:
    """Every mistake if no parameter contains a reference; otherwise only wrong names, because a reference's value is not known yet."""
    from botocore.validate import ParamValidator

    given = call.get("parameters", {})
    if not isinstance(given, dict):
        yield f"{where} is {given!r}, but must be a map"
        return
    shape = _model(call["service"]).operation_model(_operations(call["service"])[call["operation"]]).input_shape
    members = shape.members if shape else {}
    for name in given:
        if name not in members:
            close = difflib.get_close_matches(name, members, 1)
            hint = f"; did you mean {close[0]}?" if close else "."
            yield f"{where}.{name} is not known{hint} Known names: {', '.join(members) or 'none'}"
            return
    for name in shape.required_members if shape else []:
        if name not in given:
            yield f"{where}.{name} is missing; {call['service']} {call['operation']} needs it"
            return
    if shape and not REFERENCE.search(json.dumps(given, default=str)):
        report = ParamValidator().validate(given, shape)
        if report.has_errors():
            yield f"{where}: {'; '.join(report.generate_report().splitlines())}"


def make(account: Account, calls: Sequence[Mapping[str, Any]], location: str = "seed: ") -> tuple[int, int]:
    """Makes each call once between two resets; the cloud stores the responses. Returns how many were made now and how many earlier."""
    notes = account.admin.notes()
    seen: Counter[str] = Counter()
    made = 0
    for number, call in enumerate(calls):
        where = f"{location}calls[{number}] ({call['service']} {call['operation']})"
        try:
            wanted = account.resolved(dict(call))
        except SeedError as error:
            raise SeedError(f"{where}: {error}") from error
        content = {name: value for name, value in wanted.items() if name != "register"}
        mark = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
        seen[mark] += 1
        note = f"seed call {account.place}{mark} {seen[mark]}"
        if note not in notes:
            notes[note] = _answer(account, where, wanted)
            account.admin.note(note, notes[note])
            made += 1
        if "register" in wanted:
            account.made[wanted["register"]] = notes[note]
    return made, len(calls) - made


def _answer(account: Account, where: str, call: Mapping[str, Any]) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    client = account.client(call["service"], call.get("region"))
    try:
        with account.giving(call.get("id")):
            answer = getattr(client, call["operation"])(**call.get("parameters", {}))
    except (ClientError, BotoCoreError) as error:
        raise SeedError(f"{where}: {described(error)}") from error
    kept = json.loads(json.dumps({name: value for name, value in answer.items() if name != "ResponseMetadata"}, default=str))
    if "id" in call and call["id"] not in json.dumps(kept):
        raise SeedError(f"{where}: the id {call['id']} cannot be given to what this call makes; leave id out")
    return kept
