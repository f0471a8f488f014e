#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_drill
version_added: 0.1.0
short_description: Prove that a database can be recovered within its RTO and RPO
description:
  - Restores a PostgreSQL DB instance into an isolated copy, in the same or another region, compares its contents with the source, measures
    how long that took and how much was lost, and deletes everything that it created.
  - It writes marker rows with checksums to a separate table in the source, waits until the backups cover the first one, and simulates a
    failure. The measured RTO is the time from that moment until all checks pass. The measured RPO is the time from the newest recovered
    marker to that moment.
  - The restored instance is deleted whatever happens. What a killed run left is deleted by the next one, by its tags.
  - C(docs/recovery.md) explains the checks, lists the permissions, and shows how to schedule it.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  database:
    description:
      - Identifier of the DB instance. Read replicas and members of clusters are refused.
    type: str
    required: true
  target:
    description:
      - Where to restore. Nothing of it defaults to that of the database, because applications must not reach the copy.
    type: dict
    required: true
    suboptions:
      subnet_group:
        description: Subnet group of the restored instance. In the same region, that of the database is refused.
        type: str
        required: true
      security_groups:
        description:
          - IDs of its security groups. They must admit the host that runs this module. In the same region, those of the database are
            refused.
        type: list
        elements: str
        required: true
      parameter_group:
        description: Its parameter group. It must exist in the target's region.
        type: str
        required: true
      kms_key:
        description:
          - ID, ARN, or alias of the key that the restored instance must be under. A restore to a point in time always uses the key of the
            backups, which has to be this one. A snapshot is copied under this key if it has another one.
        type: str
        required: true
      region:
        description: Region to restore in. Defaults to that of the database.
        type: str
        default: ""
      identifier:
        description: Identifier of the restored instance. Must not exist. Defaults to one that each drill makes for itself.
        type: str
        default: ""
      instance_class:
        description: Its class. Defaults to that of the database.
        type: str
        default: ""
  ca_cert:
    description:
      - File with the CA certificates of RDS, of both regions.
    type: path
    required: true
  method:
    description:
      - V(point_in_time) restores from the automated backups; in another region, from those that are replicated there. V(snapshot) takes a
        snapshot after the first marker, and copies it if necessary. V(auto) is V(point_in_time) where there are such backups.
    type: str
    choices: [auto, point_in_time, snapshot]
    default: auto
  marker:
    description:
      - Where the markers are written. A schema and a table that the drill created are removed at its end. If they exist already, for a
        login with fewer rights, they stay, and only the drill's rows are removed.
    type: dict
    suboptions:
      database:
        description: The database of the server.
        type: str
        default: postgres
      schema:
        description: The schema, which should be used for nothing else.
        type: str
        default: mainstay_drill
      table:
        description: The table.
        type: str
        default: markers
      interval:
        description: Seconds between two markers. The measured RPO is up to this much too large.
        type: float
        default: 60
  login:
    description:
      - How to log in to the source. Defaults to the master user with the secret that RDS manages. The restored instance gets its own
        managed secret.
    type: dict
    suboptions:
      secret:
        description: ARN or name of a secret in Secrets Manager with C(username) and C(password).
        type: str
        default: ""
      user:
        description: A user who logs in with a token of IAM.
        type: str
        default: ""
  checks:
    description:
      - How the restored contents are compared.
    type: dict
    suboptions:
      databases:
        description: The databases to compare, in addition to O(marker.database). Defaults to all that the login may enter.
        type: list
        elements: str
        default: []
      exact_mib:
        description: Tables up to this size are counted and compared completely; of larger ones, a sample is.
        type: float
        default: 256
      sample_rows:
        description: How many rows a sample has.
        type: int
        default: 1000
      table_timeout:
        description: Seconds for each table.
        type: float
        default: 300
      exclude:
        description: Patterns of tables, such as V(app.sessions) or V(audit.*), whose rows are not compared.
        type: list
        elements: str
        default: []
      ignore:
        description: Kinds of differences that do not count.
        type: list
        elements: str
        choices: [definitions, owners, privileges, extensions, roles, properties, rows, checksum, sequence]
        default: []
  rto:
    description:
      - The goal for the time from the failure until all checks pass, in seconds. A miss fails the task, after everything else is done.
    type: float
    default: 14400
  rpo:
    description:
      - The goal for the time between the newest marker that came back and the failure, in seconds.
    type: float
    default: 900
  record:
    description:
      - Whether to record the result as tags of the database, C(mainstay:restore-minutes-point-in-time) or
        C(mainstay:restore-minutes-snapshot), which M(mainstay.aws.rds_snapshot_gate) reads, and C(mainstay:restore-measured).
    type: bool
    default: true
  report:
    description:
      - Path of the report, without an ending. Two files are written, with C(.md) and C(.json), also after a failure.
    type: path
    default: ""
  backups_timeout:
    description:
      - Seconds until the backups must cover the first marker. RDS saves the log every five minutes; replicated backups are later.
    type: float
    default: 1800
  timeout:
    description:
      - Seconds until the restored instance must be usable. It is longer than O(rto) by default, so that a miss is measured.
    type: float
    default: 18000
  poll_interval:
    description:
      - Maximum interval between two polls, in seconds.
    type: float
    default: 15
  ttl:
    description:
      - Seconds after which the next drill of any database deletes what this one made, if its own teardown could not.
    type: float
    default: 28800
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Makes all checks that need no change, and states what would happen. Makes no changing call and writes no report.
    support: full
  diff_mode:
    description: The module has no differences to show.
    support: none
