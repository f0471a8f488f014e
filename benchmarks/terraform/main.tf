# The networks of one component, the clusters of another and the databases of a third, as the roles vpc, eks and rds of this collection build
# them, written the way that suits Terraform best. See README.md.

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

variable "clusters" {
  description = "EKS clusters by name, and the network of each."
  type = map(object({
    version            = string
    network            = string
    addons             = set(string)
    fargate_namespaces = set(string)
    node_groups        = map(object({ instance_types = list(string), min_size = number, max_size = number }))
    service_accounts   = map(object({ namespace = string, service_account = string }))
  }))
  default = {}
}

variable "cluster_component" {
  type    = string
  default = "cluster"
}

variable "before_nodes" {
  description = "Add-ons that nodes need to become ready."
  type        = set(string)
  default     = []
}

variable "databases" {
  description = "RDS for PostgreSQL instances by name."
  type = map(object({
    version             = string
    class               = string
    size                = number
    limit               = number
    retention_days      = number
    monitoring_interval = number
    log_exports         = set(string)
    log_retention_days  = number
    parameters          = map(object({ value = string, static = bool }))
  }))
  default = {}
}

variable "database_component" {
  type    = string
  default = "database"
}

variable "database_network" {
  description = "The network that the databases are in."
  type        = string
  default     = ""
}

variable "database_passwords" {
  description = "The master's password of each database, by name."
  type        = map(string)
  default     = {}
  sensitive   = true
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
    eks            = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    rds            = var.endpoint
    secretsmanager = var.endpoint
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

module "cluster" {
  source   = "./cluster"
  for_each = var.clusters

  name                            = each.key
  kubernetes_version              = each.value.version
  environment                     = var.environment
  component                       = var.cluster_component
  region                          = var.region
  account_id                      = data.aws_caller_identity.current.account_id
  subnet_ids                      = [for name, id in module.network[each.value.network].subnet_ids : id if substr(name, 0, 8) == "private-"]
  control_plane_security_group_id = module.network[each.value.network].security_group_ids.control_plane
  node_security_group_id          = module.network[each.value.network].security_group_ids.nodes
  addons                          = each.value.addons
  before_nodes                    = var.before_nodes
  node_groups                     = each.value.node_groups
  fargate_namespaces              = each.value.fargate_namespaces
  service_accounts                = each.value.service_accounts
}

module "databases" {
  source = "./database"
  count  = length(var.databases) > 0 ? 1 : 0

  databases         = var.databases
  passwords         = var.database_passwords
  environment       = var.environment
  component         = var.database_component
  region            = var.region
  account_id        = data.aws_caller_identity.current.account_id
  subnet_ids        = [for name, id in module.network[var.database_network].subnet_ids : id if substr(name, 0, 9) == "database-"]
  security_group_id = module.network[var.database_network].security_group_ids.database
}

output "networks" {
  value = module.network
}
