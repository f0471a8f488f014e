# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an Ingress of plain manifests gets besides what its file says: things that only exist in AWS. Pure functions.

A web ACL has an id that nobody can know beforehand, and the value of a secret header belongs in no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...inputs.kubernetes import SUBDOMAIN
from ...inputs.reader import Reader
from .ingress import SCHEMES
from .load_balancers import read_web_acl
from .origin_secret import OriginSecret, read_origin_secret


@dataclass(frozen=True)
class Around:
    """``path``: of the setting. ``scheme``: that of the manifests' Ingress, which decides whether names are recorded in public zones."""

    path: str
    scheme: str
    web_acl: str = ""
    origin_secret: OriginSecret | None = None


def read_around(parent: Reader) -> Around | None:
    """None if there is nothing to add."""
    given = parent.take("ingress")
    if not given:
        return None
    reader = Reader(given, parent.at("ingress"), parent.problems)
    found = Around(
        path=reader.path,
        scheme=reader.choice("scheme", SCHEMES, SCHEMES[0]),
        web_acl=read_web_acl(reader),
        origin_secret=read_origin_secret(reader),
    )
    reader.items("hosts", (), _host, "it must be a host name in lower case, such as origin.example.com")
    for key in reader.given:
        if key not in reader.known:
            remedy = "only hosts, scheme, web_acl, and origin_secret can be given beside manifests"
            reader.problems.messages.append(f"{reader.at(str(key))} belongs into the Ingress of the manifests; {remedy}")
    return found


def _host(value: Any) -> str | None:
    return value if isinstance(value, str) and "." in value and SUBDOMAIN.fullmatch(value) else None