seealso:
  - module: mainstay.aws.rds_restore
  - module: mainstay.aws.rds_snapshot_gate
"""

EXAMPLES = r"""
- name: Prove that orders comes back in the same region
  mainstay.aws.rds_drill:
    database: orders
    target:
      subnet_group: drills
      security_groups: [sg-0a1b2c3d4e5f60718]
      parameter_group: orders
      kms_key: alias/orders
    ca_cert: /etc/ssl/rds-global-bundle.pem
    report: reports/drill-orders

- name: Prove it in another region, from the replicated backups, with a role that may write markers and read everything
  mainstay.aws.rds_drill:
    database: orders
    region: eu-west-1
    target:
      region: eu-central-1
      subnet_group: drills
      security_groups: [sg-0f1e2d3c4b5a69788]
      parameter_group: orders
      kms_key: arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
    login:
      user: drill
    marker:
      database: shop
    rto: 14400
    rpo: 900
    ca_cert: /etc/ssl/rds-global-bundle.pem
    report: "reports/drill-orders-{{ lookup('pipe', 'date +%F') }}"
"""

RETURN = r"""
msg:
  description: The verdict in words.
  returned: always
  type: str
  sample: "orders was restored and all checks passed: RTO 21 min (goal 4.0 h); RPO 5 min (goal 15 min)."
verdict:
  description:
    - V(passed), V(missed), V(failed), or V(refused). V(missed) means that everything came back, but not within O(rto) or O(rpo).
      V(refused) means that something must be corrected first, and nothing was restored. All but V(passed) fail the task.
  returned: always
  type: str
  sample: passed
reason:
  description:
    - The reason as a stable code, such as V(restored), V(rto_missed), V(rpo_missed), V(goals_missed), V(options), V(backups_behind),
      V(interrupted), or the name of a check that failed.
  returned: always
  type: str
  sample: restored
exit_code:
  description: A code for pipelines. 0 for V(passed), 3 for V(failed), 4 for V(refused), 5 for V(missed).
  returned: always
  type: int
  sample: 0
drill:
  description: ID of this drill, as in the tags of what it made.
  returned: if the options are valid
  type: str
  sample: 20261130t081500-5f3a
database:
  description: The source.
  returned: if the options are valid
  type: str
  sample: orders
resource_id:
  description: Its resource ID.
  returned: if the options are valid
  type: str
  sample: db-ABCDEFGHIJKLMNOPQRSTUVWXYZ
region:
  description: Its region.
  returned: if the options are valid
  type: str
  sample: eu-west-1
target:
  description: Identifier of the restored instance.
  returned: if the options are valid
  type: str
  sample: drill-orders-5f3a9c1e
target_region:
  description: Its region.
  returned: if the options are valid
  type: str
  sample: eu-central-1
method:
  description: V(point_in_time) or V(snapshot).
  returned: if the options are valid
  type: str
  sample: point_in_time
origin:
  description: What it was restored from.
  returned: if the options are valid
  type: str
  sample: the automated backups of orders, replicated to eu-central-1
began:
  description: When the drill began.
  returned: if the options are valid
  type: str
  sample: "2026-11-30T08:00:00Z"
failed_at:
  description: The moment of the played failure.
  returned: if the options are valid
  type: str
  sample: "2026-11-30T08:06:00Z"
restored_to:
  description: The point in time of the restored data.
  returned: if the options are valid
  type: str
  sample: "2026-11-30T08:01:00Z"
markers:
  description: The numbers of the newest marker that was written, and of the newest one that came back.
  returned: if the options are valid
  type: dict
  sample: {written: 7, restored: 2}
rto:
  description: The measured RTO in seconds, null if the drill did not get that far, with its goal and whether it was met.
  returned: if the options are valid
  type: dict
  sample: {seconds: 1260.0, goal: 14400.0, met: true}
rpo:
  description: The measured RPO, in the same shape.
  returned: if the options are valid
  type: dict
  sample: {seconds: 312.0, goal: 900.0, met: true}
phases:
  description: How many seconds each phase took.
  returned: if the options are valid
  type: list
  elements: dict
  sample: [{name: restore, seconds: 1130.2}]
checks:
  description: Every check of the restored instance.
  returned: if the options are valid
  type: list
  elements: dict
  sample: [{name: contents, passed: true, reason: "shop is equal: 14 tables, 81200 rows.", evidence: {tables: 14, rows: 81200}}]
torn_down:
  description: What was deleted, including what earlier drills had left.
  returned: if the options are valid
  type: list
  elements: str
  sample: [drill-orders-5f3a9c1e]
left:
  description: What could not be deleted, and why. The next drill deletes it.
  returned: if the options are valid
  type: list
  elements: str
  sample: []
notes:
  description: Warnings.
  returned: if the options are valid
  type: list
  elements: str
  sample: []
reports:
  description: Paths of the report.
  returned: if the options are valid
  type: list
  elements: str
  sample: [reports/drill-orders.md, reports/drill-orders.json]
seconds:
  description: Duration in seconds.
  returned: if the options are valid
  type: float
  sample: 1720.4
api_calls:
  description: Number of AWS calls.
  returned: if the options are valid
  type: dict
  sample: {read: 120, write: 6}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.answer import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.options import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
