#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_load
version_added: 0.1.0
short_description: Load seeds and dumps into a PostgreSQL database, once
description:
  - Loads files of SQL into a database in one transaction, together with a record of their content in the table C(mainstay.loads) of that
    database. A file whose content is recorded is not loaded again. An interrupted load leaves nothing behind and starts from the
    beginning.
  - The rows of all tables are counted before and after. With O(expect) and O(checks), what was loaded is verified before the transaction
    ends; if anything differs, the transaction is rolled back.
  - Accepts scripts, and dumps of single databases by C(pg_dump), in plain format, also compressed with gzip. Other formats of C(pg_dump)
    require C(pg_restore) on the host that runs the module. A truncated dump is refused.
  - What is loaded belongs to the owner of the database. The login of the module is no superuser, as on RDS. It acts as the owner for the
    one transaction.
  - Errors name the file, the line, and the condition. No value of a row or of a statement appears in a result, an error, or a log of this
    module.
  - Requires psycopg 3 on the host that runs the module.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  name:
    description:
      - Name of the server, such as V(main).
    type: str
    default: main
  database:
    description:
      - The database to load into. It must exist.
    type: str
    required: true
  files:
    description:
      - Files on the host that runs the module, in the order in which they are loaded.
    type: list
    elements: path
    required: true
  owner:
    description:
      - The role that what is loaded belongs to. Defaults to the owner of the database.
    type: str
    default: ''
  portable:
    description:
      - Leave out what a master user of RDS may not do and what the inventory decides - owners, privileges, users' settings of the database,
        comments on extensions, subscriptions, the schema C(public), and the extension C(plpgsql). A warning says what was left out.
      - Extensions are created by the login, since their owner may not.
    type: bool
    default: true
  into_existing:
    description:
      - Load although tables of the database have rows.
    type: bool
    default: false
  allow_production:
    description:
      - Load although O(environment) is V(prod) or V(production).
    type: bool
    default: false
  expect:
    description:
      - How many rows tables must have afterwards, by table, such as 4200 for C(public.users). A table without a schema is in C(public).
    type: dict
    default: {}
  checks:
    description:
      - Queries by name that must return no rows afterwards.
    type: dict
    default: {}
  statement_timeout:
    description:
      - How long one statement may take, in seconds.
    type: float
    default: 3600
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.postgresql
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Says what would be loaded, and counts the rows that the login may read, without changing anything.
    support: full
  diff_mode:
    description: The module has no differences to show.
    support: none
seealso:
  - module: mainstay.aws.postgres_objects
"""

EXAMPLES = r"""
- name: Fill a development database
  mainstay.aws.postgres_load:
    environment: dev
    region: eu-west-1
    endpoint:
      host: dev-main.abcdefghijkl.eu-west-1.rds.amazonaws.com
      ca: files/global-bundle.pem
    login:
      user: dbadmin
      secret_arn: arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1234-AbCdEf
    database: shop
    files: [seeds/shop.sql]

- name: Move a database here from another host, and compare the rows
  mainstay.aws.postgres_load:
    environment: prod
    allow_production: true
    region: eu-west-1
    endpoint: {host: prod-main.abcdefghijkl.eu-west-1.rds.amazonaws.com, ca: files/global-bundle.pem}
    login: {user: dbadmin, iam: true}
    database: shop
    files: [/secure/shop.sql.gz]
    expect: {users: 41873, orders: 907116}
    checks:
      every order has a user: SELECT 1 FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE u.id IS NULL
"""

RETURN = r"""
msg:
  description: What was loaded, in words.
  returned: always
  type: str
  sample: "shop.sql was loaded into shop: 1204 rows in 31 statements."
loaded:
  description: The files that were loaded; in check mode, those that would be.
  returned: success
  type: list
  elements: str
  sample: [shop.sql]
skipped:
  description: The files whose content had been loaded before.
  returned: success
  type: list
  elements: str
  sample: []
counts:
  description: Number of rows by table, C(before) and C(after). C(after) is empty in check mode.
  returned: success
  type: dict
  sample: {before: {public.users: 0}, after: {public.users: 42}}
rows:
  description: Number of rows that statements changed.
  returned: success
  type: int
  sample: 1204
notes:
  description: What was left out of the files.
  returned: success
  type: list
  elements: str
  sample: ["shop.sql: left out 12 x owners, which are those of the inventory"]
seconds:
  description: Duration in seconds.
  returned: success
  type: float
  sample: 3.4
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.loading.answer import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.loading.options import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
