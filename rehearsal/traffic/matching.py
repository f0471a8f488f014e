"""Which rule of a listener a request meets, as an application load balancer decides it: conditions in the shape of the ELBv2 API.

Hosts, header values, and query strings are compared without regard to case, paths and methods with it; `*` stands for any characters and
`?` for one. A rule's conditions must all hold, of a condition's values any.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from rehearsal.traffic.messages import Request

Condition = Mapping[str, Any]


def meets(conditions: Iterable[Condition], request: Request) -> bool:
    return all(_TESTS[condition["Field"]](condition, request) for condition in conditions if condition["Field"] in _TESTS)


@cache
def _pattern(text: str, with_case: bool) -> re.Pattern[str]:
    plain = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(plain, re.DOTALL if with_case else re.DOTALL | re.IGNORECASE)


def fits(pattern: str, text: str, *, with_case: bool = False) -> bool:
    return _pattern(pattern, with_case).fullmatch(text) is not None


def _values(condition: Condition, config: str) -> list[Any]:
    return list((condition.get(config) or condition).get("Values") or [])


def _host(condition: Condition, request: Request) -> bool:
    return any(fits(value, request.host) for value in _values(condition, "HostHeaderConfig"))


def _path(condition: Condition, request: Request) -> bool:
    return any(fits(value, request.path, with_case=True) for value in _values(condition, "PathPatternConfig"))


def _header(condition: Condition, request: Request) -> bool:
    config = condition["HttpHeaderConfig"]
    found = request.headers.get(str(config["HttpHeaderName"]).lower())
    return found is not None and any(fits(value, found) for value in config["Values"])


def _method(condition: Condition, request: Request) -> bool:
    return request.method in _values(condition, "HttpRequestMethodConfig")


def _query(condition: Condition, request: Request) -> bool:
    given = parse_qsl(request.query, keep_blank_values=True)
    return any(
        fits(unquote(entry.get("Value", "")), value) and (not entry.get("Key") or fits(entry["Key"], name))
        for entry in _values(condition, "QueryStringConfig")
        for name, value in given
    )


def _source(condition: Condition, request: Request) -> bool:
    client = ipaddress.ip_address(request.client)
    return any(client in ipaddress.ip_network(value, strict=False) for value in _values(condition, "SourceIpConfig"))


_TESTS: dict[str, Callable[[Condition, Request], bool]] = {
    "host-header": _host,
    "path-pattern": _path,
    "http-header": _header,
    "http-request-method": _method,
    "query-string": _query,
    "source-ip": _source,
}
