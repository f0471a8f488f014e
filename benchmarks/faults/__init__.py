"""Breaks runs on purpose, ours and Terraform's, at chosen calls, and counts what is left behind. See docs/reliability.md."""
