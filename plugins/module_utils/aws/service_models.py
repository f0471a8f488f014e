# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""botocore's service descriptions, read once per process."""

from __future__ import annotations

import functools
import gzip
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

try:
    import boto3
    import botocore.hooks
    import botocore.loaders
    import botocore.session
except ImportError:
    pass  # AnsibleAWSModule reports missing libraries


OPENERS: tuple[tuple[str, Callable[..., Any]], ...] = ((".json", open), (".json.gz", gzip.open))


class PlainDicts:
    """Reads botocore's files as its JSONFileLoader does, but into plain dicts, which also keep order and parse in half the time."""

    def exists(self, file_path: str) -> bool:
        return any(Path(file_path + suffix).is_file() for suffix, _opener in OPENERS)

    def load_file(self, file_path: str) -> Any:
        """The content of the file with this name, given without its suffix; None if it does not exist."""
        for suffix, opener in OPENERS:
            if Path(file_path + suffix).is_file():
                with opener(file_path + suffix, "rb") as file:
                    return json.loads(file.read())
        return None


_loaders: dict[str | None, Any] = {}


def loader(data_path: str | None) -> Any:
    """botocore's loader of service descriptions, one for the whole process: it caches what it has read."""
    if data_path not in _loaders:
        made = botocore.loaders.create_loader(data_path)
        made.file_loader = PlainDicts()
        # Before it reads the first description of each type, botocore searches the folders of all 400 services for files of that type.
        # A service that has a folder but no such file is noticed when the description is read.
        made.list_available_services = functools.cache(lambda _type: _services(made.search_paths))
        _loaders[data_path] = made
    return _loaders[data_path]


def _services(folders: Iterable[str]) -> list[str]:
    return sorted({entry.name for folder in folders if Path(folder).is_dir() for entry in os.scandir(folder) if entry.is_dir()})


@functools.cache
def _aliases() -> Any:
    """botocore's translation of old event names, without searching all of them for each event name that has no old part."""
    parts = {part for name in botocore.hooks.EVENT_ALIASES for part in name.split(".")}

    class Aliases(botocore.hooks.EventAliaser):
        def _alias_event_name(self, event_name: str) -> str:
            return event_name if parts.isdisjoint(event_name.split(".")) else str(super()._alias_event_name(event_name))

    return Aliases


def session(profile: str | None, credentials: Callable[[Any], Any] | None = None) -> Any:
    """A boto3 session that reads descriptions through the shared loader. Raises BotoCoreError for an unknown profile.

    ``credentials``: takes botocore's credential provider chain and returns the loader to use in its place.
    """
    events = botocore.hooks.HierarchicalEmitter()
    core = botocore.session.Session(event_hooks=events)
    core.register_component("event_emitter", _aliases()(events))
    core.register_component("data_loader", loader(os.environ.get("AWS_DATA_PATH")))
    if credentials:
        core.register_component("credential_provider", credentials(core.get_component("credential_provider")))
    return boto3.session.Session(botocore_session=core, profile_name=profile)
