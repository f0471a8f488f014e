"""Certificates to import into the emulated ACM."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rehearsal.kubernetes.certificates import Authority


def self_signed(*names: str) -> dict[str, bytes]:
    """The parameters of ImportCertificate for a certificate with these names."""
    with tempfile.TemporaryDirectory() as folder:
        pair = Authority(Path(folder)).server("server", names)
        return {"Certificate": pair.certificate.read_bytes(), "PrivateKey": pair.key.read_bytes()}
