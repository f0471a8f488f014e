# Alarms with an encrypted topic that they lead to, as the role observability of this collection builds them. A configuration of its own: see README.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "provider.invalid/hashicorp/aws"
      version = ">= 3.39.0"
    }
  }
}

variable "alarms" {
  description = "Names of the metrics; an alarm's name begins with the environment."
  type        = list(string)
}

variable "namespace" {
  type = string
}

variable "periods" {
  description = "Evaluation periods of each alarm."
  type        = number
}

variable "receiver" {
  type = string
}

variable "key" {
  type = object({ alias = string, description = string, policy = string })
}

variable "topics" {
  description = "By severity."
  type        = map(object({ name = string, display_name = string, policy = string }))
}

variable "severity" {
  description = "That of all alarms; its topic has the receiver."
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

  endpoints {
    cloudwatch = var.endpoint
    ec2        = var.endpoint
    iam        = var.endpoint
    kms        = var.endpoint
    sns        = var.endpoint
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

resource "aws_kms_key" "this" {
  description         = var.key.description
  policy              = var.key.policy
  enable_key_rotation = true
}

resource "aws_kms_alias" "this" {
  name          = var.key.alias
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_sns_topic" "this" {
  for_each = var.topics

  name              = each.value.name
  display_name      = each.value.display_name
  kms_master_key_id = aws_kms_key.this.arn
  policy            = each.value.policy
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn = aws_sns_topic.this[var.severity].arn
  protocol  = "email"
  endpoint  = var.receiver
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = toset(var.alarms)

  alarm_name          = "${var.environment}-${each.value}"
  namespace           = var.namespace
  metric_name         = each.value
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = var.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  alarm_actions       = [aws_sns_topic.this[var.severity].arn]
  ok_actions          = [aws_sns_topic.this[var.severity].arn]
}
