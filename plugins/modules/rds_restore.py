#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_restore
version_added: 0.1.0
short_description: Restore a PostgreSQL DB instance into a new instance, and verify it
description:
  - Restores a DB instance of RDS for PostgreSQL from a snapshot or to a point in time, into a new instance with the same settings. It
    never changes an existing instance that it did not restore itself.
  - The restore call carries as many settings as it can. The rest follow as changes, namely the managed master password, monitoring,
    Performance Insights, the storage limit, and the maintenance window. The instance is rebooted if its parameters require that.
  - The new instance is used as soon as it answers. Its first backup, which can take hours, does not delay the verification.
  - With O(verify), row counts, checksums, and the schema are compared before the restore counts as done.
  - Running it again continues an interrupted restore with the same instance. C(docs/recovery.md) lists the permissions.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  source:
    description:
      - Identifier or resource ID of the DB instance to bring back. It may have been deleted, if its automated backups were retained or if
        O(snapshot) names a snapshot.
    type: str
    required: true
  target:
    description:
      - Identifier of the new DB instance.
    type: str
    required: true
  snapshot:
    description:
      - Identifier or ARN of a snapshot. V(newest) chooses the newest one that is good by the rules of M(mainstay.aws.rds_snapshot_gate).
      - Exactly one of O(snapshot), O(point_in_time), and O(gate) is required.
    type: str
  point_in_time:
    description:
      - A time with its zone, such as V(2026-11-30T08:15:00+01:00), or V(latest).
    type: str
  gate:
    description:
      - Restores the snapshot that a verdict of M(mainstay.aws.rds_snapshot_gate) is bound to, also after the verdict has expired. Its
        policy options are those of that call.
    type: dict
    suboptions:
      deployment:
        description: The deployment that the verdict belongs to.
        type: str
        required: true
      token:
        description: The token of the database.
        type: str
        required: true
      needed_for:
        description: As in the call of the gate.
        type: list
        elements: str
        choices: [migration, engine_version, parameters, data]
        default: [migration, engine_version, parameters, data]
      max_age:
        description: As in the call of the gate.
        type: float
        default: 3600
      rpo:
        description: As in the call of the gate.
        type: float
        default: 900
      pitr:
        description: As in the call of the gate.
        type: str
        choices: [required, optional]
        default: required
      require_encryption:
        description: As in the call of the gate.
        type: bool
        default: true
      kms_key:
        description: As in the call of the gate.
        type: str
        default: ""
      shared_with:
        description: As in the call of the gate.
        type: list
        elements: str
        default: []
      count_aws_backup:
        description: As in the call of the gate.
        type: bool
        default: false
      require_quiesced:
        description: As in the call of the gate.
        type: bool
        default: false
      copies:
        description: As in the call of the gate.
        type: list
        elements: dict
        default: []
        suboptions:
          region:
            description: As in the call of the gate.
            type: str
            default: ""
          kms_key:
            description: As in the call of the gate.
            type: str
            default: ""
          role_arn:
            description: As in the call of the gate.
            type: str
          role_session_name:
            description: As in the call of the gate.
            type: str
            default: mainstay
          role_external_id:
            description: As in the call of the gate.
            type: str
  settings_from:
    description:
      - Identifier of the DB instance whose settings the new one gets. Defaults to O(source). Required for a source that was deleted, unless
        O(settings) has an instance class, a subnet group, security groups, and a parameter group.
    type: str
    default: ""
  settings:
    description:
      - Settings of the new instance that differ.
    type: dict
    suboptions:
      instance_class:
        description: Instance class.
        type: str
      allocated_storage:
        description: Storage in GiB. At least that of the snapshot is used.
        type: int
      multi_az:
        description: Whether it has a standby.
        type: bool
      subnet_group:
        description: Subnet group.
        type: str
      security_groups:
        description: IDs of security groups.
        type: list
        elements: str
      parameter_group:
        description: Parameter group.
        type: str
      backup_retention:
        description: For how many days automated backups are kept.
        type: int
      deletion_protection:
        description: Whether it is protected from deletion.
        type: bool
      managed_password:
        description: Whether RDS manages the master password. Defaults to whether it does so for the source.
        type: bool
  kms_key:
    description:
      - ID, ARN, or alias of the key of the new instance. Defaults to that of the snapshot. For another key, the snapshot is copied under it
        first; a restore to a point in time cannot change the key.
    type: str
    default: ""
  tags:
    description:
      - Tags of the new instance, in addition to those of the source.
    type: dict
    default: {}
  copy_tags:
    description:
      - Whether the new instance gets the tags of the source. Tags of AWS and of this collection are never copied.
    type: bool
    default: true
  verify:
    description:
      - How the contents of the new instance are verified. Requires C(psycopg) and a network path to the instances. Without this option,
        nothing is verified, and a warning says so.
    type: dict
    suboptions:
      ca_cert:
        description: File with the CA certificates of RDS in the region.
        type: path
        required: true
      against:
        description:
          - What is expected. V(source) is the source as it is, read at the beginning and again at the end. What changed in between must not
            be equal. V(fingerprint) is a file with fingerprints from RV(verification.fingerprints). With V(nothing), everything only has to
            be readable.
        type: str
        choices: [source, fingerprint, nothing]
        default: source
      fingerprint:
        description: File with fingerprints by database as JSON.
        type: path
      databases:
        description: Names of the databases in the instance. Defaults to all that the login may enter.
        type: list
        elements: str
        default: []
      differences:
        description: Whether differences fail the restore, or are only reported. The instance stays in both cases.
        type: str
        choices: [fail, report]
        default: fail
      ignore:
        description: Kinds of differences that are ignored.
        type: list
        elements: str
        choices: [definitions, owners, privileges, extensions, roles, properties, rows, checksum, sequence, version]
        default: []
      exclude:
        description: Patterns of tables whose rows are not read, such as V(audit.*).
        type: list
        elements: str
        default: []
      exact_up_to:
        description: Tables up to this size in MiB are counted and read completely. Larger ones are estimated and sampled.
        type: int
        default: 256
      sample_rows:
        description: How many rows of a larger table are compared.
        type: int
        default: 1000
      table_timeout:
        description: Seconds that each query may take.
        type: float
        default: 300
      secret:
        description: ID or ARN of a secret with C(username) and C(password). Defaults to the secret that RDS manages.
        type: str
        default: ""
      user:
        description: User that logs in by IAM database authentication, instead of a secret.
        type: str
        default: ""
  timeout:
    description:
      - Seconds until the new instance must answer.
    type: float
    default: 7200
  finish_timeout:
    description:
      - Seconds for which the first backup of the new instance may delay what is changed after the restore. After that, the module ends with
        RV(state=usable), and another run completes it.
    type: float
    default: 14400
  poll_interval:
    description:
      - Maximum interval between two polls, in seconds. The first polls are closer together.
    type: float
    default: 10
