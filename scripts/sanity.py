"""Run ansible-test sanity on the contents of the built collection.

ansible-test requires a real folder named ansible_collections/<namespace>/<name> that is its own git checkout, and it downloads an old
get-pip. This script therefore makes a scratch copy of the tracked and untracked, unignored files that a build packs, with the bundled
collections next to it. A scratch home folder replaces that get-pip with one that installs pip with ensurepip. ansible-test's virtual
environments stay in that home folder between runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import yaml
from distlib.manifest import Manifest  # type: ignore[import-untyped]

from scripts.terminal import BIN, ROOT, Problem, say, tool_environment

SCRATCH = ROOT / ".cache" / "sanity"
COLLECTIONS = SCRATCH / "ansible_collections"
COPY = COLLECTIONS / "mainstay" / "aws"
# ansible-test's own settings are below tests/, which builds exclude.
ALSO = ("tests/config.yml", *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("tests/sanity/ignore-*.txt"))))
NEEDED = ("amazon/aws", "kubernetes/core")
"""Collections that our documentation and code refer to."""

GET_PIP = '''"""Replaces get-pip: installs the interpreter's own pip, then the requested packages."""
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade"])
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "pip", "install", *arguments])
'''


def project_files(root: Path = ROOT) -> list[str]:
    """Relative paths of existing files that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted({name for name in output.split("\0") if name and (root / name).is_file()})


def packed(names: Iterable[str], root: Path = ROOT) -> list[str]:
    """Those of these files that a build packs, according to the allow list in galaxy.yml."""
    manifest = Manifest(str(root))
    manifest.allfiles = [str(root / name) for name in names]
    for directive in yaml.safe_load((root / "galaxy.yml").read_text())["manifest"]["directives"]:
        manifest.process_directive(directive)
    return sorted(str(Path(path).relative_to(root)) for path in manifest.files)


def make_copy() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    for path in [*packed(project_files()), "galaxy.yml", *ALSO]:
        (COPY / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, COPY / path)
    git = [
        "git",
        "-c",
        "user.name=sanity",
        "-c",
        "user.email=sanity@localhost",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "core.hooksPath=/dev/null",
    ]
    for arguments in (["init", "--quiet"], ["add", "--all", "--force"], ["commit", "--quiet", "--message", "copy"]):
        subprocess.run([*git, *arguments], cwd=COPY, env=without_git_variables(), check=True)


def without_git_variables() -> dict[str, str]:
    """The environment without GIT_* variables: a git hook sets them to point at the outer checkout."""
    return {name: value for name, value in tool_environment().items() if not name.startswith("GIT_")}


def link_collections() -> None:
    """Link the collections that ours imports to where the import test looks for them."""
    spec = find_spec("ansible_collections.amazon.aws")
    if spec is None or not spec.submodule_search_locations:
        raise Problem("the collection amazon.aws is not installed; run: make setup")
    bundled = Path(next(iter(spec.submodule_search_locations))).parent.parent
    for name in NEEDED:
        link = COLLECTIONS / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(bundled / name)


def make_home() -> Path:
    home = SCRATCH / "home"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "get_pip_25_2.py").write_text(GET_PIP)
    return home


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    say("Copying the project to where ansible-test accepts it")
    make_copy()
    link_collections()
    environment = without_git_variables()
    # Keep using the caller's pip cache.
    environment.setdefault("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    environment["HOME"] = str(make_home())
    environment.pop("ANSIBLE_CONFIG", None)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    command = [str(BIN / "ansible-test"), "sanity", "--color", "no", "--requirements", "--python", python, *arguments]
    say(" ".join(["ansible-test", *command[1:]]))
    return subprocess.run(command, cwd=COPY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
