terraform {
  required_providers {
    aws = {
      source = "provider.invalid/hashicorp/aws"
    }
  }
}
