"""Declarations of each service: one file, one `SERVICE`; `declarations.py` documents the fields and finds the files."""
