# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing an artifact so that a reader never sees a partial file."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

SYMLINK = "it is a symbolic link; name the file itself"
MODE = 0o600
"""Plans reveal much about an account, so only their owner may read them."""


def write_atomically(path: str, text: str) -> None:
    """Write UTF-8 text to ``path``, creating its folders; the file appears, or is replaced, as a whole. Raises OSError.

    Only its owner may read it, regardless of the umask. A symbolic link is neither followed nor replaced, because someone else may have
    created it.
    """
    target = Path(path).absolute()
    if target.is_symlink():
        raise OSError(errno.ELOOP, SYMLINK, path)
    _make_folder(target.parent)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        os.fchmod(handle, MODE)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        temporary.replace(target)
    except BaseException:
        temporary.unlink()
        raise


def _make_folder(folder: Path) -> None:
    """Create a folder and its parents, writable only by their owner regardless of the umask."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o755, exist_ok=True)
