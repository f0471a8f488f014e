# The roles of the cluster, of its nodes, of Fargate, of the network add-on, and of service accounts.

locals {
  path = "/mainstay/${var.environment}/${var.component}/"

  managed = {
    AmazonEKSClusterPolicy                 = aws_iam_role.cluster.name
    AmazonEKSWorkerNodeMinimalPolicy       = aws_iam_role.nodes.name
    AmazonEC2ContainerRegistryPullOnly     = aws_iam_role.nodes.name
    AmazonEKSFargatePodExecutionRolePolicy = aws_iam_role.fargate.name
  }

  # The network add-on gets its rights by the OIDC provider: this provider knows no pod identities.
  accounts = merge(
    { "addon-vpc-cni" = { namespace = "kube-system", service_account = "aws-node", policy = "AmazonEKS_CNI_Policy" } },
    { for name, account in var.service_accounts : "irsa-${name}" => merge(account, { policy = "AmazonS3ReadOnlyAccess" }) },
  )
}

resource "aws_iam_role" "cluster" {
  name = "${local.prefix}.cluster"
  path = local.path

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "cluster" {
  name = "mainstay"
  role = aws_iam_role.cluster.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Secrets"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"]
      Resource = aws_kms_key.secrets.arn
    }]
  })
}

resource "aws_iam_role" "nodes" {
  name = "${local.prefix}.nodes"
  path = local.path

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role" "fargate" {
  name = "${local.prefix}.fargate"
  path = local.path

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "eks-fargate-pods.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:eks:${var.region}:${var.account_id}:fargateprofile/${local.aws_name}/*" } }
    }]
  })
}

resource "aws_iam_role_policy" "fargate" {
  name = "mainstay"
  role = aws_iam_role.fargate.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Write"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = "${local.groups}/fargate:*"
    }]
  })
}

resource "aws_iam_role" "service_account" {
  for_each = local.accounts
  name     = "${local.prefix}.${each.key}"
  path     = local.path

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = aws_iam_openid_connect_provider.this.arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "${aws_iam_openid_connect_provider.this.url}:sub" = "system:serviceaccount:${each.value.namespace}:${each.value.service_account}"
        "${aws_iam_openid_connect_provider.this.url}:aud" = "sts.amazonaws.com"
      } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "service" {
  for_each   = local.managed
  role       = each.value
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy_attachment" "service_account" {
  for_each   = local.accounts
  role       = aws_iam_role.service_account[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value.policy}"
}
