#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_snapshot_gate
version_added: 0.1.0
short_description: Require a good snapshot of a database before a deployment
description:
  - Decides whether a deployment needs a snapshot of its databases, takes one or requires a fresh one, waits for it, and checks that it
    could be restored.
  - The verdict belongs to one deployment, one database, and one moment. It lists every check with its evidence, and names the fastest way
    to recover.
  - Works with any RDS DB instance, Aurora cluster, and Multi-AZ DB cluster. The first example is all that a playbook needs. It requires no
    role of this collection, and only the permissions listed in C(docs/snapshot-gate.md), which also explains every rule.
  - Running it again for the same deployment uses the same snapshot, even after an interruption. It deletes its own old snapshots, and
    never any other.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  databases:
    description:
      - Identifiers of DB instances and DB clusters. A member of a cluster selects its cluster. All are checked at the same time.
    type: list
    elements: str
    required: true
  deployment:
    description:
      - Name of the deployment, such as a release or a commit. It becomes part of the snapshot's identifier and one of its tags.
    type: str
    required: true
  action:
    description:
      - V(take) uses the deployment's snapshot, or takes it. V(require) takes none. The newest complete manual or automated snapshot must
        pass instead. V(verify) checks that the O(tokens) of an earlier call are still good. It belongs immediately before the deployment.
    type: str
    choices: [take, require, verify]
    default: take
  changes:
    description:
      - What the deployment changes. If this is not set, the gate assumes that it may change anything. An empty list means that it changes
        none of these.
    type: list
    elements: str
    choices: [migration, engine_version, parameters, data]
  needed_for:
    description:
      - The changes that need a snapshot. For others, the verdict is V(not_needed).
    type: list
    elements: str
    choices: [migration, engine_version, parameters, data]
    default: [migration, engine_version, parameters, data]
  max_age:
    description:
      - How long ago, in seconds, a snapshot may have started. This is also how long the verdict holds.
    type: float
    default: 3600
  rpo:
    description:
      - How much data may be lost, in seconds. Point-in-time recovery may be behind by no more than this, and so may a replica.
    type: float
    default: 900
  pitr:
    description:
      - Whether the database must have point-in-time recovery within O(rpo). If V(optional), lacking it is a warning.
    type: str
    choices: [required, optional]
    default: required
  require_encryption:
    description:
      - Whether the snapshot must be encrypted. If not, a snapshot without encryption is a warning.
    type: bool
    default: true
  kms_key:
    description:
      - ID, ARN, or alias of the key that the snapshot must have. Defaults to the key of the database.
    type: str
    default: ""
  shared_with:
    description:
      - IDs of the accounts that the snapshot may be shared with. A public snapshot always fails.
    type: list
    elements: str
    default: []
  count_aws_backup:
    description:
      - Whether O(action=require) accepts snapshots of AWS Backup.
    type: bool
    default: false
  require_quiesced:
    description:
      - Whether the database must have had no connections since the snapshot, by the metric C(DatabaseConnections) of CloudWatch. Otherwise
        the check only states what a restore would lose.
    type: bool
    default: false
  tokens:
    description:
      - For O(action=verify), the tokens by database, as the gate returned them in RV(tokens).
    type: dict
    default: {}
  tags:
    description:
      - Tags of a new snapshot, in addition to those of the database and of the gate.
    type: dict
    default: {}
  prune:
    description:
      - Whether to delete old snapshots that the gate took, after a success, or before a new one if the quota is reached. The tag
        C(mainstay:hold) on a snapshot keeps it.
    type: bool
    default: true
  keep:
    description:
      - How many of its own snapshots of a database the gate keeps.
    type: int
    default: 10
  keep_days:
    description:
      - For how many days it keeps them. V(0) means regardless of age. The newest one is always kept.
    type: float
    default: 35
  restore_minutes:
    description:
      - How many minutes the last drill took for each way to recover. Defaults to the tags C(mainstay:restore-minutes-point-in-time) and
        C(mainstay:restore-minutes-snapshot) of the database.
    type: dict
    default: {}
    suboptions:
      point_in_time:
        description: Minutes for a restore to a point in time.
        type: float
      snapshot:
        description: Minutes for a restore from a snapshot.
        type: float
  proof:
    description:
      - Proves the snapshot. It is restored into a temporary instance, which must answer a query and is deleted whatever happens.
        PostgreSQL DB instances only. Requires C(psycopg), a network path to the restored instance, and further permissions.
      - An instance that a killed run left is deleted by the next run with this option, by its tags.
    type: dict
    suboptions:
      query:
        description:
          - The query, which must return a row. It is one statement that begins with V(SELECT), V(WITH), V(VALUES), V(TABLE), V(SHOW), or
            V(EXPLAIN), after comments and parentheses. It runs in a read-only session, so what writes fails.
        type: str
        required: true
      ca_cert:
        description: File with the CA certificates of RDS in the region.
        type: path
        required: true
      database:
        description: The database to query.
        type: str
        default: postgres
      instance_class:
        description: Class of the restored instance. Defaults to that of the source.
        type: str
        default: ""
      subnet_group:
        description: Subnet group of the restored instance. Defaults to that of the source.
        type: str
        default: ""
      security_groups:
        description: Security groups of the restored instance. Default to those of the source.
        type: list
        elements: str
        default: []
      parameter_group:
        description: Parameter group of the restored instance. Defaults to that of the source.
        type: str
        default: ""
      timeout:
        description: Seconds until the restored instance must be usable.
        type: float
        default: 3600
      query_timeout:
        description: Seconds within which the query must return.
        type: float
        default: 60
      ttl:
        description: Seconds after which any run with this option deletes the restored instance, if its own could not.
        type: float
        default: 7200
  copies:
    description:
      - Where the snapshot must also be. With O(action=take), it is copied there, and the verdict depends on how the destination describes
        each copy. The other actions make none, and the copies must exist. An entry with the account's own role or none stays in the
        account.
      - For another account, the snapshot is shared with exactly that account while it is copied. The share is revoked whatever happens.
        Snapshots under the default key C(aws/rds) cannot be shared, which is a refusal before a snapshot is taken.
      - Old copies that the gate made are deleted under the same rules as its snapshots.
    type: list
    elements: dict
    default: []
    suboptions:
      region:
        description: Region of the copy. Defaults to the region of the databases.
        type: str
        default: ""
      kms_key:
        description: ID, ARN, or alias of the copy's key, in the copy's region and account. Required if the database is encrypted.
        type: str
        default: ""
      role_arn:
        description:
          - ARN of a role in another account, which makes the copy there. The credentials of the module assume it, not the role of
            O(role_arn).
        type: str
      role_session_name:
        description: Name of the session, by which CloudTrail records the calls.
        type: str
        default: mainstay
      role_external_id:
        description: The external ID, if the role's trust policy demands one.
        type: str
  copy_timeout:
    description:
      - How long to wait, in seconds, until a copy is complete. Copies to another region can take hours, and RDS makes those of a database
        one after the other.
    type: float
    default: 14400
  database_timeout:
    description:
      - How long to wait, in seconds, until the database can be snapshotted, for example while it is backing up or being modified. States
        that it does not leave by itself end the gate at once.
    type: float
    default: 1800
  timeout:
    description:
      - How long to wait, in seconds, until the snapshot is complete. The first snapshot of a large database can take hours.
    type: float
    default: 7200
  stall_timeout:
    description:
      - How long a snapshot may make no progress, in seconds.
    type: float
    default: 1800
  poll_interval:
    description:
      - Maximum interval between two polls, in seconds. The first polls are closer together.
    type: float
    default: 10
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - mainstay.aws.role
attributes:
  check_mode:
    description: Makes all checks and states what would be taken and deleted, without changing anything.
    support: full
  diff_mode:
    description: The module has no differences to show.
    support: none
