# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS's names for the operations that boto3 names differently, from botocore's service descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ..aws.operations import Operation

try:
    import botocore.session
    from botocore import xform_name
except ImportError:
    pass  # the filter reports the missing library to users who request policies


class UnknownOperation(Exception):
    """A declared operation that botocore does not know."""


def api_name(operation: Operation) -> str:
    """``describe_vpcs`` -> DescribeVpcs. Raises UnknownOperation."""
    name = _names(operation.service).get(operation.method)
    if name is None:
        raise UnknownOperation(f"{operation} is declared, but botocore has no such operation")
    return name


@cache
def _names(service: str) -> Mapping[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}
