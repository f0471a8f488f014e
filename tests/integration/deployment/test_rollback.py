"""Going back on request, on a real control plane."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.registry import Registry
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.rollback import Rollback, RollbackWish
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.wish import Outcome

from .support import Application
from .test_transaction import messages, shop, succeeded


@dataclass(frozen=True)
class Gone(Registry):
    """A registry without some images, which writes down what it protects."""

    images: tuple[str, ...] = ()
    kept: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)

    def gone(self, images: Sequence[str]) -> Sequence[str]:
        return [one for one in images if one in self.images]

    def keep(self, images: Sequence[str]) -> Sequence[str]:
        self.kept.extend(images)
        return ()

    def release(self, images: Sequence[str]) -> Sequence[str]:
        self.released.extend(images)
        return ("not permitted",)


def rollback(app: Application, to: str = "previous", keep: int = 10, **more: Any) -> Rollback:
    made = app.transaction(*shop(app))
    wish = RollbackWish(to, verification=dict(made.wish.verification), by="the test", keep=keep)
    return Rollback(made.cluster, wish, made.verifier, made.say, made.holding, **more)


def go_back(app: Application, to: str = "previous", **more: Any) -> Outcome:
    return rollback(app, to, **more).run()


def test_back_to_the_last_verified_release_and_forward_again(app: Application) -> None:
    succeeded(app.deploy(*shop(app, replicas=1), version="1"))
    worker = app.deployment("worker")
    succeeded(app.deploy(*shop(app, "api:2", replicas=1), worker, migration=app.job(), version="2"))
    app.kubectl("scale", "deployment/api", "--replicas=2")
    plan = rollback(app)
    target, _left = plan.plan()
    assert target.version == "1"
    assert plan.outcome.plan is not None
    verbs = {address.rpartition("/")[2]: action.verb for address, action in plan.outcome.plan.actions.items()}
    assert (verbs["api"], verbs["worker"]) == ("update", "delete")
    outcome = succeeded(go_back(app))
    assert app.image() == "api:1"
    assert app.get("deployments", "api")["spec"]["replicas"] == 2
    assert app.names("deployments") == ["api"]
    assert app.releases == [(3, "1", "verified"), (2, "2", "rolled_back"), (1, "1", "verified")]
    assert any("migration" in one for one in outcome.not_undone)
    assert "no verified release before the current one" in go_back(app).reason
    succeeded(app.deploy(*shop(app, "api:3"), version="3"))
    assert app.managers("deployments", "api") == [("mainstay", "Apply")]


def test_what_cannot_be_restored_is_refused_before_the_first_change(app: Application) -> None:
    assert "no verified release before the current one to return to" in go_back(app).reason
    secret = app.secret(key="s3cret-value")
    succeeded(app.deploy(*shop(app, secret="session"), secret, version="1"))
    succeeded(app.deploy(*shop(app, "api:2", secret="session"), secret, version="2"))
    found = go_back(app, registry=Gone(("api:1",)))
    assert "image api:1 no longer exist" in messages(found)
    app.kubectl("delete", "secret", "session")
    assert f"Secret {app.namespace}/session no longer exist" in messages(go_back(app))
    assert app.image() == "api:2"
    warned = app.deploy(*shop(app, "api:3"), version="3")
    assert any("could not be restored if this one fails" in one for one in warned.warnings)
    refused = app.deploy(*shop(app, "api:4"), version="4", way_back="refuse", registry=Gone(("api:1", "api:3")))
    assert "could not be restored" in messages(refused)


def test_an_object_that_somebody_made_again_is_not_touched(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))
    succeeded(app.deploy(*shop(app, "api:2"), version="2"))
    app.kubectl("delete", "deployment", "api")
    app.kubectl("create", "deployment", "api", "--image=other:1")
    found = go_back(app)
    assert "was deleted and made again by someone else" in found.reason
    assert app.image() == "other:1"


def test_images_are_protected_as_long_as_a_record_has_them(app: Application) -> None:
    registry = Gone()
    for number in range(1, 4):
        objects = shop(app, f"api:{number}")
        outcome = succeeded(app.deploy(*objects, version=str(number), keep=2, registry=registry, verification={"settle": 0.0}))
    assert registry.kept == ["api:1", "api:2", "api:3"]
    assert registry.released == ["api:1"]
    assert outcome.warnings == ["the protection of an image could not be lifted: not permitted"]
    succeeded(app.deploy(*shop(app, "api:4"), version="4", registry=registry, verification={"settle": 0.0}))
    assert [number for number, _version, _status in app.releases] == [4, 3, 2]
    back = succeeded(go_back(app, "3", keep=2, registry=registry))
    assert [number for number, _version, _status in app.releases] == [5, 4, 3]
    assert registry.released == ["api:1", "api:2"]
    assert back.warnings == outcome.warnings


def test_values_are_generated_once(app: Application) -> None:
    secret = app.named("Secret", "session")
    secret["metadata"]["annotations"] = {"mainstay.aws/generate": '{"KEY": 48}'}
    plan = app.transaction(*shop(app), secret).plan(applying=False)
    changes = plan.actions[f"kubernetes_object.Secret/{app.namespace}/session"].changes
    assert [(one.property, one.after) for one in changes if one.property.startswith("data")] == [("data.KEY", "(sensitive)")]
    succeeded(app.deploy(*shop(app, secret="session"), secret, version="1", verification={"settle": 0.0}))
    made = app.get("secrets", "session")["data"]["KEY"]
    assert len(base64.b64decode(made)) == 48
    assert app.changes(*shop(app, secret="session"), secret, version="1") == []
    secret["metadata"]["annotations"] = {"mainstay.aws/generate": '{"KEY": 48, "OTHER": 16}'}
    succeeded(app.deploy(*shop(app, "api:2", secret="session"), secret, version="2", verification={"settle": 0.0}))
    assert app.get("secrets", "session")["data"]["KEY"] == made
    assert len(base64.b64decode(app.get("secrets", "session")["data"]["OTHER"])) == 16
