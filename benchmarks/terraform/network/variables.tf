variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "availability_zones" {
  type = list(string)
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

variable "log_key_arn" {
  type = string
}

variable "flow_log_role_arn" {
  type = string
}

variable "flow_log_role_policy" {
  type = string
}

locals {
  prefix = "${var.environment}-${var.component}-${var.name}"
  zones  = toset(var.availability_zones)

  # A subnet's block follows from its tier and the letter of its zone: the private tier has the lower half of the network in eight parts,
  # public and database have a sixteenth each, in eight parts again.
  areas = {
    public   = cidrsubnet(var.cidr, 4, 8)
    private  = cidrsubnet(var.cidr, 1, 0)
    database = cidrsubnet(var.cidr, 4, 9)
  }
  slot = { for zone in var.availability_zones : zone => index(["a", "b", "c", "d", "e", "f", "g", "h"], substr(zone, -1, 1)) }

  subnets = merge([
    for tier, area in local.areas : {
      for zone in var.availability_zones : "${tier}-${zone}" => { tier = tier, zone = zone, cidr = cidrsubnet(area, 3, local.slot[zone]) }
    }
  ]...)

  subnet_tags = {
    public   = { "kubernetes.io/role/elb" = "1" }
    private  = { "kubernetes.io/role/internal-elb" = "1" }
    database = {}
  }
}
