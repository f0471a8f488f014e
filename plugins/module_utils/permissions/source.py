# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which API operations a kind can make, read from its source.

Nobody writes these down a second time: a call that somebody adds to a kind is in the policies from then on. Only the methods that the kind
really has are read (not those of its bases that it overrides), and the functions of ours that they use. What calls look like is the
face of aws/connection.py: ``aws.change("ec2", "create_vpc", ...)``.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

try:
    import botocore.session
    from botocore import xform_name
except ImportError:
    pass  # whoever asks for policies is told by the filter

OURS = "ansible_collections.mainstay.aws.plugins.module_utils."
READING = ("list_all", "read", "find")
CHANGING = ("change", "remove")
SHORTEST_PATTERN = 5
"""Letters that a composed method name must have of its own: fewer would fit too much."""


class Unreadable(Exception):
    """A call in the source whose operation cannot be told."""


@dataclass(frozen=True, order=True)
class Operation:
    """One operation of AWS's API: botocore's name of the service, and AWS's of the operation."""

    service: str
    name: str

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


@cache
def operations_of(kind: object, ours: str = OURS) -> frozenset[Operation]:
    """Every operation that the methods of a kind can make. Raises Unreadable, naming the place. Only modules of ``ours`` are read."""
    cls = type(kind)
    reading = _Reading(kind, cls.__mro__, ours)
    methods = [reading.function(inspect.getattr_static(cls, name)) for name in dir(cls)]
    return reading.of(method for method in methods if method)


def operations_of_question(question: Callable[..., Any], ours: str = OURS) -> frozenset[Operation]:
    """The same for a plain function that is given the connection, with what it uses of its own module."""
    reading = _Reading(None, (), ours)
    function = reading.function(question)
    return reading.of([function] if function else [])


@cache
def method_names(service: str) -> Mapping[str, str]:
    """boto3's method -> AWS's operation, for one service."""
    model = _session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


@cache
def _session() -> Any:
    return botocore.session.Session()


@dataclass(frozen=True)
class _Call:
    """A call of the connection: the services it may be for, and the method names it may have as patterns (None: cannot be told here)."""

    services: tuple[str, ...]
    methods: tuple[str, ...] | None