seealso:
  - module: mainstay.aws.k8s_rollout_verify
  - module: mainstay.aws.rds_postgres
  - module: amazon.aws.rds_instance_snapshot
"""

EXAMPLES = r"""
- mainstay.aws.rds_snapshot_gate:
    databases: [orders]
    deployment: "{{ release }}"

- name: Take a snapshot only if the deployment migrates data, of two databases at the same time
  mainstay.aws.rds_snapshot_gate:
    databases: [orders, billing]
    deployment: "{{ release }}"
    changes: "{{ release_changes }}"
    needed_for: [migration, data]
    region: eu-west-1
  register: gate

- name: Make sure, immediately before the deployment, that the verdict still holds
  mainstay.aws.rds_snapshot_gate:
    databases: [orders, billing]
    deployment: "{{ release }}"
    changes: "{{ release_changes }}"
    needed_for: [migration, data]
    action: verify
    tokens: "{{ gate.tokens }}"
    region: eu-west-1

- name: Accept the snapshot that the nightly backup took, up to 12 hours old
  mainstay.aws.rds_snapshot_gate:
    databases: [orders]
    deployment: "{{ release }}"
    action: require
    max_age: 43200

- name: Keep a copy of the snapshot in another region, and one in the backup account
  mainstay.aws.rds_snapshot_gate:
    databases: [orders]
    deployment: "{{ release }}"
    copies:
      - region: eu-central-1
        kms_key: alias/backups
      - kms_key: arn:aws:kms:eu-west-1:222222222222:key/2f1c0a4b-6d1e-4c39-9f6a-0b1f5e1c7a55
        role_arn: arn:aws:iam::222222222222:role/backup

