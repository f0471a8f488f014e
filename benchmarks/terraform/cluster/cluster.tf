resource "aws_eks_cluster" "this" {
  name                      = local.aws_name
  version                   = var.kubernetes_version
  role_arn                  = aws_iam_role.cluster.arn
  enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  vpc_config {
    subnet_ids              = var.subnet_ids
    security_group_ids      = [var.control_plane_security_group_id]
    endpoint_private_access = true
    endpoint_public_access  = false
  }

  encryption_config {
    resources = ["secrets"]
    provider {
      key_arn = aws_kms_key.secrets.arn
    }
  }

  depends_on = [
    aws_cloudwatch_log_group.cluster,
    aws_iam_role_policy.cluster,
    aws_iam_role_policy_attachment.service["AmazonEKSClusterPolicy"],
  ]
}

resource "aws_iam_openid_connect_provider" "this" {
  url             = aws_eks_cluster.this.identity[0].oidc[0].issuer
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
}

resource "aws_eks_addon" "before_nodes" {
  for_each                 = setintersection(var.addons, var.before_nodes)
  cluster_name             = aws_eks_cluster.this.name
  addon_name               = each.key
  resolve_conflicts        = "OVERWRITE"
  service_account_role_arn = each.key == "vpc-cni" ? aws_iam_role.service_account["addon-vpc-cni"].arn : null
  depends_on               = [aws_iam_role_policy_attachment.service_account]
}

resource "aws_eks_addon" "after_nodes" {
  for_each          = setsubtract(var.addons, var.before_nodes)
  cluster_name      = aws_eks_cluster.this.name
  addon_name        = each.key
  resolve_conflicts = "OVERWRITE"
  depends_on        = [aws_eks_node_group.this]
}

resource "aws_launch_template" "this" {
  for_each               = var.node_groups
  name                   = "${local.aws_name}-${each.key}"
  vpc_security_group_ids = [var.node_security_group_id, aws_eks_cluster.this.vpc_config[0].cluster_security_group_id]

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      delete_on_termination = true
      encrypted             = true
      volume_type           = "gp3"
      volume_size           = 50
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }

  monitoring {
    enabled = true
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume"]
    content {
      resource_type = tag_specifications.value
      tags          = { Name = "${local.aws_name}-${each.key}", platform = "benchmark" }
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each        = var.node_groups
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.nodes.arn
  subnet_ids      = var.subnet_ids
  instance_types  = each.value.instance_types
  capacity_type   = "ON_DEMAND"
  version         = var.kubernetes_version

  scaling_config {
    min_size     = each.value.min_size
    max_size     = each.value.max_size
    desired_size = each.value.min_size
  }

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }

  lifecycle {
    ignore_changes = [scaling_config[0].desired_size]
  }

  depends_on = [aws_eks_addon.before_nodes, aws_iam_role_policy_attachment.service]
}

resource "aws_eks_fargate_profile" "this" {
  for_each               = var.fargate_namespaces
  cluster_name           = aws_eks_cluster.this.name
  fargate_profile_name   = each.key
  pod_execution_role_arn = aws_iam_role.fargate.arn
  subnet_ids             = var.subnet_ids

  selector {
    namespace = each.key
  }

  depends_on = [aws_cloudwatch_log_group.fargate, aws_iam_role_policy.fargate]
}
