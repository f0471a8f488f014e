# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of modules that log in to a PostgreSQL server."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoint:
    description:
      - Where the server listens.
    type: dict
    required: true
    suboptions:
      host:
        description:
          - Its host name. If it is empty or not known yet, check mode counts the server as empty.
        type: str
      port:
        description:
          - Its port.
        type: int
        default: 5432
      ca:
        description:
          - The certificates that the server's own is verified with, as the path of a file on the host that runs the module, or as PEM text.
            The connection is always encrypted, and the host name is verified.
          - Defaults to the path in the environment variables E(MAINSTAY_REHEARSAL_RDS_CA) and E(PGSSLROOTCERT).
          - V(system) uses the certificate authorities of the host. Those of RDS are not among them; that of RDS Proxy is.
          - Download the certificates of RDS from U(https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem). They expire after
            decades but new ones are added, so this collection contains no copy, and it downloads none by itself.
        type: str
        default: ''
  login:
    description:
      - Who logs in. Exactly one of O(login.secret_arn), O(login.password), and O(login.iam) is required.
    type: dict
    required: true
    suboptions:
      user:
        description:
          - The master user of the instance.
        type: str
        required: true
      secret_arn:
        description:
          - ARN of the secret with the password. It is read when the module connects. If the password is refused, the one of the version
            C(AWSPENDING) is tried, which a rotation may have set a moment ago.
        type: str
      password:
        description:
          - The password itself.
        type: str
      iam:
        description:
          - Log in with a token of IAM. The user must be a member of C(rds_iam).
        type: bool
        default: false
      database:
        description:
          - The database to connect to for what concerns the whole server. Modules that work in one database do not use it.
        type: str
        default: postgres
  secrets:
    description:
      - What secrets hold, by ARN, if the caller has read them already. Each has C(username), C(password), C(version), and possibly
        C(pending) with the same keys. Secrets that are listed here are not read from AWS.
    type: dict
    default: {}
"""
