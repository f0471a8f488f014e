"""Features that moto lacks or implements differently from AWS, one file per kind of resource."""
