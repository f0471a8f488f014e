"""ElastiCache: an operation named "test" takes a cache down."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("elasticache", changes=frozenset({"TestFailover", "TestMigration"}))
