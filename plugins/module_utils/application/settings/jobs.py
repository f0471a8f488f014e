# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Programs that run and end: cron jobs, and the migration of a release. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...inputs.cron import BadCron, parse, zone
from ...inputs.reader import Reader
from ...inputs.values import as_text
from .containers import Container, Context, named_workloads, read_container

CONCURRENCY = {"forbid": "Forbid", "allow": "Allow", "replace": "Replace"}
WEEK = 604800
MIGRATION = "migration"
"""The name of the migration's workload, which no other may have."""

SUNDAY_AS_7 = re.compile(r"(?<![0-9/])7(?![0-9])")


@dataclass(frozen=True)
class CronJob:
    """``deadline``: seconds a run may take. ``starting_deadline``: seconds a run may be late before it is left out."""

    name: str
    schedule: str
    container: Container
    time_zone: str = "UTC"
    concurrency: str = "Forbid"
    deadline: int = 3600
    retries: int = 1
    starting_deadline: int = 600
    history: int = 3
    suspended: bool = False


@dataclass(frozen=True)
class Migration:
    """Times in seconds. ``deadline``: a migration that waits for a lock must not hold up a deployment forever. ``lock_timeout``: how long
    each of its statements waits for one, and with it every statement that queues behind it; 0 for no limit of its own.
    """

    container: Container
    deadline: int = 1800
    retries: int = 0
    databases: tuple[str, ...] = ()
    lock_timeout: int = 0


def read_cron_jobs(reader: Reader, context: Context, taken: dict[str, str]) -> tuple[CronJob, ...]:
    return tuple(_cron_job(name, section, context) for name, section in named_workloads(reader, taken, "cron_jobs"))


def _cron_job(name: str, reader: Reader, context: Context) -> CronJob:
    found = CronJob(
        name=name,
        schedule=_schedule(reader),
        container=read_container(reader, context),
        time_zone=_time_zone(reader),
        concurrency=CONCURRENCY[reader.choice("concurrency", CONCURRENCY, "forbid")],
        deadline=reader.integer("deadline", 3600, 1, WEEK),
        retries=reader.integer("retries", 1, 0, 10),
        # Kubernetes looks for jobs to start every ten seconds, and would miss those with a shorter deadline.
        starting_deadline=reader.integer("starting_deadline", 600, 10, WEEK),
        history=reader.integer("history", 3, 0, 100),
        suspended=reader.boolean("suspended", False),
    )
    reader.finish()
    return found


def _schedule(reader: Reader) -> str:
    schedule = reader.required_text("schedule", 'give a cron expression, such as "15 3 * * *"')
    if not schedule:
        return ""
    try:
        parse(schedule)
    except BadCron as error:
        reader.problems.add(reader.at("schedule"), schedule, str(error))
        return ""
    fields = schedule.split()
    if len(fields) == 5 and SUNDAY_AS_7.search(fields[4]):
        reader.problems.add(reader.at("schedule"), schedule, "Kubernetes counts the days of the week from 0 to 6; write 0 for Sunday")
    return schedule


def _time_zone(reader: Reader) -> str:
    name = reader.text("time_zone", "UTC")
    if name.lower() == "local":
        reader.problems.add(
            reader.at("time_zone"), name, "Kubernetes refuses the zone of its own machine; name one, such as Africa/Johannesburg"
        )
        return "UTC"
    try:
        zone(name)
    except BadCron as error:
        reader.problems.add(reader.at("time_zone"), name, str(error))
    return name


def read_migration(parent: Reader, context: Context, taken: dict[str, str]) -> Migration | None:
    given = parent.take("migration")
    if not given:
        return None
    reader = Reader(given, parent.at("migration"), parent.problems)
    if MIGRATION in taken:
        parent.problems.messages.append(
            f"{parent.at(taken[MIGRATION])} has a workload called {MIGRATION}, which is the name of the migration's own; rename it"
        )
    found = Migration(
        container=read_container(reader, context),
        deadline=reader.integer("deadline", 1800, 10, WEEK),
        retries=reader.integer("retries", 0, 0, 10),
        databases=reader.items("databases", (), as_text, "it must be the identifier of a DB instance, such as prod-main"),
        lock_timeout=reader.integer("lock_timeout", 0, 0, WEEK),
    )
    if found.lock_timeout >= found.deadline:
        remedy = f"it must be less than deadline, which is {found.deadline}"
        reader.problems.add(reader.at("lock_timeout"), found.lock_timeout, remedy)
    reader.finish()
    return found
