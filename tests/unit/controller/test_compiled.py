# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Our files are loaded from compiled ones, all others as Ansible imports them."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.controller.compiled import CompiledFiles, quick_imports, use_compiled_files

ROOT = Path(__file__).resolve().parents[3]
UTILS = "ansible_collections.mainstay.aws.plugins.module_utils"
IN_ANSIBLE = f"""
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([{str(ROOT / "collections")!r}])
from {UTILS}.controller.compiled import use_compiled_files
use_compiled_files()
use_compiled_files()
import sys
from {UTILS}.reconcile import planner
from ansible_collections.kubernetes.core.plugins.module_utils import args_common
print(type(planner.__loader__).__name__, type(args_common.__loader__).__name__)
print(sum(finder.__name__ == "CompiledFiles" for finder in sys.meta_path if isinstance(finder, type)))
"""
CALLBACK = f"""
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([{str(ROOT / "collections")!r}])
import gc, sys
from ansible_collections.mainstay.aws.plugins.callback import plan_summary
from {UTILS}.summary import report
print(type(report.__loader__).__name__, [one for one in sys.meta_path if "CompiledFiles" in str(one)], gc.isenabled())
"""


@pytest.mark.parametrize(
    ("name", "folder", "found"),
    [
        pytest.param(f"{UTILS}.reconcile.planner", "plugins/module_utils/reconcile", True, id="module"),
        pytest.param(f"{UTILS}.reconcile", "plugins/module_utils", True, id="package"),
        pytest.param(f"{UTILS}.nothing", "plugins/module_utils", False, id="nothing of this name"),
        pytest.param("ansible_collections.mainstay.aws.plugins.modules", "plugins", False, id="a folder that is no package"),
        pytest.param(
            "ansible_collections.mainstay.other.plugins.planner", "plugins/module_utils/reconcile", False, id="another collection"
        ),
    ],
)
def test_finds(name: str, folder: str, found: bool) -> None:
    spec = CompiledFiles.find_spec(name, [str(ROOT / folder)])
    assert (spec is not None and isinstance(spec.loader, SourceFileLoader)) is found


def test_beside_ansibles_own_importer() -> None:
    done = subprocess.run([sys.executable, "-c", IN_ANSIBLE], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["SourceFileLoader", "_AnsibleCollectionLoader", "1"], done.stderr


def test_the_callback_imports_from_compiled_files_and_leaves_python_as_it_was() -> None:
    done = subprocess.run([sys.executable, "-c", CALLBACK], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["SourceFileLoader", "[]", "True"], done.stderr


@pytest.mark.parametrize("collecting", [True, False])
@pytest.mark.parametrize("installed", [True, False])
def test_quick_imports_restore_what_was_set(collecting: bool, installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [one for one in sys.meta_path if one is not CompiledFiles])
    if installed:
        use_compiled_files()
    before = list(sys.meta_path)
    try:
        (gc.enable if collecting else gc.disable)()
        with contextlib.suppress(ImportError), quick_imports():
            assert (sys.meta_path[0], gc.isenabled()) == (CompiledFiles, False)
            raise ImportError
        assert (sys.meta_path, gc.isenabled()) == (before, collecting)
    finally:
        gc.enable()
