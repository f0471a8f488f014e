# One key for the secrets and the logs of the cluster.

resource "aws_kms_key" "secrets" {
  description             = "Secrets and logs of the EKS cluster ${local.aws_name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountDecidesByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "CloudWatchLogsOfThisCluster"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "${local.groups}/*" } }
      },
    ]
  })
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/mainstay/${var.environment}/${var.component}/${var.name}/secrets"
  target_key_id = aws_kms_key.secrets.key_id
}

resource "aws_cloudwatch_log_group" "cluster" {
  name              = "/aws/eks/${local.aws_name}/cluster"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.secrets.arn
}

resource "aws_cloudwatch_log_group" "fargate" {
  count             = length(var.fargate_namespaces) > 0 ? 1 : 0
  name              = "/aws/eks/${local.aws_name}/fargate"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.secrets.arn
}
