# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secrets with which clients of a cluster log in with SCRAM. MSK takes only names that begin with AmazonMSK_, and customer keys."""

from __future__ import annotations

from ....aws.connection import Aws
from ....aws.owner import Owner
from ....kinds.secret import Secret

BEGINNING = "AmazonMSK_"


def secrets_prefix(owner: Owner) -> str:
    """What the names of the component's secrets for streams begin with."""
    return f"{BEGINNING}{owner.environment}/{owner.component}/"


def secret_name(owner: Owner, stream: str, user: str) -> str:
    return f"{secrets_prefix(owner)}{stream}/{user}"


class StreamSecret(Secret):
    """A new value is current at once: MSK reads it from there."""

    name = "stream_secret"
    deleted_after = ("msk_cluster",)

    def prefix(self, aws: Aws) -> str:
        return secrets_prefix(aws.owner)
