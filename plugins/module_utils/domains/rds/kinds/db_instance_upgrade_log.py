# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The log of a major upgrade that RDS gave up: the instance returns to ``available`` with its old version, and only this log says why.

"Upgrading the RDS for PostgreSQL DB engine", RDS User Guide: the precheck writes ``error/pg_upgrade_precheck.log.<time>``, and pg_upgrade
itself ``error/pg_upgrade_internal.log`` and the like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.connection import Aws

CONTAINS = "pg_upgrade"
PRECHECK = "pg_upgrade_precheck"
LINES = 500
SENTENCES = 3
LONGEST = 600
STAMP = re.compile(r"^\s*(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*( UTC)?|\[?\d\d:\d\d:\d\d\]?)\s*[:-]?\s*")
RULE = re.compile(r"^\W*(END OF LOG)?\W*$")


def logs(aws: Aws, identifier: str) -> list[dict[str, Any]]:
    """The logs of upgrades: LogFileName, LastWritten (milliseconds since 1970), Size."""
    return aws.list_all("rds", "describe_db_log_files", "DescribeDBLogFiles", DBInstanceIdentifier=identifier, FilenameContains=CONTAINS)


def newest(files: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The newest log; a precheck's before others of the same time."""
    return max(files, key=lambda one: (int(one.get("LastWritten") or 0), PRECHECK in str(one["LogFileName"])), default=None)


def last_written(files: Iterable[Mapping[str, Any]]) -> int:
    """When the newest log was written, in milliseconds since 1970; 0 if there is none."""
    return max((int(one.get("LastWritten") or 0) for one in files), default=0)


def last_sentences(text: str) -> str:
    """The last sentences of a log, which say what a person has to do; without time stamps and rules."""
    lines = [STAMP.sub("", line).strip() for line in text.splitlines()]
    said = [line for line in lines if line and not RULE.match(line)]
    sentences = [one for one in re.split(r"(?<=[.!?])\s+", " ".join(said)) if one]
    return " ".join(sentences[-SENTENCES:])[-LONGEST:]


def why_not_upgraded(aws: Aws, identifier: str) -> str:
    """What the newest upgrade log ends with; empty if there is none."""
    files = logs(aws, identifier)
    prechecks = [one for one in files if PRECHECK in str(one["LogFileName"])]
    log = newest(prechecks or files)
    if log is None:
        return ""
    reply = aws.read(
        "rds", "download_db_log_file_portion", DBInstanceIdentifier=identifier, LogFileName=str(log["LogFileName"]), NumberOfLines=LINES
    )
    return last_sentences(str(reply.get("LogFileData") or ""))
