"""The import graph of plugins/module_utils, read from the source; includes imports inside functions and for type checkers."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Graph = Mapping[str, set[str]]
"""A file or folder -> those that it imports. Files and folders are dotted names relative to the tree (``aws.calls``, ``aws``)."""

OURS = "ansible_collections.mainstay.aws"


@dataclass(frozen=True)
class Imports:
    """The imports of a tree of Python files."""

    files: Graph
    absolute: tuple[str, ...]
    """``file:line`` of every absolute import of the collection."""
    unresolved: tuple[str, ...]
    """``file:line`` of every relative import that resolves to no file."""

    @property
    def folders(self) -> Graph:
        """The graph of the folders that contain the files, without imports within one folder."""
        found: dict[str, set[str]] = defaultdict(set)
        for one, imported in self.files.items():
            found[folder_of(one)] |= {folder_of(other) for other in imported} - {folder_of(one)}
        return found


def folder_of(file: str) -> str:
    return file.rpartition(".")[0]


def read_imports(root: Path) -> Imports:
    """All imports below ``root``. An ``__init__.py`` is the file ``folder.__init__``."""
    paths = {".".join(path.relative_to(root).with_suffix("").parts): path for path in sorted(root.rglob("*.py"))}
    files: dict[str, set[str]] = {name: set() for name in paths}
    absolute, unresolved = [], []
    for name, path in paths.items():
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            where = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}"
            if is_absolute(node):
                absolute.append(where)
            elif isinstance(node, ast.ImportFrom) and node.level:
                found = set(imported_files(node, name, paths))
                files[name] |= found - {name}
                unresolved += [] if found else [where]
    return Imports(files, tuple(absolute), tuple(unresolved))


def is_absolute(node: ast.AST) -> bool:
    """Whether a node imports the collection by its full name."""
    if isinstance(node, ast.Import):
        return any(alias.name.startswith(OURS) for alias in node.names)
    return isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith(OURS)


def imported_files(node: ast.ImportFrom, importer: str, paths: Mapping[str, Path]) -> Iterator[str]:
    """The files that a relative import names: modules of a package, or the module or package that defines the names."""
    parts = importer.split(".")
    base = [*parts[: len(parts) - node.level], *(node.module or "").split(".")]
    origin = ".".join(part for part in base if part)
    for alias in node.names:
        for candidate in (f"{origin}.{alias.name}".strip("."), origin, f"{origin}.__init__".strip(".")):
            if candidate in paths:
                yield candidate
                break


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """Every import cycle, sorted."""
    reached = {node: reachable(graph, node) for node in graph}
    groups = {tuple(sorted(other for other in reached[node] if node in reached.get(other, ()))) for node in graph if node in reached[node]}
    return sorted(groups)


def reachable(graph: Graph, start: str) -> set[str]:
    """Everything that a node imports, directly or indirectly."""
    found: set[str] = set()
    ahead = list(graph.get(start, ()))
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += graph.get(node, ())
    return found
