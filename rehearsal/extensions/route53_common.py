"""Zones and their records, as the other parts of the cloud see them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

OCTAL = re.compile(r"\\(\d{3})")


def normal(name: str) -> str:
    """A name in lower case, without the final dot, octal digits decoded."""
    return OCTAL.sub(lambda found: chr(int(found[1], 8)), name).lower().removesuffix(".")


def bare(identity: str) -> str:
    """``/hostedzone/Z1`` -> ``Z1``."""
    return identity.rpartition("/")[2]


def same(record: Any, given: Mapping[str, Any]) -> bool:
    """Whether moto's record has the name, type, and set identifier of a change."""
    return (normal(record.name), record.type, record.set_identifier or None) == (
        normal(given["Name"]),
        given["Type"],
        given.get("SetIdentifier") or None,
    )


def values_of(record: Any) -> list[str]:
    return [str(value) for value in record.records or []]


def targets(backend: Any, name: str) -> Iterator[str]:
    """The targets of the CNAME records of this name in public zones."""
    for zone in backend.zones.values():
        if not zone.private_zone:
            for record in zone.rrsets:
                if record.type == "CNAME" and normal(record.name) == normal(name):
                    yield from map(normal, values_of(record))
