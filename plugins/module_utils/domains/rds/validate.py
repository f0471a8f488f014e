# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All errors in instances that can be found before the first API call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...component.names import PRODUCTION
from ...inputs.networks import Network
from ...inputs.problems import Problems, suggestion
from ...postgresql.rds_rules import LIBRARIES
from .settings.backups import overlapping
from .settings.extensions import extension_problems
from .settings.instance import CLASS, IDENTIFIER_REMEDY, Instance, is_identifier, read
from .settings.parameters import PRELOAD
from .settings.replicas import Replica

ANYWHERE = Network()


def validate(
    instances: Any,
    path: str = "databases",
    environment: str = "",
    component: str = "database",
    network: Network = ANYWHERE,
    region: str = "",
) -> tuple[dict[str, Instance], list[str]]:
    """The instances that a user's mapping describes, and every problem with them.

    ``path`` is the variable that messages begin with; ``network`` is the network of instances that name none. The instances are usable only
    if there are no problems.
    """
    problems = Problems()
    found = read(instances, path, environment, network, problems, region)
    check_identifiers(found, problems)
    for instance in found.values():
        check_place(instance, problems)
        check_credentials(instance, problems)
        check_backups(instance, environment, problems)
        check_proxy(instance, problems)
        check_parameters(instance, problems)
        for replica in instance.replicas.values():
            check_replica(instance, replica, region, problems)
        for message in extension_problems(instance.path, instance.version, instance.content.extensions()):
            problems.messages.append(message)
    return found, problems.messages


def identifiers(instances: Mapping[str, Instance]) -> Iterator[tuple[str, str]]:
    """(path, identifier) of every instance and replica. Those in other regions are included: the order of deletions follows names."""
    for instance in instances.values():
        yield instance.path, instance.identifier
        for replica in instance.replicas.values():
            yield replica.path, replica.identifier


def check_identifiers(instances: Mapping[str, Instance], problems: Problems) -> None:
    taken: dict[str, str] = {}
    for path, identifier in identifiers(instances):
        if not is_identifier(identifier):
            problems.add(f"{path}.identifier", identifier, IDENTIFIER_REMEDY)
        elif identifier in taken:
            remedy = f"{taken[identifier]} already has that identifier; choose another one for one of them"
            problems.add(f"{path}.identifier", identifier, remedy)
        taken.setdefault(identifier, path)


def check_place(instance: Instance, problems: Problems) -> None:
    """RDS requires subnets in two zones even for an instance in one. Their zones are queried later."""
    path = f"{instance.path}.subnet_ids"
    if not instance.subnet_ids:
        problems.missing(path, "list isolated subnets in at least two availability zones, or name a network that has them")
    elif len(instance.subnet_ids) < 2:
        problems.add(path, list(instance.subnet_ids), "RDS wants subnets in at least two availability zones")
    if not instance.security_group_ids:
        remedy = "list the security groups that let clients in, or name a network that has one for databases"
        problems.missing(f"{instance.path}.security_group_ids", remedy)
    if instance.zone and instance.multi_az:
        remedy = "a Multi-AZ instance is in two zones, which AWS chooses; remove it, or set multi_az: false"
        problems.add(f"{instance.path}.zone", instance.zone, remedy)
    elif instance.zone and instance.subnet_zones and instance.zone not in instance.subnet_zones:
        remedy = f"its subnets are in {', '.join(instance.subnet_zones)}; choose one of these"
        problems.add(f"{instance.path}.zone", instance.zone, remedy)


def check_credentials(instance: Instance, problems: Problems) -> None:
    """RDS does not allow replicas of an instance whose master password it manages (RDS User Guide, "Password management with RDS and
    Secrets Manager", limitations); a login with IAM has to be possible where a user has no other.
    """
    path = f"{instance.path}.master.credentials"
    if instance.replicas and instance.master.credentials == "managed":
        remedy = "RDS does not allow read replicas of an instance with a managed password; set it to generated or iam"
        problems.add(path, "managed", remedy)
    if not instance.iam_authentication:
        if instance.master.credentials == "iam":
            problems.add(f"{instance.path}.iam_authentication", False, f"{path} is iam, so the master could not log in; leave it true")
        users = sorted(name for name, user in instance.content.users.items() if user.get("login") == "iam")
        if users:
            remedy = f"{', '.join(users)} could not log in; leave it true, or set their login to password"
            problems.add(f"{instance.path}.iam_authentication", False, remedy)


def check_backups(instance: Instance, environment: str, problems: Problems) -> None:
    """Retention 0 turns point-in-time recovery off, together with everything that is made of automated backups."""
    backups, path = instance.backups, f"{instance.path}.backups"
    if backups.retention_days == 0:
        needs = [
            *(["replicas"] if instance.replicas else []),
            *(["backups.replicate_to"] if backups.replicate_to else []),
            *([f"point-in-time recovery, which {environment} must have"] if environment in PRODUCTION else []),
        ]
        if needs:
            problems.add(f"{path}.retention_days", 0, f"{' and '.join(needs)} need automated backups; set it to 1 to 35")
    if overlapping(backups, instance.maintenance):
        remedy = f"it overlaps maintenance.window ({instance.maintenance.window}), and RDS refuses that; move one of them"
        problems.add(f"{path}.window", backups.window, remedy)


def check_proxy(instance: Instance, problems: Problems) -> None:
    if instance.proxy is None:
        return
    path, passwords = f"{instance.path}.proxy", instance.content.passwords
    for name in instance.proxy.users:
        if name not in passwords:
            what = suggestion(name, sorted(passwords)) if passwords else "no user of this instance has a password"
            problems.add(f"{path}.users", name, f"it is not a user with a password; {what}")
    if instance.proxy.auth == "password" and not passwords:
        remedy = "it logs in with the passwords of the instance's users, and none has one; add one to users, or set auth: iam"
        problems.add(f"{path}.auth", "password", remedy)
    if instance.proxy.auth == "iam" and not instance.iam_authentication:
        problems.add(f"{path}.auth", "iam", "iam_authentication is false, so the instance accepts no such login; leave it true")


def check_parameters(instance: Instance, problems: Problems) -> None:
    """TLS is not negotiable in the defaults; a library that extensions need must be loaded at the start."""
    for path, parameters in ((instance.path, instance.parameters), *((one.path, one.parameters) for one in instance.replicas.values())):
        libraries = [one.strip() for one in parameters.get(PRELOAD, "").split(",")]
        for extension, library in LIBRARIES.items():
            if extension in instance.content.extensions() and library not in libraries:
                remedy = f"the extension {extension} needs {library} in it; add it: the list replaces the default"
                problems.add(f"{path}.parameters.{PRELOAD}", parameters.get(PRELOAD), remedy)


def check_replica(instance: Instance, replica: Replica, region: str, problems: Problems) -> None:
    """``region``: the component's own."""
    if region and replica.region == region:
        problems.add(f"{replica.path}.region", region, "that is the region of the instance; remove it, or name another one")
    elif replica.region and len(replica.subnet_ids) == 1:
        problems.add(f"{replica.path}.subnet_ids", list(replica.subnet_ids), "RDS wants subnets in at least two availability zones")
    if not CLASS.fullmatch(replica.instance_class) and replica.instance_class != instance.instance_class:
        problems.add(f"{replica.path}.class", replica.instance_class, "it must be a DB instance class such as db.t4g.medium")
    if replica.zone and not replica.region and instance.subnet_zones and replica.zone not in instance.subnet_zones:
        remedy = f"the subnets of its source are in {', '.join(instance.subnet_zones)}; choose one of these"
        problems.add(f"{replica.path}.zone", replica.zone, remedy)
