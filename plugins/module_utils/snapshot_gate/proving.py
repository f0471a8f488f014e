# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Proves a snapshot by restoring it into an instance of its own, which is deleted whatever happens."""

from __future__ import annotations

import json
from typing import Any

from ..aws.connection import Aws
from ..postgresql.problems import LoginRefused, NoConnection
from ..postgresql.session import Address, Login, Session, Watch, connect
from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet
from ..reconcile.waiting import Clock, until
from ..recovery.databases import Database, Snapshot
from ..recovery.giving_up import GaveUp, Say
from ..recovery.progress import minutes
from ..recovery.reaping import INSTANCE, Reaper
from ..recovery.states import NEVER, READY_NOW
from ..recovery.troubles import BUSY, reason_of
from .judging.findings import PASSED, Check, Finding
from .judging.restore import (
    STAGES,
    Proof,
    has_secret,
    maker,
    means_upgrade,
    name_for,
    needs_reboot,
    password_change,
    request,
    usability,
)
from .observing import Reader

LOGIN_SECONDS = 180.0

OUT_OF_SUPPORT = "RDS upgrades versions that are out of support while it restores them, so there is no way back to this version."


class Prover:
    def __init__(self, aws: Aws, clock: Clock, reader: Reader, proof: Proof, poll: float, say: Say) -> None:
        self.aws, self.clock, self.reader, self.proof, self.poll, self.say = aws, clock, reader, proof, poll, say
        self.reaper = Reaper(aws, clock, poll)

    def prove(self, database: Database, snapshot: Snapshot, deployment: str) -> tuple[Check, list[str]]:
        """(the check, notes about what could not be deleted). Raises GaveUp if the snapshot cannot be restored or does not answer."""
        now = self.reader.time.now()
        notes = list(self.reaper.reap(maker(deployment), now, database.resource_id).notes)
        began = self.clock.now()
        name = name_for(database, deployment, self.reader.time.now())
        source = self._describe(database.identifier)
        try:
            self._restore(request(source, database, snapshot, self.proof, deployment, name, self.reader.time.now()))
            usable = self._usable(name, "is being restored")
            self._check_version(database, usable)
            usable = self._own_password(name)
            if needs_reboot(usable):
                self._change("reboot_db_instance", {"DBInstanceIdentifier": name})
                usable = self._usable(name, "reboots")
            rows = self._query(usable)
        except CallFailed as error:
            upgraded = means_upgrade(error.code, error.message)
            why = f" {OUT_OF_SUPPORT}" if upgraded else ""
            sentence = f"{snapshot.identifier} could not be restored: {error.operation} ({error.code}): {error.message}.{why}"
            raise GaveUp("failed", "restore_upgraded" if upgraded else reason_of(error.code), sentence, snapshot) from error
        finally:
            notes += self.reaper.delete(INSTANCE, name).notes
        seconds = self.clock.now() - began
        evidence = {"rows": rows, "seconds": round(seconds)}
        sentence = f"{snapshot.identifier} was restored and answered the smoke query with {rows} rows after {minutes(seconds)}"
        return Check(17, "proof", Finding(PASSED, sentence, evidence)), notes

    def _describe(self, name: str) -> dict[str, Any]:
        return dict(self.aws.read("rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"][0])

    def _restore(self, parameters: dict[str, Any]) -> None:
        """Its identifier is new, so whatever has it after a lost reply is ours."""
        try:
            self.aws.change("rds", "restore_db_instance_from_db_snapshot", **parameters)
        except (Ambiguous, AlreadyThere):
            if self.aws.find("rds", "describe_db_instances", DBInstanceIdentifier=parameters["DBInstanceIdentifier"]) is None:
                self.aws.change("rds", "restore_db_instance_from_db_snapshot", **parameters)

    def _usable(self, name: str, doing: str, *, with_secret: bool = False) -> dict[str, Any]:
        for waited in until(self.clock, self.proof.timeout, self.poll):
            found = self._describe(name)
            state = usability(found)
            if state == NEVER:
                raise GaveUp("failed", "restore_failed", f"The test restore {name} is {found.get('DBInstanceStatus')}.")
            if state == READY_NOW and (has_secret(found) or not with_secret):
                return found
            self.say(f"{name} {doing} ({found.get('DBInstanceStatus')})", waited)
        raise GaveUp("failed", "restore_timeout", f"The test restore {name} is not usable after {minutes(self.proof.timeout)}.")

    def _check_version(self, database: Database, usable: dict[str, Any]) -> None:
        """RDS upgrades a restored instance by itself if the major version is out of support."""
        version = str(usable.get("EngineVersion") or "")
        if version.split(".", maxsplit=1)[0] != database.engine_version.split(".")[0]:
            raise GaveUp(
                "failed",
                "restore_upgraded",
                f"The snapshot of {database} came up with version {version}, not {database.engine_version}. {OUT_OF_SUPPORT}",
            )

    def _own_password(self, name: str) -> dict[str, Any]:
        self._change("modify_db_instance", password_change(name))
        return self._usable(name, "gets a password", with_secret=True)

    def _change(self, method: str, parameters: dict[str, Any]) -> None:
        """A change of an instance that may be busy."""
        for waited in until(self.clock, self.proof.timeout, self.poll):
            try:
                self.aws.change("rds", method, **parameters)
            except Ambiguous:
                continue
            except CallFailed as error:
                if error.code not in BUSY:
                    raise
                self.say(f"{parameters['DBInstanceIdentifier']} is busy", waited)
            else:
                return
        raise GaveUp("failed", "restore_timeout", f"The test restore is still busy after {minutes(self.proof.timeout)}.")

    def _query(self, instance: dict[str, Any]) -> int:
        session = self._login(instance)
        try:
            milliseconds = int(self.proof.query_timeout * 1000)
            session.rows(
                "SELECT set_config('statement_timeout', %s, false), set_config('search_path', %s, false)",
                [str(milliseconds), '"$user", public'],
            )
            rows = session.rows(self.proof.query)
        finally:
            session.close()
        if not rows:
            raise GaveUp("failed", "proof", "The smoke query returned no row.")
        return len(rows)

    def _login(self, instance: dict[str, Any]) -> Session:
        """Log in with the password as it is now: it is read for each attempt, in both stages of a rotation."""
        endpoint = instance["Endpoint"]
        address = Address(str(endpoint["Address"]), int(endpoint["Port"]), self.proof.ca_cert)
        last = ""
        for _waited in until(self.clock, LOGIN_SECONDS, self.poll):
            for stage in STAGES:
                login = self._secret(instance, stage)
                if login is None:
                    continue
                try:
                    return connect(address, login, self.proof.database, changing=False, watch=Watch())
                except (LoginRefused, NoConnection, NotYet) as error:
                    last = str(error)
        raise GaveUp("failed", "proof", f"The test restore does not let us in after {minutes(LOGIN_SECONDS)}: {last}")

    def _secret(self, instance: dict[str, Any], stage: str) -> Login | None:
        arn = str(instance["MasterUserSecret"]["SecretArn"])
        found = self.aws.find("secretsmanager", "get_secret_value", SecretId=arn, VersionStage=stage)
        if found is None:
            return None
        values = json.loads(found["SecretString"])
        return Login(str(values["username"]), str(values["password"]))
