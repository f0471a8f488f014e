"""The certificates of load balancers, from an authority of the rehearsal's own, which clients trust by its file."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehearsal.kubernetes.certificates import Authority
from rehearsal.traffic.matching import fits


class Certificates:
    """Makes each certificate once. `bundle` is the file with the authority."""

    def __init__(self, directory: Path, bundle: Path) -> None:
        self._authority = Authority(directory, "rehearsal-load-balancers")
        new = bundle.with_suffix(".new")
        new.write_bytes(self._authority.pem)
        new.replace(bundle)  # probes take the file as soon as it is there
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}

    def context(self, certificates: Sequence[Sequence[str]]) -> ssl.SSLContext:
        """For a listener with certificates for these names: the client's server name selects one, else the first is presented."""
        found = [(tuple(names), self._context(tuple(names))) for names in certificates]
        first = found[0][1]
        listening = self._new(found[0][0])

        def select(connection: Any, name: str | None, context: ssl.SSLContext) -> None:
            connection.context = next((each for names, each in found if name and covers(names, name)), first)

        listening.sni_callback = select
        return listening

    def _context(self, names: tuple[str, ...]) -> ssl.SSLContext:
        if names not in self._contexts:
            self._contexts[names] = self._new(names)
        return self._contexts[names]

    def _new(self, names: tuple[str, ...]) -> ssl.SSLContext:
        pair = self._authority.server("listener", names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(pair.certificate, pair.key)
        return context


def covers(names: Sequence[str], name: str) -> bool:
    """Whether a certificate is for a name; its `*` stands for one label."""
    wanted = name.lower().rstrip(".")
    return any(fits(each, wanted) and each.count(".") == wanted.count(".") for each in names)
