# Rules stand inside their group, which costs Terraform one resource and one call for all of them, wherever that is possible. Groups that
# name each other would be a cycle; there the rules of one side are resources of their own. No group has both.

locals {
  kubelet  = 10250
  webhooks = { for port in [443, 4443, 8443, 9443, 10251] : port => "Webhooks and aggregated APIs" }
  to_nodes = merge(local.webhooks, { (local.kubelet) = "Kubelets" })

  between_nodes = [
    { protocol = "udp", port = 53, description = "Cluster DNS between nodes" },
    { protocol = "tcp", port = 53, description = "Cluster DNS between nodes" },
    { protocol = "tcp", port = local.kubelet, description = "Kubelets, for metrics-server" },
  ]
}

resource "aws_security_group" "load_balancer" {
  name        = "${local.prefix}-load-balancer"
  description = "Load balancers: clients in, the application on the nodes out"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${local.prefix}-load-balancer" }
}

resource "aws_security_group" "control_plane" {
  name        = "${local.prefix}-control-plane"
  description = "EKS control plane: the API for nodes, kubelets and webhooks on them"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${local.prefix}-control-plane" }
}

resource "aws_security_group" "database" {
  name        = "${local.prefix}-database"
  description = "Databases: reached from the nodes only"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${local.prefix}-database" }
}

resource "aws_security_group" "cache" {
  name        = "${local.prefix}-cache"
  description = "Caches: reached from the nodes only"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${local.prefix}-cache" }
}

resource "aws_security_group" "endpoints" {
  name        = "${local.prefix}-endpoints"
  description = "Interface endpoints: HTTPS from inside the network"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${local.prefix}-endpoints" }

  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = [var.cidr]
    description = "AWS APIs for the network"
  }
}

resource "aws_security_group" "nodes" {
  name        = "${local.prefix}-nodes"
  description = "EKS nodes and their pods"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${local.prefix}-nodes" }

  ingress {
    protocol        = "tcp"
    from_port       = 8080
    to_port         = 8080
    security_groups = [aws_security_group.load_balancer.id]
    description     = "Application for load balancers"
  }

  dynamic "ingress" {
    for_each = local.to_nodes
    content {
      protocol        = "tcp"
      from_port       = ingress.key
      to_port         = ingress.key
      security_groups = [aws_security_group.control_plane.id]
      description     = ingress.value
    }
  }

  dynamic "ingress" {
    for_each = local.between_nodes
    content {
      protocol    = ingress.value.protocol
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      self        = true
      description = ingress.value.description
    }
  }

  dynamic "egress" {
    for_each = local.between_nodes
    content {
      protocol    = egress.value.protocol
      from_port   = egress.value.port
      to_port     = egress.value.port
      self        = true
      description = egress.value.description
    }
  }

  dynamic "egress" {
    for_each = {
      "Kubernetes API"      = { port = 443, group = aws_security_group.control_plane.id }
      "Interface endpoints" = { port = 443, group = aws_security_group.endpoints.id }
      "Databases"           = { port = 5432, group = aws_security_group.database.id }
      "Caches"              = { port = 6379, group = aws_security_group.cache.id }
    }
    content {
      protocol        = "tcp"
      from_port       = egress.value.port
      to_port         = egress.value.port
      security_groups = [egress.value.group]
      description     = egress.key
    }
  }

  dynamic "egress" {
    for_each = [
      { protocol = "tcp", port = 443, cidr = "0.0.0.0/0", description = "AWS APIs and image registries" },
      { protocol = "udp", port = 53, cidr = var.cidr, description = "Resolver of the VPC" },
      { protocol = "tcp", port = 53, cidr = var.cidr, description = "Resolver of the VPC" },
      { protocol = "udp", port = 123, cidr = "169.254.169.123/32", description = "Amazon Time Sync" },
    ]
    content {
      protocol    = egress.value.protocol
      from_port   = egress.value.port
      to_port     = egress.value.port
      cidr_blocks = [egress.value.cidr]
      description = egress.value.description
    }
  }
}

resource "aws_security_group_rule" "load_balancer_from_clients" {
  security_group_id = aws_security_group.load_balancer.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = ["0.0.0.0/0"]
  description       = "Clients"
}

resource "aws_security_group_rule" "load_balancer_to_nodes" {
  security_group_id        = aws_security_group.load_balancer.id
  type                     = "egress"
  protocol                 = "tcp"
  from_port                = 8080
  to_port                  = 8080
  source_security_group_id = aws_security_group.nodes.id
  description              = "Application on the nodes"
}

resource "aws_security_group_rule" "from_nodes" {
  for_each = {
    control_plane = { group = aws_security_group.control_plane.id, port = 443, description = "Kubernetes API for the nodes" }
    database      = { group = aws_security_group.database.id, port = 5432, description = "PostgreSQL from the nodes" }
    cache         = { group = aws_security_group.cache.id, port = 6379, description = "Redis from the nodes" }
  }

  security_group_id        = each.value.group
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = each.value.port
  to_port                  = each.value.port
  source_security_group_id = aws_security_group.nodes.id
  description              = each.value.description
}

resource "aws_security_group_rule" "control_plane_to_nodes" {
  for_each = local.to_nodes

  security_group_id        = aws_security_group.control_plane.id
  type                     = "egress"
  protocol                 = "tcp"
  from_port                = each.key
  to_port                  = each.key
  source_security_group_id = aws_security_group.nodes.id
  description              = each.value
}
