"""Measures this collection against Terraform on the rehearsal cloud. See README.md."""
