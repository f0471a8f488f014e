# The networks of one component, as the role vpc of this collection builds them, written the way that suits Terraform best. See README.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "provider.invalid/hashicorp/aws"
      version = ">= 3.39.0"
    }
  }
}

variable "networks" {
  description = "Block and availability zones of each network, by name."
  type = map(object({
    cidr               = string
    availability_zones = list(string)
  }))
}

variable "environment" {
  type = string
}

variable "component" {
  type = string
}

variable "region" {
  type = string
}

variable "endpoint" {
  description = "URL of the rehearsal cloud."
  type        = string
}

provider "aws" {
  region                      = var.region
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true

  endpoints {
    cloudwatchlogs = var.endpoint
    ec2            = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    sts            = var.endpoint
  }

  default_tags {
    tags = {
      platform    = "benchmark"
      environment = var.environment
      component   = var.component
    }
  }
}

data "aws_caller_identity" "current" {}

locals {
  whose  = "${var.environment}-${var.component}"
  groups = "arn:aws:logs:${var.region}:${data.aws_caller_identity.current.account_id}:log-group:/mainstay/${var.environment}/${var.component}/*"
}

module "network" {
  source   = "./network"
  for_each = var.networks

  name                 = each.key
  cidr                 = each.value.cidr
  availability_zones   = each.value.availability_zones
  environment          = var.environment
  component            = var.component
  region               = var.region
  log_key_arn          = aws_kms_key.logs.arn
  flow_log_role_arn    = aws_iam_role.flow_logs.arn
  flow_log_role_policy = aws_iam_role_policy.flow_logs.id
}

output "networks" {
  value = module.network
}
