# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions of all parts can be scoped."""

from __future__ import annotations

from ...aws.grants import merged
from ...kinds.permissions import KEYS
from .permissions_brokers import BROKERS
from .permissions_queues import QUEUES
from .permissions_streams import STREAMS

PERMISSIONS = merged((KEYS, QUEUES, BROKERS, STREAMS))
