# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""botocore's descriptions of services, read once in a process."""

from __future__ import annotations

import os
from typing import Any

try:
    import boto3
    import botocore.loaders
    import botocore.session
except ImportError:
    pass  # AnsibleAWSModule says what is missing


_loaders: dict[str | None, Any] = {}


def loader(data_path: str | None) -> Any:
    """botocore's reader of service descriptions, one for the whole process: it keeps what it has read."""
    if data_path not in _loaders:
        _loaders[data_path] = botocore.loaders.create_loader(data_path)
    return _loaders[data_path]


def session(profile: str | None) -> Any:
    """A boto3 session that reads descriptions through the shared reader. Raises BotoCoreError for an unknown profile."""
    core = botocore.session.Session()
    core.register_component("data_loader", loader(os.environ.get("AWS_DATA_PATH")))
    return boto3.session.Session(botocore_session=core, profile_name=profile)
