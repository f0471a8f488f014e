# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Import this collection's code the way Python imports any other code: from compiled files.

Ansible's own collection importer compiles every file of ours in every process that imports it. That takes longer than running it.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

COLLECTIONS = ("ansible_collections.mainstay.aws.plugins.", "ansible_collections.amazon.aws.plugins.module_utils.")
"""Our modules import a dozen files of the second collection. Neither redirects imports, which only Ansible's importer would follow."""


class CompiledFiles:
    """Finds files of these collections before Ansible's importer does; leaves folders without ``__init__.py`` to it."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if path and name.startswith(COLLECTIONS):
            for folder in path:
                spec = _finder(str(folder)).find_spec(name)
                if spec and spec.loader:
                    return spec
        return None


@functools.cache
def _finder(folder: str) -> FileFinder:
    return FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))


def use_compiled_files() -> None:
    """Use compiled files in this process and all its forks. Where Python may not write compiled files, nothing changes."""
    if CompiledFiles not in sys.meta_path:
        sys.meta_path.insert(0, CompiledFiles)


@contextlib.contextmanager
def quick_imports() -> Iterator[None]:
    """Import from compiled files and without garbage collection, which would scan everything imported so far and find nothing to free.

    What exists afterwards is not scanned later either, and workers need not copy the pages that a scan would write to.
    """
    known, collecting = CompiledFiles in sys.meta_path, gc.isenabled()
    use_compiled_files()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
        if not known:
            sys.meta_path.remove(CompiledFiles)
