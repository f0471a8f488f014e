"""What moto lacks or does differently from AWS, one file per kind of resource."""
