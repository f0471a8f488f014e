locals {
  everything = { protocol = "-1", from = 0, to = 0 }
  replies    = { protocol = "tcp", from = 1024, to = 65535 }

  from_outside = [
    { number = 200, protocol = "tcp", from = 1024, to = 3388, cidr = "0.0.0.0/0" },
    { number = 201, protocol = "tcp", from = 3390, to = 65535, cidr = "0.0.0.0/0" },
    { number = 210, protocol = "udp", from = 1024, to = 65535, cidr = "0.0.0.0/0" },
    { number = 220, protocol = "icmp", from = 0, to = 0, cidr = "0.0.0.0/0" },
  ]
  inside = merge(local.everything, { number = 100, cidr = var.cidr })
  out    = [merge(local.everything, { number = 100, cidr = "0.0.0.0/0" })]

  acls = {
    public = {
      ingress = concat([local.inside, { number = 110, protocol = "tcp", from = 443, to = 443, cidr = "0.0.0.0/0" }], local.from_outside)
      egress  = local.out
    }
    private = {
      ingress = concat([local.inside], local.from_outside)
      egress  = local.out
    }
    database = {
      ingress = [
        { number = 100, protocol = "tcp", from = 5432, to = 5432, cidr = local.areas.private },
        { number = 101, protocol = "tcp", from = 6379, to = 6379, cidr = local.areas.private },
        merge(local.replies, { number = 200, cidr = local.areas.database }),
      ]
      egress = [
        merge(local.replies, { number = 100, cidr = local.areas.private }),
        merge(local.replies, { number = 200, cidr = local.areas.database }),
      ]
    }
  }
}

resource "aws_network_acl" "this" {
  for_each = toset(["public", "private", "database"])

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for name, subnet in local.subnets : aws_subnet.this[name].id if subnet.tier == each.key]
  tags       = { Name = "${local.prefix}-${each.key}" }

  dynamic "ingress" {
    for_each = local.acls[each.key].ingress
    content {
      rule_no    = ingress.value.number
      action     = "allow"
      protocol   = ingress.value.protocol
      cidr_block = ingress.value.cidr
      from_port  = ingress.value.from
      to_port    = ingress.value.to
      icmp_type  = ingress.value.protocol == "icmp" ? 3 : null
      icmp_code  = ingress.value.protocol == "icmp" ? 4 : null
    }
  }

  dynamic "egress" {
    for_each = local.acls[each.key].egress
    content {
      rule_no    = egress.value.number
      action     = "allow"
      protocol   = egress.value.protocol
      cidr_block = egress.value.cidr
      from_port  = egress.value.from
      to_port    = egress.value.to
    }
  }
}
