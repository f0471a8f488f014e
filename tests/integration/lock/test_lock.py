# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The run lock: one run proceeds, the others learn who holds the lock, and a run that has lost it changes nothing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.component import lock
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import Locked, Lost, held
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock_entries import Entry, Holder, Mode, this_process
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import OutOfResources
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Stopped, SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor

CALLER = "arn:aws:iam::111122223333:user/anna"
FOREIGN = Holder("run-2", "ben on runner (process 7, as arn:aws:iam::111122223333:role/ci)", "another machine", 7, "1")
DEAD = Holder("run-3", "carla on laptop", this_process("", "").place, 2**22, "1")
FOLDER = "/mainstay/locks/prod/"


@pytest.fixture(scope="module")
def started(cloud_for: CloudFor) -> Cloud:
    return cloud_for()


@pytest.fixture
def cloud(started: Cloud) -> Cloud:
    started.admin.reset()
    return started


def connection(cloud: Cloud, component: str = "network") -> Aws:
    return Aws(lambda service: watch(cloud.client(service)), Owner("prod", component))


def take(aws: Aws, mode: Mode = "shared", wait: float = 0.0, clock: SystemClock | None = None, settle: float = 0.2) -> Any:
    return held(aws, mode, CALLER, clock or SystemClock(), wait, silent, settle)


def write(cloud: Cloud, holder: Holder, component: str = "network", number: int = 1, mode: Mode = "shared") -> None:
    entry = Entry(component, number, holder, mode)
    cloud.client("ssm").put_parameter(Name=f"{FOLDER}{component}/{number}", Value=entry.value, Type="String")


def names(cloud: Cloud) -> list[str]:
    found = cloud.client("ssm").get_parameters_by_path(Path=FOLDER, Recursive=True)["Parameters"]
    return sorted(parameter["Name"].removeprefix(FOLDER) for parameter in found)


def test_it_leaves_nothing_behind(cloud: Cloud) -> None:
    with take(connection(cloud)):
        assert names(cloud) == ["network/1"]
    assert names(cloud) == []


def test_the_second_run_is_told_who_holds_the_lock(cloud: Cloud) -> None:
    write(cloud, FOREIGN, number=4)
    with pytest.raises(Locked) as caught, take(connection(cloud)):
        pass
    assert "component network of environment prod is being changed by ben on runner (process 7" in caught.value.message
    assert "Nothing was changed" in caught.value.message
    assert names(cloud) == ["network/4"]


@pytest.mark.parametrize(
    ("component", "theirs", "ours", "refused"),
    [
        ("db", "shared", "shared", False),
        ("db", "exclusive", "shared", True),
        ("db", "shared", "exclusive", True),
        ("db", "exclusive", "exclusive", True),
    ],
)
def test_components_run_side_by_side_unless_one_of_them_is_destroyed(
    cloud: Cloud, component: str, theirs: Mode, ours: Mode, refused: bool
) -> None:
    write(cloud, FOREIGN, component, mode=theirs)
    if refused:
        with pytest.raises(Locked, match="component db of environment prod is being"), take(connection(cloud), ours):
            pass
    else:
        with take(connection(cloud), ours):
            assert names(cloud) == ["db/1", "network/1"]
    assert names(cloud) == ["db/1"]


def test_what_a_dead_process_of_this_machine_held_is_taken_over(cloud: Cloud) -> None:
    write(cloud, DEAD, number=3)
    with take(connection(cloud)):
        assert names(cloud) == ["network/4"]
    assert names(cloud) == []


