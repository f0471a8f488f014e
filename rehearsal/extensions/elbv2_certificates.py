"""Which certificates the listeners of an Ingress get: those that it names, or those in ACM that cover its hosts."""

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes.routing import Listener, ModelError, Routing
from rehearsal.traffic.tls import covers


class Certificates:
    """`arns` and the `names` on each certificate, both by port. Raises ModelError for a certificate that cannot be used or found.

    An ARN that the emulated ACM does not know counts as a certificate for the hosts of the Ingress: an inventory may name one of another
    account.
    """

    def __init__(self, acm: Any, routing: Routing) -> None:
        self._present = dict(acm._certificates)
        self.arns: dict[int, list[str]] = {}
        self.names: dict[int, list[tuple[str, ...]]] = {}
        for listener in routing.listeners:
            if listener.encrypts:
                self.arns[listener.port] = list(listener.certificates) or self._found(listener)
                self.names[listener.port] = [self._names(arn, listener) for arn in self.arns[listener.port]]

    def _found(self, listener: Listener) -> list[str]:
        if not listener.hosts:
            raise ModelError(f"no certificate is named for the listener {listener.protocol}:{listener.port}, and no host to find one by")
        chosen = []
        for host in listener.hosts:
            fitting = [arn for arn, each in self._present.items() if each.status == "ISSUED" and covers(_names_on(each), host)]
            if not fitting:
                raise ModelError(f"no certificate found for host: {host}")
            chosen += fitting
        return list(dict.fromkeys(chosen))

    def _names(self, arn: str, listener: Listener) -> tuple[str, ...]:
        certificate = self._present.get(arn)
        if certificate is None:
            return tuple(listener.hosts) or ("localhost",)
        if certificate.status != "ISSUED":
            raise ModelError(f"UnsupportedCertificate: the certificate '{arn}' is {certificate.status}, not ISSUED")
        return _names_on(certificate)


def _names_on(certificate: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(name) for name in (certificate.common_name, *certificate.sans) if name))
