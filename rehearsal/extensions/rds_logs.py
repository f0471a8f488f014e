"""Log files of DB instances: the server's error log, and the logs of upgrades."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions import rds_servers
from rehearsal.extensions.rds_common import instance_of
from rehearsal.extensions.rds_record import LogFile, record_of
from rehearsal.query_api import filtered, invalid, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

MOST_LINES, MOST_BYTES = 10_000, 1_000_000


def write_log(instance: Any, name: str, text: str) -> None:
    """Adds text to a log file of an instance, which is created if it does not exist."""
    moment = datetime.now(UTC)
    logs = record_of(instance).logs
    found = next((file for file in logs if file.name == name), None)
    if found is None:
        logs.append(LogFile(name, text, moment))
    else:
        found.text, found.written = found.text + text, moment


def _current(instance: Any) -> str:
    """The name of the server's log file of this hour."""
    return f"error/postgresql.log.{datetime.now(UTC):%Y-%m-%d-%H}"


def _server_log(instance: Any) -> str:
    """The end of what the instance's server has logged."""
    if not rds_servers.has_server(instance) or not rds_servers.fleet().exists(rds_servers.key_of(instance)):
        return ""
    path = rds_servers.fleet().log(rds_servers.key_of(instance))
    return str(path.read_bytes()[-MOST_BYTES:].decode(errors="replace")) if path.exists() else ""


def _files(instance: Any) -> list[LogFile]:
    """All log files. There is always one of this hour, as a running server writes checkpoints."""
    if all(file.name != _current(instance) for file in record_of(instance).logs):
        moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        write_log(instance, _current(instance), f"{moment}::@:[400]:LOG:  checkpoint starting: time\n")
    if text := _server_log(instance):
        current = next(file for file in record_of(instance).logs if file.name == _current(instance))
        current.text, current.written = text, datetime.now(UTC)
    return sorted(record_of(instance).logs, key=lambda file: file.name)


@answers("rds", "DescribeDBLogFiles")
def describe(call: Call) -> Any:
    """FileLastWritten and LastWritten are in milliseconds since 1970."""
    instance = instance_of(call)
    contains, since, size = str(call.get("FilenameContains") or ""), call.get("FileLastWritten") or 0, call.get("FileSize") or 0
    found = [
        {"LogFileName": file.name, "LastWritten": int(file.written.timestamp() * 1000), "Size": len(file.text.encode())}
        for file in _files(instance)
        if contains in file.name
    ]
    found = [one for one in filtered(call, found, {}) if int(str(one["LastWritten"])) >= since and int(str(one["Size"])) >= size]
    return page(call, "DescribeDBLogFiles", found)


@answers("rds", "DownloadDBLogFilePortion")
def download(call: Call) -> Any:
    """By lines: without a marker the last ones, with the marker "0" from the beginning. A marker is the number of a line."""
    instance, name = instance_of(call), str(call.get("LogFileName"))
    found = next((file for file in _files(instance) if file.name == name), None)
    if found is None:
        raise Refusal("DBLogFileNotFoundFault", f"DBLog File: {name}, is not found on the DB instance", 404)
    count = call.get("NumberOfLines")
    if count is not None and not 1 <= count <= MOST_LINES:
        raise invalid(f"Invalid NumberOfLines: {count}. It must be from 1 to {MOST_LINES}")
    lines, marker = found.text.splitlines(keepends=True), call.get("Marker")
    most = int(count or MOST_LINES)
    first = max(len(lines) - most, 0) if marker is None else _line(str(marker))
    part = lines[first : first + most]
    last = first + len(part)
    return {"LogFileData": "".join(part), "Marker": str(last), "AdditionalDataPending": last < len(lines)}


def _line(marker: str) -> int:
    if not marker.isdecimal():
        raise invalid(f"Invalid marker: {marker}")
    return int(marker)