extends_documentation_fragment:
  - mainstay.aws.role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Finds what would be restored, makes all checks, and states the whole request, without changing anything.
    support: full
  diff_mode:
    description: Shows the restore call and what follows it.
    support: full
seealso:
  - module: mainstay.aws.rds_cutover
  - module: mainstay.aws.rds_snapshot_gate
"""

EXAMPLES = r"""
- name: Bring a database back as it was before a mistake
  mainstay.aws.rds_restore:
    source: orders
    target: orders-restored
    point_in_time: "2026-11-30T08:15:00+01:00"
    verify:
      ca_cert: /etc/ssl/rds/eu-west-1-bundle.pem
      differences: report

- name: Restore the newest good snapshot of a deleted database
  mainstay.aws.rds_restore:
    source: orders
    target: orders-2
    snapshot: newest
    settings_from: billing

- name: Restore the snapshot of a deployment that failed
  mainstay.aws.rds_restore:
    source: orders
    target: orders-restored
    gate:
      deployment: "{{ release }}"
      token: "{{ gate.tokens.orders }}"
"""

RETURN = r"""
msg:
  description: The result in words.
  returned: always
  type: str
  sample: orders-restored was restored from orders at 2026-11-30T07:15:00Z. Verified after 14 min; it holds what is expected.
