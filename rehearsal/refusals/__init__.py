"""What AWS refuses and moto accepts, one file per kind of resource."""
