# A distribution with many behaviors, as the role s3_cdn of this collection builds it. A configuration of its own: see README.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "provider.invalid/hashicorp/aws"
      version = ">= 3.39.0"
    }
  }
}

variable "paths" {
  description = "Of the behaviors, in their order."
  type        = list(string)
}

variable "origin" {
  type = string
}

variable "comment" {
  type = string
}

variable "cache_policy" {
  type = string
}

variable "origin_request_policy" {
  type = string
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
    cloudfront = var.endpoint
    sts        = var.endpoint
  }

  default_tags {
    tags = {
      platform    = "benchmark"
      environment = var.environment
      component   = var.component
    }
  }
}

locals {
  methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
}

resource "aws_cloudfront_distribution" "this" {
  comment         = var.comment
  enabled         = true
  http_version    = "http2"
  is_ipv6_enabled = true
  price_class     = "PriceClass_All"

  origin {
    origin_id   = "web"
    domain_name = var.origin

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id         = "web"
    allowed_methods          = local.methods
    cached_methods           = ["GET", "HEAD"]
    viewer_protocol_policy   = "redirect-to-https"
    compress                 = true
    cache_policy_id          = var.cache_policy
    origin_request_policy_id = var.origin_request_policy
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.paths

    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "web"
      allowed_methods          = local.methods
      cached_methods           = ["GET", "HEAD"]
      viewer_protocol_policy   = "redirect-to-https"
      compress                 = true
      cache_policy_id          = var.cache_policy
      origin_request_policy_id = var.origin_request_policy
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
