"""Injects faults into selected calls of our runs and Terraform's, and counts what remains afterward. See docs/reliability.md."""
