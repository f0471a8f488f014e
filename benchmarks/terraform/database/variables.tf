variable "databases" {
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
}

variable "passwords" {
  description = "The master's password of each instance, by name."
  type        = map(string)
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

variable "account_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  type = string
}

locals {
  path   = "/mainstay/${var.environment}/${var.component}/"
  family = "postgres17"
  aws    = { for name in keys(var.databases) : name => "${var.environment}-${name}" }

  logs = merge([
    for name, database in var.databases : {
      for log in database.log_exports : "${name}/${log}" => { database = name, log = log, days = database.log_retention_days }
    }
  ]...)
}
