# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The IAM roles of instances: enhanced monitoring, and proxies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.place import Place
from ...aws.policies import policy
from ...reconcile.model import Ref, Resource, ref
from .names import KEY, MONITORING, role_name, user_part
from .settings.instance import Instance
from .settings.proxy import Proxy

MONITORING_POLICY = "service-role/AmazonRDSEnhancedMonitoringRole"


def trust(service: str, place: Place) -> dict[str, Any]:
    """A service of AWS may assume the role, on behalf of this account only."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": place.account_id}},
        }
    )


def monitoring_role(place: Place) -> Resource:
    """Lets RDS write the metrics of the operating system to CloudWatch Logs. One for all instances of the component."""
    properties = {
        "role_name": role_name(place.environment, place.component, "monitoring"),
        "assume_role_policy_document": trust("monitoring.rds.amazonaws.com", place),
        "managed_policy_arns": [place.aws_policy(MONITORING_POLICY)],
        "tags": {**place.tags, "Name": f"{place.environment}-{place.component}-monitoring"},
    }
    return Resource("iam_role", MONITORING.partition(".")[2], place.role(properties))


def proxy_role(one: Instance, proxy: Proxy, place: Place, tags: Mapping[str, str]) -> Resource:
    """Lets a proxy log in to its instance: with the users' secrets, or with IAM."""
    properties = {
        "role_name": role_name(place.environment, place.component, one.name, "proxy"),
        "assume_role_policy_document": trust("rds.amazonaws.com", place),
        "inline_policy": policy(*(iam_login(one, place) if proxy.auth == "iam" else read_secrets(one, proxy, place))),
        "tags": tags,
    }
    return Resource("iam_role", f"{one.name}/proxy", place.role(properties))


def secrets_of(one: Instance, proxy: Proxy) -> list[Ref]:
    """The ARNs of the secrets that a proxy logs in with."""
    return [ref(f"secret.{one.name}/{user_part(user)}", "arn") for user in sorted(proxy.users or one.content.passwords)]


def read_secrets(one: Instance, proxy: Proxy, place: Place) -> list[dict[str, Any]]:
    """RDS User Guide, "Setting up database credentials for RDS Proxy"."""
    via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{place.region}.amazonaws.com"}}
    return [
        {"Sid": "ReadSecrets", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets_of(one, proxy)},
        {"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": ref(KEY, "arn"), "Condition": via},
    ]


def iam_login(one: Instance, place: Place) -> list[dict[str, Any]]:
    """RDS User Guide, "Creating and using an IAM policy for IAM database access"."""
    users = f"arn:{place.partition}:rds-db:{place.region}:{place.account_id}:dbuser:"
    return [
        {
            "Sid": "LogIn",
            "Effect": "Allow",
            "Action": "rds-db:connect",
            "Resource": Ref(f"db_instance.{one.name}", "resource_id", prefix=users, suffix="/*"),
        }
    ]
