"""The structure of plugins/module_utils: layers that import only lower ones, no cycles, relative imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.imports import Imports, circles, folder_of, read_imports
from tests.repository.layout import ROOT

TREE = ROOT / "plugins" / "module_utils"

ABOVE = ("app_deploy", "broker_content", "cluster_content", "database_content", "s3_cdn")
"""Domains of what is inside the clusters, servers, and zones that other domains create."""

DOMAINS = [f"domains.{path.parent.name}" for path in TREE.glob("domains/*/__init__.py") if path.parent.name not in ABOVE]
"""Domains are independent, except those above, which depend on what creates the cluster or server."""

LAYERS = (
    ("text",),
    ("reconcile", "summary"),
    ("sensitive",),
    ("aws", "inputs", "kubernetes", "postgresql", "saved_plans"),
    ("component", "images", "kinds", "cluster_objects"),
    ("recovery", "application"),
    ("content_sync", "controller", *DOMAINS, "rollout", "snapshot_gate"),
    ("domains.broker_content", "domains.cluster_content", "domains.database_content", "domains.s3_cdn", "restore"),
    ("deployment",),
    ("domains.app_deploy",),
    ("domains",),
    ("loading", "permissions", "platform"),
    ("refresh",),
)
"""From the bottom to the top. A unit may import only units in earlier rows: neighbors in a row are independent of each other.

``domains`` is the registry, which names every domain.
"""


@pytest.fixture(scope="module")
def imports() -> Imports:
    return read_imports(TREE)


def unit_of(file: str) -> str:
    """The folder below module_utils that contains a file; each domain is a separate unit, and the registry another."""
    parts = folder_of(file).split(".")
    return ".".join(parts[: 2 if parts[0] == "domains" else 1])


def test_no_file_reaches_itself(imports: Imports) -> None:
    assert circles(imports.files) == []


def test_no_folder_reaches_itself(imports: Imports) -> None:
    assert circles(imports.folders) == []


def test_imports_are_relative(imports: Imports) -> None:
    assert imports.absolute == ()


def test_every_relative_import_leads_to_a_file(imports: Imports) -> None:
    assert imports.unresolved == ()


def test_layers_know_only_those_below(imports: Imports) -> None:
    height = {unit: row for row, units in enumerate(LAYERS) for unit in units}
    wrong = {
        f"{one} imports {other}"
        for one, imported in imports.files.items()
        for other in imported
        if unit_of(one) != unit_of(other) and height[unit_of(one)] <= height[unit_of(other)]
    }
    assert sorted(wrong) == []


def test_every_folder_has_a_layer(imports: Imports) -> None:
    units = {unit_of(file) for file in imports.files if not file.endswith("__init__")}
    assert units == {unit for units in LAYERS for unit in units}


TREES: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "a circle of two files": ({"a/one.py": "from .two import x", "a/two.py": "from . import one"}, {"files": [("a.one", "a.two")]}),
    "a circle through a function": (
        {"a/one.py": "from .two import x", "a/two.py": "def f():\n    from .one import y"},
        {"files": [("a.one", "a.two")]},
    ),
    "a circle for type checkers": (
        {"a/one.py": "from .two import x", "a/two.py": "if TYPE_CHECKING:\n    from .one import y"},
        {"files": [("a.one", "a.two")]},
    ),
    "a circle of folders without one of files": (
        {"a/one.py": "from ..b.one import x", "b/one.py": "", "b/two.py": "from ..a import two", "a/two.py": ""},
        {"folders": [("a", "b")]},
    ),
    "a folder and one inside it": (
        {"a/one.py": "from .b.one import x", "a/two.py": "", "a/b/one.py": "from ..two import y"},
        {"folders": [("a", "a.b")]},
    ),
    "a circle of three packages": (
        {"a/__init__.py": "from ..b import x", "b/__init__.py": "from ..c import x", "c/__init__.py": "from ..a import x"},
        {"files": [("a.__init__", "b.__init__", "c.__init__")], "folders": [("a", "b", "c")]},
    ),
    "an absolute import": ({"a/one.py": "x = 1\nimport ansible_collections.mainstay.aws.plugins"}, {"absolute": ("a/one.py:2",)}),
    "an absolute import of names": ({"a/one.py": "from ansible_collections.mainstay.aws import x"}, {"absolute": ("a/one.py:1",)}),
    "an import of nothing": ({"a/one.py": "from .two import x"}, {"unresolved": ("a/one.py:1",)}),
    "other collections and no circle": (
        {"a/one.py": "import os\nfrom ansible_collections.amazon.aws import x\nfrom ..b.one import y", "b/one.py": "import ast"},
        {},
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_what_is_found(name: str, tmp_path: Path) -> None:
    sources, expected = TREES[name]
    for path, source in sources.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    found = read_imports(tmp_path)
    nothing = {"files": [], "folders": [], "absolute": (), "unresolved": ()}
    assert {
        "files": circles(found.files),
        "folders": circles(found.folders),
        "absolute": found.absolute,
        "unresolved": found.unresolved,
    } == nothing | expected


WITHOUT_LIBRARIES = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in {*sys.stdlib_module_names, "ansible", "ansible_collections"} and not top.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)

sys.meta_path.insert(0, Absent())
for name in sys.argv[1:]:
    try:
        importlib.import_module(f"ansible_collections.mainstay.aws.plugins.{name}")
    except ImportError as error:
        print(f"{name}: {error}")
"""


def test_modules_start_without_the_libraries_they_need() -> None:
    """So that each says which library is missing, instead of ending with a traceback. ansible-test checks the same, a process per file."""
    plugins = TREE.parent
    paths = [path for folder in ("modules", "module_utils") for path in sorted((plugins / folder).rglob("*.py"))]
    names = [".".join(path.relative_to(plugins).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    path = os.pathsep.join(sys.path)
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBRARIES, *names], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)
