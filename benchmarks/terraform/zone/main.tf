# A hosted zone with its records, as the role dns of this collection builds it. A configuration of its own: see README.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "provider.invalid/hashicorp/aws"
      version = ">= 3.39.0"
    }
  }
}

variable "domain" {
  type = string
}

variable "records" {
  description = "Type and values of each record, by its name in the zone."
  type        = map(object({ type = string, values = list(string) }))
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
    ec2     = var.endpoint
    iam     = var.endpoint
    route53 = var.endpoint
    sts     = var.endpoint
  }

  default_tags {
    tags = {
      platform    = "benchmark"
      environment = var.environment
      component   = var.component
    }
  }
}

resource "aws_route53_zone" "this" {
  name    = var.domain
  comment = ""
}

resource "aws_route53_record" "this" {
  for_each = var.records

  zone_id = aws_route53_zone.this.zone_id
  name    = "${each.key}.${var.domain}"
  type    = each.value.type
  ttl     = 300
  records = each.value.values
}
