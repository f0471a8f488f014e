# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The certificates with which a server's own certificate is verified. A connection without them is never made.

RDS's certificate authorities are Amazon's own, and no system trusts them by default. This collection ships no copy, which would expire, and
downloads none silently, which would make the download the thing to trust.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ....postgresql.session import SYSTEM_CA
from ....reconcile.errors import CallFailed

BEGIN = "-----BEGIN CERTIFICATE-----"
VARIABLES = ("MAINSTAY_REHEARSAL_RDS_CA", "PGSSLROOTCERT")
"""Environment variables that name the file if the option does not: that of the rehearsal, and libpq's own."""

URL = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"


@dataclass(frozen=True)
class Certificates:
    """A file of certificates. ``made``: this process wrote it."""

    path: str
    made: bool = False

    def forget(self) -> None:
        if self.made:
            Path(self.path).unlink(missing_ok=True)


def certificates(given: str, environment: Mapping[str, str]) -> Certificates:
    """The file to use. ``given``: a path, the certificates themselves, "system", or empty. Raises CallFailed."""
    wanted = given or next((environment[name] for name in VARIABLES if environment.get(name)), "")
    if wanted == SYSTEM_CA:
        return Certificates(SYSTEM_CA)
    if BEGIN in wanted:
        return _kept(wanted)
    if not wanted:
        raise CallFailed(
            "no certificates to verify the server with (option endpoint: ca)",
            code="NoCertificates",
            hint=f"Download {URL} once, keep it with the inventory, and set its path: curl -fsSo rds-ca.pem {URL}",
        )
    path = Path(wanted).expanduser()
    if not path.is_file():
        hint = f"The path is read on the host that connects. The certificates of RDS are in {URL}."
        raise CallFailed(f"there is no file {path} with certificates (option endpoint: ca)", code="NoCertificates", hint=hint)
    return Certificates(str(path))


def _kept(text: str) -> Certificates:
    """Certificates as a file, since libpq takes no others. They are public."""
    with tempfile.NamedTemporaryFile("w", prefix="mainstay-ca-", suffix=".pem", delete=False) as file:
        file.write(text)
    return Certificates(file.name, made=True)