state:
  description:
    - V(done), V(usable) if RDS does not accept the last changes yet, V(would_restore) in check mode, V(failed), or V(refused). The last two
      fail the task. V(refused) means that nothing was changed.
  returned: always
  type: str
  sample: done
reason:
  description: The reason as a stable code.
  returned: always
  type: str
  sample: done
exit_code:
  description: V(0), V(3) for RV(state=failed), or V(4) for RV(state=refused).
  returned: always
  type: int
  sample: 0
source:
  description: The option.
  returned: if the options are valid
  type: str
  sample: orders
target:
  description: The option.
  returned: if the options are valid
  type: str
  sample: orders-restored
origin:
  description: What was restored.
  returned: if the options are valid
  type: dict
  sample: {method: snapshot, snapshot: orders-2026-11-30, resource_id: db-ABC, engine_version: "17.4"}
adopted:
  description: Whether an earlier run had made the instance.
  returned: if the options are valid
  type: bool
  sample: false
request:
  description: The parameters of the restore call.
  returned: if the options are valid
  type: dict
  sample: {DBInstanceIdentifier: orders-restored, MultiAZ: true}
afterwards:
  description: What the restore call does not carry and is changed afterwards.
  returned: if the options are valid
  type: list
  elements: str
  sample: [managed master password, maintenance window]
left:
  description: What is still to be changed.
  returned: if the options are valid
  type: list
  elements: str
  sample: []
instance:
  description: The new instance.
  returned: if the options are valid
  type: dict
  contains:
    identifier:
      description: Its identifier.
      type: str
      returned: always
      sample: orders-restored
    resource_id:
      description: Its resource ID.
      type: str
      returned: always
      sample: db-ABCDEFGHIJKLMNOPQRSTUVWXYZ
    arn:
      description: Its ARN.
      type: str
      returned: always
      sample: arn:aws:rds:eu-west-1:123456789012:db:orders-restored
    status:
      description: Its status.
      type: str
      returned: always
      sample: available
    address:
      description: The host name of its endpoint.
      type: str
      returned: always
      sample: orders-restored.abcdefghijkl.eu-west-1.rds.amazonaws.com
    port:
      description: The port of its endpoint.
      type: int
      returned: always
      sample: 5432
    secret_arn:
      description: The ARN of its managed secret.
      type: str
      returned: always
      sample: arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1-abc
    engine_version:
      description: Its engine version.
      type: str
      returned: always
      sample: "17.4"
    kms_key:
      description: The ARN of its key.
      type: str
      returned: always
      sample: arn:aws:kms:eu-west-1:123456789012:key/1
verification:
  description: What was compared; null if nothing was.
  returned: if the options are valid
  type: dict
  contains:
    equal:
      description: Whether there are no differences.
      type: bool
      returned: always
      sample: true
    differences:
      description: The first 50 differences, a sentence each.
      type: list
      elements: str
      returned: always
      sample: []
    more_differences:
      description: How many more there are.
      type: int
      returned: always
      sample: 0
    changed_meanwhile:
      description: What changed in the source during the restore, and was not compared exactly.
      type: list
      elements: str
      returned: always
      sample: ["shop: table app.sessions"]
    not_compared:
      description: What was not compared, with the reason.
      type: list
      elements: str
      returned: always
      sample: []
    databases:
      description: A summary of each database.
      type: dict
      returned: always
      sample: {shop: {tables: 12, rows: 104311}}
    fingerprints:
      description: The fingerprint of each database, for O(verify.fingerprint). It contains names, counts, and checksums, but no data.
      type: dict
      returned: always
      sample: {}
seconds:
  description: How long it took until the instance answered, until it was verified, and in total.
  returned: if the options are valid
  type: dict
  sample: {usable: 611.2, verified: 702.9, total: 703.1}
api_calls:
  description: Number of AWS calls.
  returned: if the options are valid
  type: dict
  sample: {read: 31, write: 3}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.restore.answer import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.restore.options import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
