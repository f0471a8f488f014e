# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions of all parts can be scoped."""

from __future__ import annotations

from ...aws.grants import merged
from ...kinds.permissions import KEYS, ROLES
from .permissions_buckets import BUCKETS
from .permissions_content import SITES
from .permissions_distributions import DISTRIBUTIONS
from .permissions_origin_secrets import ORIGIN_SECRETS
from .permissions_web_acls import WEB_ACLS

PERMISSIONS = merged((KEYS, ROLES, BUCKETS, DISTRIBUTIONS, WEB_ACLS, ORIGIN_SECRETS, SITES))
