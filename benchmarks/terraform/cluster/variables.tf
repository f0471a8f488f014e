variable "name" {
  description = "The cluster's key; in AWS it is called <environment>-<name>."
  type        = string
}

variable "kubernetes_version" {
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

variable "account_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "control_plane_security_group_id" {
  type = string
}

variable "node_security_group_id" {
  type = string
}

variable "addons" {
  description = "Those in before_nodes come before the node groups, all others after them. Each in the version that AWS takes by itself."
  type        = set(string)
}

variable "before_nodes" {
  type = set(string)
}

variable "node_groups" {
  type = map(object({
    instance_types = list(string)
    min_size       = number
    max_size       = number
  }))
}

variable "fargate_namespaces" {
  description = "A profile for each, called like the namespace."
  type        = set(string)
}

variable "service_accounts" {
  description = "A role by the cluster's OIDC provider for each: namespace and service account by name."
  type        = map(object({ namespace = string, service_account = string }))
}

locals {
  aws_name = "${var.environment}-${var.name}"
  prefix   = "${var.environment}.${var.component}.${var.name}"
  groups   = "arn:aws:logs:${var.region}:${var.account_id}:log-group:/aws/eks/${local.aws_name}"
}
