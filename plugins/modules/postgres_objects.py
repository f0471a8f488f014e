#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_objects
version_added: 0.1.0
short_description: Bring databases, users, and privileges in a PostgreSQL server to a described state
description:
  - Brings the roles, databases, schemas, privileges, and extensions of one component in one server to the described state in one call, with
    the same plan, diff, consent, run lock, and summary as AWS resources.
  - A server whose endpoint is not known yet counts as empty. In check mode, everything is then planned as an addition, without a
    connection.
  - Planning uses one read-only connection and five queries for the server, and one connection and six queries for each described database
    that exists, however much there is in them. Check mode writes nothing.
  - The login of the module is no superuser, as on RDS. It grants itself the role of an owner for the one transaction that needs it, and
    takes it back in the same transaction.
  - What the component owns carries a mark at the end of its comment (C(COMMENT ON)). Roles, databases, and schemas without that mark are
    never changed or dropped. Existing ones can be adopted with O(adopt); a plan that runs into one shows the entry to use. They are
    identified as V(role/shop), V(database/shop), and V(schema/shop/app). An extension without a mark is taken over.
  - What cannot be corrected is reported with the plan, such as a table of another role whose privileges the login cannot change, and a
    member of a group that is not described.
  - Nothing is ever dropped together with something else. A schema must be empty, an extension unused, and a database without open
    connections. What a dropped role owned in a described database goes to the owner of that database.
  - No password appears in a result, an error, or a log. The server receives only the SCRAM verifier of a password, so not even its log of
    statements has the password.
  - Requires psycopg 3 on the host that runs the module, unless the endpoint is not known yet.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  name:
    description:
      - Name of the server in addresses, such as V(main) in C(postgres_database.main/shop).
    type: str
    required: true
  databases:
    description:
      - Databases by name.
      - C(owner) is the role that owns it, one of O(users) or the master user. It defaults to the only user with C(access) V(owner), or else
        to the master user.
      - C(access) maps users to V(read), V(write), or V(owner). Read and write access covers all tables, sequences, and functions in the
        schemas described here, also those that the owner creates later. Users with V(owner) become members of the owner's role, which must
        then be a group.
      - >-
        C(privileges) adds privileges by user, or C(public), and by C(database), C(schema), C(tables), C(sequences), and C(functions), as
        in V({jobs: {tables: [TRUNCATE]}}). Privileges that are described nowhere are revoked.
      - C(public) says what all roles may do, with C(connect) (V(false)), C(temporary) (V(false)), and, in the schema C(public), C(create)
        (V(false)) and C(usage) (V(true)).
      - C(schemas) maps names to C(owner), C(access), and C(privileges). The schema C(public) is always included.
      - C(extensions) is a list of names, or maps names to C(version), C(schema), and C(update). With C(update) (V(false)), the extension
        follows the version that the server offers.
      - C(settings) are settings for all sessions in the database. C(connection_limit), C(encoding), and C(locale) are those of CREATE
        DATABASE; the last two cannot be changed.
      - With C(analyze) (V(true)), tables without statistics are analyzed, which is how a major upgrade leaves them.
    type: dict
    default: {}
  users:
    description:
      - Roles by name.
      - C(login) is V(password), V(iam), or V(none). A user with V(iam) has no password, and a user with V(none) is a group.
      - C(member_of) lists the groups, and roles of PostgreSQL such as V(pg_monitor). Other memberships are revoked.
      - >-
        C(settings) are settings for the sessions of the user. V({role: shop_owner}) makes a member of a group create objects as the group.
      - C(connection_limit) and C(valid_until), such as V(2030-12-31T00:00:00Z), are those of CREATE ROLE, and so are C(create_databases)
        and C(create_roles) (V(false)).
      - C(rotation) is ignored here; the task that makes the secrets uses it.
    type: dict
    default: {}
  user_secrets:
    description:
      - The ARN of the secret of each user with a password, as M(mainstay.aws.rds_postgres) returns it.
      - The password is set from the version C(AWSCURRENT), and again when there is another version. A version C(AWSPENDING), unless the
        secret is rotated by a Lambda function, is set, verified by logging in, and then made C(AWSCURRENT).
    type: dict
    default: {}
  rotate:
    description:
      - Users that get a new password in this call. It is saved as the version C(AWSPENDING) of the user's secret, set, verified by
        logging in, and then made C(AWSCURRENT). If that is interrupted, the next call continues with the same password.
    type: list
    elements: str
    default: []
  initial_database:
    description:
      - The database that the instance was created with. If it is described, it is taken over although it has no mark.
    type: str
    default: ''
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.postgresql
  - mainstay.aws.component.change
  - mainstay.aws.component.patience
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each object that changes, with its values before and after.
    support: full
seealso:
  - module: mainstay.aws.k8s_objects
"""

EXAMPLES = r"""
- name: Create a database for an application, with a group that owns it
  mainstay.aws.postgres_objects:
    environment: prod
    component: database
    region: eu-west-1
    name: main
    endpoint:
      host: prod-main.abcdefghijkl.eu-west-1.rds.amazonaws.com
      ca: files/global-bundle.pem
    login:
      user: dbadmin
      secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1234-AbCdEf
    databases:
      shop:
        owner: shop_owner
        access: {shop: write, migrator: owner, reporting: read}
        extensions: [vector]
    users:
      shop_owner: {login: none}
      shop: {}
      migrator: {login: iam, settings: {role: shop_owner}}
      reporting: {login: iam, connection_limit: 5}
    user_secrets:
      shop: arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/database/main/shop-AbCdEf

- name: Give a user a new password
  mainstay.aws.postgres_objects:
    environment: prod
    component: database
    region: eu-west-1
    name: main
    endpoint: {host: prod-main.abcdefghijkl.eu-west-1.rds.amazonaws.com, ca: files/global-bundle.pem}
    login: {user: dbadmin, iam: true}
    databases: "{{ shop_databases }}"
    users: "{{ shop_users }}"
    user_secrets: "{{ shop_secrets }}"
    rotate: [shop]

- name: Drop a database and a user that are no longer described
  mainstay.aws.postgres_objects:
    environment: prod
    component: database
    region: eu-west-1
    name: main
    endpoint: {host: prod-main.abcdefghijkl.eu-west-1.rds.amazonaws.com, ca: files/global-bundle.pem}
    login: {user: dbadmin, iam: true}
    databases: "{{ shop_databases }}"
    users: "{{ shop_users }}"
    purge: [postgres_database.main/old, postgres_role.main/old]
"""

RETURN = r"""
outputs:
  description: What the server contains. The keys are the same in check mode.
  returned: always
  type: dict
  contains:
    databases:
      description: The described databases by name.
      type: dict
      returned: always
      sample: {shop: {owner: shop_owner}}
    users:
      description: The described users by name, each with how it logs in and the ARN of its secret.
      type: dict
      returned: always
      sample: {shop: {login: password, secret_arn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/database/main/shop-AbCdEf"}}
    deferred:
      description: Resources that were started but not waited for, and those that depend on them. Empty unless O(defer) is set; see there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description:
    - The actions that were or would be taken, for people and programs, in the format that M(mainstay.aws.vpc_network) returns. The
      callback P(mainstay.aws.plan_summary#callback) prints it.
    - C(api_calls) counts calls to AWS and statements.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 9, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.spec import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
