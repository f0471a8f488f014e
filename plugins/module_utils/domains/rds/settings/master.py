# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The master user of an instance, and where its password comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ....inputs.reader import Reader
from ....postgresql.rds_rules import RESERVED_PREFIXES, RESERVED_ROLES

CREDENTIALS = ("managed", "generated", "iam")
"""``managed``: RDS keeps the password in a secret and rotates it. ``generated``: a secret of the component's, rotated on request. ``iam``:
no password; the master logs in with a token of IAM."""

DEFAULT_USERNAME = "dbadmin"
DEFAULT_ROTATION, LONGEST_ROTATION = 7, 1000
"""Days between rotations of a managed secret: what RDS sets, and the most that Secrets Manager accepts."""

USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")

RESERVED_WORDS = """
admin administrator all
analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently
constraint create cross current_catalog current_date current_schema current_time current_timestamp default
deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner
intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order
outer overlaps placing primary references returning right select similar some symmetric system_user table tablesample then
to trailing true union unique user using variadic verbose when where window with
"""
RESERVED = RESERVED_ROLES | frozenset(RESERVED_WORDS.split())
"""Names that RDS refuses: its own users and roles, and PostgreSQL's reserved words (PostgreSQL manual, appendix C)."""


@dataclass(frozen=True)
class Master:
    """``rotation_days`` is for managed credentials. ``rotation`` is for generated ones: another text asks for another password."""

    username: str = DEFAULT_USERNAME
    credentials: str = "managed"
    rotation_days: int = DEFAULT_ROTATION
    rotation: str = ""


def read_master(reader: Reader) -> Master:
    master = Master(
        username=read_username(reader),
        credentials=reader.choice("credentials", CREDENTIALS, "managed"),
        rotation_days=reader.integer("rotation_days", DEFAULT_ROTATION, 1, LONGEST_ROTATION),
        rotation=read_rotation(reader),
    )
    if "password" in reader.given:
        reader.take("password")
        remedy = f"it is a password in an inventory; remove it, and let credentials be one of {', '.join(CREDENTIALS)}"
        reader.problems.messages.append(f"{reader.at('password')} is set, but {remedy}")
    if reader.given.get("rotation_days") is not None and master.credentials != "managed":
        remedy = f"the credentials are {master.credentials}, and RDS rotates only managed ones; remove it"
        reader.problems.add(reader.at("rotation_days"), master.rotation_days, remedy)
    if master.rotation and master.credentials != "generated":
        remedy = f"the credentials are {master.credentials}, and only generated ones are rotated on request; remove it"
        reader.problems.add(reader.at("rotation"), master.rotation, remedy)
    reader.finish()
    return master


def read_rotation(reader: Reader) -> str:
    """A marker such as a date. A number that YAML reads is fine."""
    value = reader.take("rotation")
    if value is None:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool) and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", str(value)):
        return str(value)
    reader.problems.add(reader.at("rotation"), value, "it must be 1 to 64 letters, digits, dots, hyphens and underscores, such as a date")
    return ""


def read_username(reader: Reader) -> str:
    value = reader.text("username", DEFAULT_USERNAME)
    lower = value.lower()
    if not USERNAME.fullmatch(value):
        remedy = "it must be 1 to 63 letters, digits and underscores, starting with a letter"
        reader.problems.add(reader.at("username"), value, remedy)
    elif lower in RESERVED or lower.startswith(RESERVED_PREFIXES):
        remedy = f"RDS for PostgreSQL reserves that name; choose another one, such as {DEFAULT_USERNAME}"
        reader.problems.add(reader.at("username"), value, remedy)
    else:
        return value
    return DEFAULT_USERNAME
