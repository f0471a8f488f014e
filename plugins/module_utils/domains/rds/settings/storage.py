# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The storage of an instance: its type, its size, and how far it may grow."""

from __future__ import annotations

from dataclasses import dataclass

from ....inputs.reader import Reader
from ....inputs.values import as_integer

TYPES = ("gp3", "io2", "io1", "gp2")
"""gp2 and io1 are accepted for instances that exist; both can be changed to gp3 or io2 in place."""

PROVISIONED = ("io1", "io2")
"""The types whose IOPS have to be given."""

GP3_THRESHOLD = 400
"""GiB from which the IOPS and the throughput of gp3 can be chosen for PostgreSQL. Below it, RDS gives 3000 and 125 and refuses a call that
names either, even if it names those (RDS User Guide, "Amazon RDS DB instance storage")."""

SMALLEST, LARGEST = 20, 65536
"""GiB: the least and the most that any class offers. What the class in use offers is asked of AWS."""

LEAST_GROWTH, ADVISED_GROWTH = 1.10, 1.26
"""The storage limit as a multiple of the size: the least that RDS accepts, and the least with which autoscaling has room for one step
(RDS User Guide, "Managing capacity automatically with storage autoscaling")."""

LEAST_STEP = 5
"""GiB: the least by which autoscaling grows storage, unless 10 % are more (same page)."""

NO_LIMIT = "none"


@dataclass(frozen=True)
class Storage:
    """Sizes are in GiB, ``throughput`` is in MiB/s. ``autoscale_to`` is None if the storage does not grow by itself."""

    size: int = 20
    type: str = "gp3"
    iops: int | None = None
    throughput: int | None = None
    autoscale_to: int | None = None

    @property
    def tunable(self) -> bool:
        """Whether IOPS may be sent at all."""
        return self.type in PROVISIONED or (self.type == "gp3" and self.size >= GP3_THRESHOLD)


def read_storage(reader: Reader) -> Storage:
    """The storage of an instance. It grows to twice its size unless the user says otherwise: an instance whose storage is full stops."""
    size = read_size(reader)
    kind = reader.choice("type", TYPES, "gp3")
    storage = Storage(
        size=size,
        type=kind,
        iops=reader.integer("iops", 0, 1000, 256000) or None,
        throughput=reader.integer("throughput", 0, 125, 16000) or None,
        autoscale_to=read_limit(reader, size, min(2 * size, LARGEST)),
    )
    check_performance(storage, reader)
    reader.finish()
    return storage


def read_size(reader: Reader) -> int:
    if reader.given.get("size") is None:
        reader.take("size")
        reader.problems.missing(reader.at("size"), f"give the size in GiB, from {SMALLEST} to {LARGEST}")
        return SMALLEST
    return reader.integer("size", SMALLEST, SMALLEST, LARGEST)


def read_limit(reader: Reader, size: int, default: int | None) -> int | None:
    """The storage limit of autoscaling: at least 110 % of the size, because RDS refuses less."""
    value = reader.take("autoscale_to")
    if value is None:
        return default
    if value == NO_LIMIT:
        return None
    least = least_limit(size)
    number = as_integer(value)
    if number is not None and least <= number <= LARGEST:
        return number
    remedy = f"it must be {NO_LIMIT}, or a number of GiB from {least} (110 % of the size of {size}) to {LARGEST}"
    reader.problems.add(reader.at("autoscale_to"), value, remedy)
    return default


def least_limit(size: int) -> int:
    """The least storage limit that RDS accepts for a size, in GiB."""
    return -(-size * 110 // 100)


def least_grown(size: int) -> int:
    """The least size that storage of this size has after it has grown by itself, in GiB."""
    return max(size + LEAST_STEP, least_limit(size))


def check_performance(storage: Storage, reader: Reader) -> None:
    """IOPS and throughput only where RDS takes them."""
    given = {"iops": storage.iops, "throughput": storage.throughput}
    for key, value in given.items():
        if value is None:
            continue
        if storage.type == "gp2" or (key == "throughput" and storage.type != "gp3"):
            reader.problems.add(reader.at(key), value, f"storage of type {storage.type} has no {key} to choose; leave it out, or use gp3")
        elif storage.type == "gp3" and storage.size < GP3_THRESHOLD:
            remedy = (
                f"gp3 storage of less than {GP3_THRESHOLD} GiB always has 3000 IOPS and 125 MiB/s, and RDS refuses other values; leave it "
                f"out, or set size to at least {GP3_THRESHOLD}"
            )
            reader.problems.add(reader.at(key), value, remedy)
    if storage.type in PROVISIONED and storage.iops is None:
        reader.problems.missing(reader.at("iops"), f"storage of type {storage.type} is provisioned by IOPS; give their number")
