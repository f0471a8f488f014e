"""RDS: an operation named "test" takes a database down, and log retrieval is named a download."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("rds", changes=frozenset({"TestFailover"}), reads=frozenset({"DownloadDBLogFilePortion"}))
