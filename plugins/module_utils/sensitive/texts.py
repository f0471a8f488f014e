# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Finds known secrets in values, in all their common encodings, and hides them. Pure functions.

The secrets are values from Ansible Vault. ansible-core marks such values but loses the mark as soon as one becomes part of a longer string,
so they must be found by content. The action plugin collects them, and a module receives them in the ``sensitive_values`` option as one
base64 string, so that Ansible's own masking does not search for them. It would also mask return values that other tasks use, such as an ARN
with the name of a region that happens to be in a vault.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from ..reconcile.model import SENSITIVE

SHORTEST = 6
"""Shorter values are not searched for, because they occur in unrelated words."""

PLAIN = 12
"""A shorter alphanumeric value counts only as a whole word: ``postgres`` does not match in ``postgresql``."""

LONG_LINE = 16
SHORTEST_CODE = 8
COMPUTED = ("outputs", "target", "found", "changed", "failed")
ANOTHER = f"{SENSITIVE} another value"
"""How a secret that differs from the adjacent one is displayed. Neither of the two is ever shown."""


class Texts(Collection[str]):
    """Known secrets."""

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        self.secrets = sorted({str(one) for one in secrets if not isinstance(one, bool) and len(str(one).strip()) >= SHORTEST})
        self.forms = sorted({form for one in self.secrets for form in forms_of(one)}, key=lambda form: (-len(form), form))

    def __iter__(self) -> Any:
        return iter(self.forms)

    def __len__(self) -> int:
        return len(self.forms)

    def __contains__(self, text: object) -> bool:
        return text in self.forms

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(_bounded(form) if form in self.secrets else re.escape(form) for form in self.forms))

    def found_in(self, value: Any) -> bool:
        """Whether a value has a secret anywhere inside."""
        if not self.forms:
            return False
        if isinstance(value, Mapping):
            return any(self.found_in(key) or self.found_in(item) for key, item in value.items())
        if isinstance(value, list | tuple | set | frozenset):
            return any(self.found_in(item) for item in value)
        return not isinstance(value, bool) and value is not None and self.pattern.search(str(value)) is not None

    def mask(self, value: Any) -> Any:
        """A value with each secret in it replaced, mapping keys included."""
        if not self.forms:
            return value
        if isinstance(value, Mapping):
            return {self.mask(key): self.mask(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.mask(item) for item in value]
        if isinstance(value, str):
            return self.pattern.sub(SENSITIVE, value)
        return SENSITIVE if self.found_in(value) else value

    def pair(self, before: Any, after: Any) -> tuple[Any, Any]:
        """Two values of one property: see ``hidden_together``."""
        return hidden_together(before, after, self.mask) if self.forms else (before, after)

    def hide_in(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """A module's result without the secrets. Values that other tasks use are kept: outputs, and where the call was made."""
        if not self.forms:
            return dict(result)
        return {name: value if name in COMPUTED else self.mask(self._without_pairs(name, value)) for name, value in result.items()}

    def _without_pairs(self, name: str, value: Any) -> Any:
        """The plan and the diff, with both values of each change hidden if one is secret."""
        if name == "diff" and isinstance(value, list):
            return [self._paired(entry) for entry in value]
        if name == "plan" and isinstance(value, Mapping) and isinstance(value.get("actions"), list):
            actions = [{**one, "changes": [self._paired(change) for change in one.get("changes") or ()]} for one in value["actions"]]
            return {**value, "actions": actions}
        return value

    def _paired(self, entry: Any) -> Any:
        if not isinstance(entry, Mapping) or not {"before", "after"} <= set(entry):
            return entry
        before, after = self.pair(entry["before"], entry["after"])
        return {**entry, "before": before, "after": after}


def hidden_together(before: Any, after: Any, mask: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Two values of one property, with secrets masked. Whatever one value has in place of the other's secret is hidden entirely.

    The previous value of a setting is as secret as the current one, even though it is not a known secret.
    """
    first, last = mask(before), mask(after)
    if first == before and last == after:
        return before, after
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        pairs = {key: hidden_together(before.get(key), after.get(key), mask) for key in {**before, **after}}
        return ({mask(key): pairs[key][0] for key in before}, {mask(key): pairs[key][1] for key in after})
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        found = [hidden_together(one, other, mask) for one, other in zip(before, after, strict=True)]
        return [one for one, _other in found], [other for _one, other in found]
    if before == after or before is None or after is None or isinstance(before, Mapping | list) or isinstance(after, Mapping | list):
        return first, last
    return (ANOTHER, last) if last != after else (first, SENSITIVE)


def forms_of(secret: str) -> set[str]:
    """The forms in which a secret may appear: unchanged, in JSON, in a URL, in base64 at any position, and each long line separately."""
    found = {secret, secret.strip(), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    found |= {quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    if "\n" in secret:
        found |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= LONG_LINE and not line.startswith("-----")}
    return {form for form in found if len(form) >= SHORTEST} | _base64_forms(secret.encode()) | _base64_forms(secret.strip().encode())


def _base64_forms(secret: bytes) -> set[str]:
    """The part of its base64 encoding that is independent of surrounding bytes, for each of the three possible offsets."""
    found = set()
    for offset in range(3):
        code = base64.b64encode(b"\0" * offset + secret).decode().rstrip("=")
        start = (0, 2, 3)[offset]
        end = len(code) if (offset + len(secret)) % 3 == 0 else len(code) - 1
        found |= {code[start:end], code[start:end].replace("+", "-").replace("/", "_")}
    return {form for form in found if len(form) >= SHORTEST_CODE}


def _bounded(form: str) -> str:
    escaped = re.escape(form)
    return rf"(?<![A-Za-z0-9]){escaped}(?![A-Za-z0-9])" if len(form) < PLAIN and form.isalnum() else escaped


def packed(secrets: Collection[str]) -> str:
    """Secrets as the value of the ``sensitive_values`` option."""
    return base64.b64encode(json.dumps(sorted(secrets)).encode()).decode() if secrets else ""


def unpacked(value: Any) -> Texts:
    """The secrets in that option."""
    return Texts(json.loads(base64.b64decode(value))) if value else Texts()
