#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_refresh
version_added: 0.1.0
short_description: Refresh a staging database with anonymized data of production
description:
  - Replaces the data of a PostgreSQL DB instance with that of the latest good snapshot of production, which may be in another account, in
    another region, or both.
  - The snapshot is copied in its own account, and only that copy is shared, with exactly the account of the instance. It is copied there
    under a key of that account, and the shared copy is deleted, whatever happens.
  - The copy is restored into a new instance with the settings of the one to replace. All users from production lose their passwords and
    the right to log in. Then SQL from the inventory anonymizes every database, and its checks must find nothing.
  - Only then does the new instance take the identifier, the security groups, and the tags of the other one, which is deleted. If anything
    fails before that, the new instance is deleted, and the other one is unchanged.
  - Holds the run lock of the component meanwhile, so that neither another refresh nor the role P(mainstay.aws.rds#role) interferes.
  - After an interruption, run it again. It deletes what the interrupted run left and starts over, or completes a replacement that had
    begun.
  - Refused before the first change - a target in production, of another owner, or protected against deletion, a source that is not
    production, and databases of the source that the inventory does not mention.
  - No value of a row and no password appears in a result, an error, or a log of this module.
  - Requires psycopg 3, and a network path to the restored instance, on the host that runs the module.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  identifier:
    description:
      - Identifier of the DB instance whose data is replaced.
    type: str
    required: true
  name:
    description:
      - Its name in the inventory, which is part of the addresses of what is inside it.
    type: str
    default: main
  source:
    description:
      - The DB instance of production.
    type: dict
    required: true
    suboptions:
      identifier:
        description: Its identifier.
        type: str
        required: true
      account_id:
        description: The ID of its account. Credentials of any other account are refused.
        type: str
        required: true
      region:
        description: Its region.
        type: str
        required: true
      environment:
        description: The environment that its tags must name, V(prod) or V(production).
        type: str
        default: prod
      kms_key:
        description:
          - ID, ARN, or alias of a key of its account for the copy that is shared. The account of the instance must be allowed to use it.
            Defaults to the key of the snapshot. Required if that is C(aws/rds), which no other account can use.
        type: str
        default: ''
      role_arn:
        description: ARN of a role of its account, which the credentials of the other options assume. Required if the accounts differ.
        type: str
      role_session_name:
        description: Name of the session, by which CloudTrail records the calls.
        type: str
        default: mainstay
      role_external_id:
        description: The external ID, if the role's trust policy demands one.
        type: str
  kms_key:
    description:
      - ID, ARN, or alias of the key of the restored instance. Defaults to that of the instance that is replaced.
    type: str
    default: ''
  security_groups:
    description:
      - IDs of the security groups of the restored instance until it is released. They should admit only the host that runs the module.
        Default to those of the instance that is replaced.
    type: list
    elements: str
    default: []
  ca:
    description:
      - The certificates that the server's own is verified with, as in M(mainstay.aws.postgres_objects).
    type: str
    default: ''
  master:
    description:
      - The master user of both instances.
    type: str
    default: dbadmin
  databases:
    description:
      - The databases that the inventory describes, as in M(mainstay.aws.postgres_objects). Those of production that it describes become
        the component's own.
    type: dict
    default: {}
  users:
    description:
      - The users that the inventory describes, as in M(mainstay.aws.postgres_objects).
    type: dict
    default: {}
  anonymize:
    description:
      - What is done with each database of the source, by its name. All must be named, except an empty C(postgres).
      - C(files) are files of SQL on the host that runs the module, which run in one transaction as the owner of the database. C(checks) are
        queries by name that must return no rows afterwards; at least one is required.
      - C(none) in place of them is the reason why the database needs no SQL.
    type: dict
    default: {}
  max_age:
    description:
      - How long ago, in seconds, the snapshot may have started.
    type: float
    default: 172800
  keep_previous:
    description:
      - Keep the instance that was replaced, under its identifier with C(-previous) appended.
    type: bool
    default: false
  statement_timeout:
    description:
      - How long one statement may take, in seconds.
    type: float
    default: 7200
  timeout:
    description:
      - How long a copy, and how long the restore, may take, in seconds.
    type: float
    default: 14400
  ttl:
    description:
      - After how many seconds any later run deletes what an interrupted run left.
    type: float
    default: 86400
  poll_interval:
    description:
      - Maximum interval between two polls, in seconds.
    type: float
    default: 10
  lock_wait:
    description:
      - How long to wait, in seconds, while another refresh or another run of the component changes it. With V(0.0), the call fails at once.
      - If not set, the host variable C(platform_lock_wait) is used.
    type: float
    default: 0.0
extends_documentation_fragment:
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Checks source, target, and the latest snapshot, without changing anything.
    support: full
  diff_mode:
    description: The module has no differences to show.
    support: none
seealso:
  - module: mainstay.aws.postgres_load
  - module: mainstay.aws.rds_snapshot_gate
"""

EXAMPLES = r"""
- name: Refresh staging from the account of production
  mainstay.aws.rds_refresh:
    environment: staging
    component: database
    region: eu-west-1
    identifier: staging-main
    source:
      identifier: prod-main
      account_id: "123456789012"
      region: af-south-1
      role_arn: arn:aws:iam::123456789012:role/mainstay-refresh
    ca: files/global-bundle.pem
    databases: {shop: {owner: shop}}
    users: {shop: {}}
    anonymize:
      shop:
        files: [anonymize/shop.sql]
        checks:
          addresses lead nowhere: SELECT FROM users WHERE email NOT LIKE '%@example.com'
      metrics:
        none: counters of requests, nothing personal
"""

RETURN = r"""
msg:
  description: What was done, or what was wrong, in words.
  returned: always
  type: str
  sample: staging-main was refreshed from rds:prod-main-2026-11-30-01-04.
reason:
  description: The reason of a failure as a stable code; empty otherwise.
  returned: always
  type: str
  sample: mixed_up
snapshot:
  description: The snapshot of production, with C(identifier) and C(started).
  returned: if the options are valid
  type: dict
  sample: {identifier: "rds:prod-main-2026-11-30-01-04", started: "2026-11-30T01:04:00Z"}
locked_out:
  description: The users from production that lost their passwords and the right to log in.
  returned: if the options are valid
  type: list
  elements: str
  sample: [shop]
databases:
  description: By database, the number of rows that the SQL changed (C(changed_rows)) and the number of rows by table (C(counts)).
  returned: if the options are valid
  type: dict
  sample: {shop: {changed_rows: 41873, counts: {public.users: 41873}}}
seconds:
  description: Duration of each phase, in seconds.
  returned: if the options are valid
  type: dict
  sample: {snapshot: 1.2, copy: 840.0, restore: 620.5, anonymize: 72.0, cut over: 130.9}
previous:
  description: Identifier of the instance that was replaced, if it was kept.
  returned: if the options are valid
  type: str
  sample: ""
notes:
  description: What a person has to look at, such as a copy that could not be deleted.
  returned: if the options are valid
  type: list
  elements: str
  sample: []
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.refresh.answer import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.refresh.options import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
