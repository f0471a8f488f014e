# Buckets with all their settings and one for their logs, as the role s3_cdn of this collection builds them. A configuration of its own: see README.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "provider.invalid/hashicorp/aws"
      version = ">= 3.39.0"
    }
  }
}

variable "buckets" {
  type = map(object({ name = string, policy = string }))
}

variable "logs" {
  type = object({ name = string, policy = string })
}

variable "site" {
  description = "The origin that may read from browsers."
  type        = string
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
  s3_force_path_style         = true

  endpoints {
    s3  = var.endpoint
    sts = var.endpoint
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
  all = merge({ for key, bucket in aws_s3_bucket.this : key => bucket.id }, { logs = aws_s3_bucket.logs.id })
}

resource "aws_s3_bucket" "logs" {
  bucket = var.logs.name

  versioning {
    enabled = true
  }

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "AES256"
      }
    }
  }

  lifecycle_rule {
    id                                     = "mainstay-housekeeping"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7

    noncurrent_version_expiration {
      days = 90
    }

    expiration {
      expired_object_delete_marker = true
    }
  }
}

resource "aws_s3_bucket" "this" {
  for_each = var.buckets

  bucket = each.value.name

  versioning {
    enabled = true
  }

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "AES256"
      }
    }
  }

  logging {
    target_bucket = aws_s3_bucket.logs.id
    target_prefix = "s3/${each.key}/"
  }

  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = [var.site]
  }

  lifecycle_rule {
    id                                     = "mainstay-housekeeping"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7

    noncurrent_version_expiration {
      days = 90
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  lifecycle_rule {
    id      = "archive"
    enabled = true
    prefix  = "courses/"

    transition {
      days          = 30
      storage_class = "STANDARD_IA"
    }

    transition {
      days          = 180
      storage_class = "GLACIER"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.all

  bucket                  = each.value
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.all

  bucket = aws_s3_bucket_public_access_block.this[each.key].bucket

  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.all

  bucket = aws_s3_bucket_ownership_controls.this[each.key].bucket
  policy = each.key == "logs" ? var.logs.policy : var.buckets[each.key].policy
}
