"""What a call is checked for: actions, on which resources, with what in their context. Each service's is in its own `*_authorizations.py`.

Those files, in `extensions/`, follow AWS's Service Authorization Reference: which of a call's parameters name resources that it is checked
against, what it makes, and what it needs beside its own action. They are written apart from the collection's own tables on purpose: each
finds the mistakes of the other. A call of a service without such a file, or that is in no table of its file, is checked for its action on
"*" alone, so whoever is confined to resources may not make it.
"""

from __future__ import annotations

from rehearsal import registry
from rehearsal.asking import ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call


def asks(call: Call) -> list[Ask]:
    """Everything that a call is checked for; all of it must be allowed."""
    authorizer = registry.authorizer(call.service)
    return list(authorizer(call)) if authorizer else [ask(call, "*")]
