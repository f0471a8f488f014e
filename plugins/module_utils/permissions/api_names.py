# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS calls the operations that boto3 calls otherwise, from botocore's descriptions of services."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ..aws.operations import Operation

try:
    import botocore.session
    from botocore import xform_name
except ImportError:
    pass  # whoever asks for policies is told by the filter


class UnknownOperation(Exception):
    """A declared operation that botocore does not know."""


def api_name(operation: Operation) -> str:
    """``describe_vpcs`` -> DescribeVpcs. Raises UnknownOperation."""
    name = _names(operation.service).get(operation.method)
    if name is None:
        raise UnknownOperation(f"{operation} is declared, but botocore knows no such operation")
    return name


@cache
def _names(service: str) -> Mapping[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}
