# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Members of a reply that botocore does not know.

botocore drops what its model does not have. A configuration that is read with an old version, changed, and written back would lose every
setting that AWS has added since, silently. So such a reply is refused before anything is written.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from ....reconcile.errors import CallFailed

_looking = threading.local()
"""The paths that this thread's call has found."""
MOST_NAMED = 3


@contextlib.contextmanager
def check_known(client: Any, operation: str) -> Iterator[None]:
    """Raise CallFailed if a reply of this operation, received in this block by this thread, has members that botocore does not know."""
    client.meta.events.register(f"before-parse.cloudfront.{operation}", _look, unique_id="mainstay-known-members")
    found: list[str] = []
    _looking.found = found
    try:
        yield
    finally:
        _looking.found = None
    if found:
        text = f"the configuration has settings that the installed botocore does not know, and would drop: {', '.join(found[:MOST_NAMED])}"
        raise CallFailed(
            text, f"cloudfront:{operation}", "UnknownMembers", "Nothing was changed. Update boto3 and botocore, and run again."
        )


def _look(operation_model: Any, response_dict: dict[str, Any], **_other: Any) -> None:
    found, shape = getattr(_looking, "found", None), operation_model.output_shape
    if found is None or response_dict["status_code"] >= 300:
        return
    payload = shape.serialization.get("payload")
    with contextlib.suppress(ElementTree.ParseError):  # which botocore reports
        root = ElementTree.fromstring(response_dict["body"])  # noqa: S314 - AWS's own reply, as botocore parses it
        found.extend(unknown(root, shape.members[payload] if payload else shape))


def unknown(node: ElementTree.Element, shape: Any, path: str = "") -> Iterator[str]:
    """The paths of the elements that a shape of botocore's model does not have."""
    if shape.type_name == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in node:
            name = child.tag.rpartition("}")[2]
            below = f"{path}.{name}".lstrip(".")
            if name in members:
                yield from unknown(child, members[name], below)
            else:
                yield below
    elif shape.type_name == "list":
        for child in node:
            yield from unknown(child, shape.member, path)