def test_what_was_silent_for_too_long_is_taken_over(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    write(cloud, FOREIGN)
    monkeypatch.setattr(lock, "TIME_TO_LIVE", -1.0)
    with take(connection(cloud)):
        assert names(cloud) == ["network/2"]


def test_one_of_many_simultaneous_runs_gets_the_lock(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each acts as a separate process on a separate machine."""
    own = iter(range(1, 100))
    monkeypatch.setattr(lock, "this_process", lambda run, who: Holder("", who, f"machine {next(own)}", 1, "1"))
    barrier, done = threading.Barrier(8), threading.Event()

    def compete(_number: int) -> str:
        aws = connection(cloud)
        aws.client("ssm")
        barrier.wait()
        try:
            with take(aws):
                done.wait(20)
                return "held"
        except Locked:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(compete, number) for number in range(8)]
        while sum(future.done() for future in running) < 7:
            done.wait(0.05)
        done.set()
        assert sorted(future.result() for future in running) == ["held"] + ["refused"] * 7
    assert names(cloud) == []


def test_renewing_takes_the_next_number(cloud: Cloud) -> None:
    with take(connection(cloud)) as mine:
        mine.renew()
        mine.renew()
        assert names(cloud) == ["network/3"]
    assert names(cloud) == []


@pytest.mark.parametrize("what", ["taken over", "taken over and released"])
def test_who_lost_it_changes_nothing_more(cloud: Cloud, what: str) -> None:
    aws = connection(cloud)
    with take(aws) as mine:
        if what == "taken over":
            write(cloud, FOREIGN, number=2)
        else:
            cloud.client("ssm").delete_parameter(Name=f"{FOLDER}network/1")
        with pytest.raises(Lost) as lost:
            mine.renew()
        mine.lost = lost.value
        with pytest.raises(Lost, match="Nothing more will be changed"):
            aws.change("ec2", "create_vpc", CidrBlock="10.0.0.0/16")
    assert names(cloud) == (["network/1", "network/2"] if what == "taken over" else [])


def test_who_could_not_renew_in_time_renews_before_the_next_change(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = connection(cloud)
    with take(aws):
        monkeypatch.setattr(lock, "LAST_MOMENT", -1.0)
        aws.change("ec2", "create_vpc", CidrBlock="10.0.0.0/16")
        assert names(cloud) != ["network/1"]
    assert names(cloud) == []


@pytest.mark.parametrize("ended", [False, True])
def test_a_stopped_process_that_comes_back_sends_nothing_more(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, ended: bool) -> None:
    """Another run took over while it was stopped, and may have ended since."""
    aws = connection(cloud)
    with take(aws) as mine:
        write(cloud, FOREIGN, number=2)
        cloud.client("ssm").delete_parameter(Name=f"{FOLDER}network/1")
        if ended:
            cloud.client("ssm").delete_parameter(Name=f"{FOLDER}network/2")
        monkeypatch.setattr(lock, "LAST_MOMENT", -1.0)
        with pytest.raises(Lost):
            aws.change("ec2", "create_vpc", CidrBlock="10.0.0.0/16")
        assert mine.lost is not None
    assert names(cloud) == ([] if ended else ["network/2"])


def test_a_process_stopped_in_the_middle_of_a_renewal_notices_what_it_missed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    real = lock.create_entry

    def meanwhile(aws: Aws, entry: Entry) -> None:
        cloud.client("ssm").delete_parameter(Name=f"{FOLDER}network/1")  # by another run that has already ended
        real(aws, entry)

    with take(connection(cloud)) as mine:
        monkeypatch.setattr(lock, "create_entry", meanwhile)
        with pytest.raises(Lost, match="has ended"):
            mine.renew()
        mine.lost = Lost("seen")
    assert names(cloud) == []


def test_the_fence_is_the_last_thing_before_a_change_is_sent(cloud: Cloud) -> None:
    """The lock is lost while the request is being built: after the first check, before a byte is sent."""
    aws = connection(cloud)
    ec2 = cloud.client("ec2")
    with take(aws) as mine:

        def lose(**_request: Any) -> None:
            mine.lost = Lost("just now")

        ec2.meta.events.register("before-sign.ec2.CreateVpc", lose, unique_id="lose")
        try:
            with pytest.raises(Lost):
                aws.change("ec2", "create_vpc", CidrBlock="10.0.0.0/16")
        finally:
            ec2.meta.events.unregister("before-sign.ec2.CreateVpc", unique_id="lose")
    assert "CreateVpc" not in [request["operation"] for request in cloud.admin.requests()]


@pytest.mark.parametrize(
    ("silent", "settle", "left"),
    [(0.0, 30.0, 30.0), (60.0, 30.0, 30.0), (100.0, 30.0, 20.0), (120.0, 30.0, 0.0), (500.0, 30.0, 0.0), (0.0, 3.0, 3.0)],
)
def test_how_long_lists_may_not_show_what_a_dead_run_created(silent: float, settle: float, left: float) -> None:
    assert lock.time_to_settle(silent, settle) == left


def test_after_a_dead_run_the_next_one_waits_for_lists(cloud: Cloud) -> None:
    write(cloud, DEAD, number=3)
    began = time.monotonic()
    with take(connection(cloud), settle=0.7):
        assert time.monotonic() - began >= 0.7
        assert names(cloud) == ["network/4"]
    assert names(cloud) == []


def test_who_is_stopped_while_it_waits_for_lists_leaves_the_dead_entry_to_the_next_run(cloud: Cloud) -> None:
    write(cloud, DEAD, number=3)
    clock = SystemClock()
    clock.stop()
    with pytest.raises(Stopped), take(connection(cloud), settle=30.0, clock=clock):
        pass
    assert names(cloud) == ["network/3"]


def test_what_lists_may_not_show_is_left_to_the_next_run_to_wait_for(cloud: Cloud) -> None:
    with take(connection(cloud)) as mine:
        mine.unlisted = True
    assert names(cloud) == ["network/2"]
    with pytest.MonkeyPatch.context() as patch:  # as if from another machine, where the process is unknown
        patch.setattr(lock, "this_process", lambda run, who: FOREIGN)
        began = time.monotonic()
        with take(connection(cloud), settle=2.5):
            assert time.monotonic() - began >= 0.5
    assert names(cloud) == []


def test_an_entry_that_lists_do_not_show_is_found_by_its_name(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    write(cloud, FOREIGN)
    monkeypatch.setattr(lock, "read_entries", lambda _aws: [])
    with pytest.raises(Locked, match="by ben on runner"), take(connection(cloud)):
        pass


def test_a_lock_is_given_back_even_where_no_thread_can_be_started(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(OutOfResources), take(connection(cloud)):
        pass
    monkeypatch.undo()
    assert names(cloud) == []


def test_losing_it_stops_the_clock(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "RENEW_EVERY", 0.05)
    stopped = threading.Event()
    clock = SystemClock()
    clock.on_stop(stopped.set)
    with take(connection(cloud), clock=clock) as mine:
        write(cloud, FOREIGN, number=10**6)
        assert stopped.wait(20)
        assert mine.lost is not None


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "truncate"])
@pytest.mark.parametrize("operation", ["PutParameter", "DeleteParameter"])
def test_lost_replies_do_no_harm(cloud: Cloud, operation: str, fault: str) -> None:
    cloud.admin.fault("ssm", operation, fault=fault)
    with take(connection(cloud)) as mine:
        mine.renew()
        assert names(cloud) == ["network/2"]
    assert names(cloud) == []


def test_waiting_for_the_holder(cloud: Cloud) -> None:
    write(cloud, FOREIGN)
    seen: list[str] = []

    def listen(_address: str, doing: str, _seconds: float) -> None:
        if not seen:
            cloud.client("ssm").delete_parameter(Name=f"{FOLDER}network/1")
        seen.append(doing)

    with held(connection(cloud), "shared", CALLER, SystemClock(), 20.0, listen):
        assert "is being changed by ben" in seen[0]
