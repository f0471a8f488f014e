"""What each call is authorized for: its actions, their resources, and their condition context. Each service has its own
`*_authorizations.py`.

Those files, in `extensions/`, follow AWS's Service Authorization Reference: which parameters of a call name the resources it is checked
against, what the call creates, and which permissions it needs in addition to its own action. They are deliberately independent of the
collection's own tables, so that each exposes mistakes in the other. A call of a service without such a file, or missing from its file's
tables, is checked for its action on "*" alone. A caller restricted to specific resources therefore cannot make it.
"""

from __future__ import annotations

from rehearsal import registry
from rehearsal.asking import ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call


def asks(call: Call) -> list[Ask]:
    """Every check for a call; all of them must pass."""
    authorizer = registry.authorizer(call.service)
    return list(authorizer(call)) if authorizer else [ask(call, "*")]
