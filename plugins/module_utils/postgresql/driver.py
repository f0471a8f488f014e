# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""psycopg, imported when a server is first used: modules that never talk to one must not need it or wait for its import."""

from __future__ import annotations

import importlib
from typing import Any

from ansible.module_utils.basic import missing_required_lib

from ..reconcile.errors import CallFailed

URL = "https://www.psycopg.org/psycopg3/docs/basic/install.html"


def driver() -> Any:
    """The module ``psycopg``. Raises CallFailed, with what to install, if it is missing."""
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        text = missing_required_lib("psycopg[binary] >= 3.1", reason="to look into a PostgreSQL server", url=URL)
        hint = "In this project, make setup installs it; another host is named in rds_sql_host, and needs it as well."
        raise CallFailed(f"{text} {error}".strip(), code="MissingLibrary", hint=hint) from error
