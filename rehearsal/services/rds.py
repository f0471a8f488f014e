"""RDS: what is called a test takes a database down, and getting a log is a download."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("rds", changes=frozenset({"TestFailover"}), reads=frozenset({"DownloadDBLogFilePortion"}))
