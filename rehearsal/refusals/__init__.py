"""Calls that AWS rejects and moto accepts, one file per kind of resource."""