class _Reading:
    """Reads functions and, from these, whatever else of ours they use."""

    def __init__(self, kind: object | None, bases: tuple[type, ...], ours: str) -> None:
        self.kind = kind
        self.bases = bases
        self.ours = ours
        self.trees: dict[FunctionType, ast.AST] = {}
        self.uses: dict[FunctionType, set[FunctionType]] = {}

    def function(self, member: Any) -> FunctionType | None:
        """A function of ours, out of whatever it is wrapped in; None for anything else."""
        plain = member.__func__ if isinstance(member, staticmethod | classmethod) else member
        found: Any = inspect.unwrap(plain) if isinstance(plain, FunctionType) else None
        if found is None or found.__code__.co_filename.startswith("<"):  # made by a dataclass
            return None
        return found if isinstance(found, FunctionType) and found.__module__.startswith(self.ours) else None

    def of(self, functions: Iterable[FunctionType]) -> frozenset[Operation]:
        left = list(functions)
        while left:
            function = left.pop()
            if function not in self.trees:
                self.trees[function] = ast.parse(textwrap.dedent(inspect.getsource(function)))
                self.uses[function] = set(self.used_by(function))
                left += self.uses[function]
        return frozenset(operation for function in self.trees for operation in self.made_by(function))

    def used_by(self, function: FunctionType) -> Iterator[FunctionType]:
        """Functions of ours that a function names, and what it calls of its base."""
        names = function.__globals__
        for node in ast.walk(self.trees[function]):
            target: Any = None
            if isinstance(node, ast.Name):
                target = names.get(node.id)
                if isinstance(target, type) and target.__module__ == function.__module__:
                    yield from (method for member in vars(target).values() if (method := self.function(member)))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = names.get(node.value.id)
                target = getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
            elif isinstance(node, ast.Attribute) and _is_super(node.value):
                target = self.inherited(function, node.attr)
            found = self.function(target)
            if found and not found.__module__.endswith(("aws.connection", "aws.calls")):
                yield found

    def inherited(self, function: FunctionType, name: str) -> Any:
        """What ``super().<name>`` is inside a method."""
        own = [place for place, base in enumerate(self.bases) if self.function(vars(base).get(function.__name__)) is function]
        later = self.bases[own[0] + 1 :] if own else ()
        return next((vars(base)[name] for base in later if name in vars(base)), None)

    def made_by(self, function: FunctionType) -> Iterator[Operation]:
        for call in self.calls(function):
            for service in call.services:
                known = method_names(service)
                patterns = call.methods if call.methods is not None else self.nearby(function)
                found = {name for pattern in patterns for name in known if re.fullmatch(pattern, name)}
                if not found or (call.methods is not None and len(found) < len(call.methods)):
                    where = f"{function.__module__.removeprefix(OURS)}.{function.__qualname__}"
                    raise Unreadable(f"{where} makes a call of {service} whose operation cannot be told; write the method's name as text")
                yield from (Operation(service, known[name]) for name in found)

    def calls(self, function: FunctionType) -> Iterator[_Call]:
        for node in ast.walk(self.trees[function]):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1):
                continue
            if node.func.attr in (*READING, *CHANGING) and isinstance(node.func.value, ast.Name) and node.func.value.id != "self":
                services, methods = self.texts(node.args[0], function), self.texts(node.args[1], function)
                if methods != [""]:  # a declaration left it empty: this kind does not make it
                    yield _Call(tuple(services or ()), None if methods is None else tuple(methods))

    def texts(self, node: ast.AST, function: FunctionType) -> list[str] | None:
        """The strings that an expression may be, as patterns; None where that cannot be told from the expression alone."""
        match node:
            case ast.Constant(value=str() as text):
                return [text]
            case ast.IfExp(body=one, orelse=other):
                both = [self.texts(one, function), self.texts(other, function)]
                return None if None in both else [text for part in both for text in part or ()]
            case ast.JoinedStr(values=parts):
                return [pattern] if (pattern := _pattern(parts)) else None
            case ast.Attribute() | ast.Name():
                value = self.value(node, function)
                return [value] if isinstance(value, str) else None
        return None

    def value(self, node: ast.AST, function: FunctionType) -> Any:
        """What ``self.calls.list`` or the name of a constant stands for; None where it is neither."""
        if isinstance(node, ast.Name):
            return self.kind if node.id == "self" else function.__globals__.get(node.id)
        if isinstance(node, ast.Attribute):
            return getattr(self.value(node.value, function), node.attr, None)
        return None

    def nearby(self, function: FunctionType) -> list[str]:
        """Every text in a function and in those that use it, with the tables they name: for methods that go through a variable.

        The further reads that a kind declares go through one.
        """
        users = [user for user, used in self.uses.items() if function in used]
        found: list[str] = _strings(getattr(self.kind, "reads", ()))
        for place in (function, *users):
            for node in ast.walk(self.trees[place]):
                if isinstance(node, ast.Constant | ast.JoinedStr):
                    found += self.texts(node, place) or ()
                elif isinstance(node, ast.Attribute):
                    found += _strings(self.value(node, place))
        return [text for text in found if re.fullmatch(r"[\w\\+]+", text)]


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _pattern(parts: Iterable[ast.AST]) -> str | None:
    """A composed text as a pattern, with any word in its gaps."""
    texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
    own = sum(len(text) for text in texts if isinstance(text, str))
    return "".join(re.escape(text) if isinstance(text, str) else r"\w+" for text in texts) if own >= SHORTEST_PATTERN else None


def _strings(value: Any) -> list[str]:
    """The texts in a constant table."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.items() for text in _strings(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _strings(item)]
    return []