- name: Gate a development database without automated backups
  mainstay.aws.rds_snapshot_gate:
    databases: [orders-dev]
    deployment: "{{ release }}"
    pitr: optional
    keep: 2
"""

RETURN = r"""
msg:
  description: The verdict in words.
  returned: always
  type: str
  sample: "orders-2026-11-30 of DB instance orders is complete, 2026-11-30T08:00:00Z; the verdict holds until 2026-11-30T09:00:00Z."
verdict:
  description:
    - V(passed), V(not_needed), V(failed), or V(refused), the worst of all databases. V(failed) means that there is no good snapshot.
      V(refused) means that something must be corrected first and no snapshot was taken. Both fail the task.
  returned: always
  type: str
  sample: passed
reason:
  description: The reason as a stable code. For a rule that failed, its name.
  returned: always
  type: str
  sample: snapshot
exit_code:
  description: What C(bin/mainstay-snapshot-gate) exits with. 0 for V(passed) and V(not_needed), 3 for V(failed), 4 for V(refused).
  returned: always
  type: int
  sample: 0
deployment:
  description: The deployment that the verdict belongs to.
  returned: if the options are valid
  type: str
  sample: "2026-11-30"
databases:
  description: The verdicts by database.
  returned: if the options are valid
  type: dict
  contains:
    verdict:
      description: As RV(verdict), of this database.
      type: str
      returned: always
      sample: passed
    reason:
      description: As RV(reason), of this database.
      type: str
      returned: always
      sample: snapshot
    msg:
      description: The verdict in words.
      type: str
      returned: always
      sample: There is no snapshot of DB instance orders (db-ABC).
    database:
      description: The identifier of the instance or cluster.
      type: str
      returned: always
      sample: orders
    resource_id:
      description: Its resource ID, which distinguishes it from others that had the same identifier.
      type: str
      returned: always
      sample: db-ABCDEFGHIJKLMNOPQRSTUVWXYZ
    checks:
      description: Every rule that applied, each with its number in C(docs/snapshot-gate.md), result, reason, and evidence.
      type: list
      elements: dict
      returned: always
      sample: [{rule: 6, name: fresh, result: passed, reason: orders-1 started 40 s ago, evidence: {age: 40, max_age: 3600}}]
    snapshot:
      description: The snapshot; null if there is none.
      type: dict
      returned: always
      sample: {identifier: orders-1, status: available, started: "2026-11-30T08:00:00Z", taken: true}
    copies:
      description: The copies of the snapshot, as their destinations describe them.
      type: list
      elements: dict
      returned: always
      sample: [{region: eu-central-1, account: "", identifier: orders-1, status: available}]
    token:
      description: The token, to be checked with O(action=verify). Empty unless the verdict is V(passed) or V(not_needed).
      type: str
      returned: always
      sample: 1.1796026400.2f1c0a4b
    expires:
      description: When the verdict expires.
      type: str
      returned: always
      sample: "2026-11-30T09:00:00Z"
    way_back:
      description: The fastest way back if the deployment fails, with the minutes that the last drill took.
      type: dict
      returned: always
      sample: {method: point_in_time, to: "2026-11-30T08:00:00Z", minutes: 24.0, sentence: "Restore DB instance orders to ..."}
    notes:
      description: Warnings and recommendations.
      type: list
      elements: str
      returned: always
      sample: []
    pruned:
      description: The snapshots that were deleted; in check mode, those that would be.
      type: list
      elements: str
      returned: always
      sample: [orders-2026-10-01]
    seconds:
      description: How long it took in total, and the snapshot alone.
      type: dict
      returned: always
      sample: {total: 132.4, snapshot: 130.9}
tokens:
  description: The tokens by database, for O(tokens).
  returned: if the options are valid
  type: dict
  sample: {orders: 1.1796026400.2f1c0a4b}
policy:
  description: The options that the tokens cover. M(mainstay.aws.app_release) checks the tokens with them.
  returned: if the options are valid
  type: dict
  sample: {max_age: 3600.0, rpo: 900.0, pitr: required, require_encryption: true}
seconds:
  description: Duration in seconds.
  returned: if the options are valid
  type: float
  sample: 132.4
api_calls:
  description: Number of AWS calls.
  returned: if the options are valid
  type: dict
  sample: {read: 31, write: 1}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.answer import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.options import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
