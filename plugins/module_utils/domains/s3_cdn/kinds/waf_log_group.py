# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log groups of web ACLs. WAF logs only to those whose name begins with aws-waf-logs-."""

from __future__ import annotations

from ....aws.connection import Aws
from ....kinds.log_group import LogGroup
from ..settings.web_acls import LOG_PREFIX


class WafLogGroup(LogGroup):
    name = "waf_log_group"
    elsewhere = True

    def prefix(self, aws: Aws) -> str:
        return f"{LOG_PREFIX}{aws.owner.environment}-{aws.owner.component}-"
