"""Tests of the PostgreSQL servers behind DB instances."""
