# What all instances share: a key for storage, insights, secrets and logs, and the role of enhanced monitoring.

resource "aws_kms_key" "data" {
  description             = "Databases of ${var.environment}/${var.component}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "AccountDecidesByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      }],
      [for position, name in sort(keys(var.databases)) : {
        Sid       = "CloudWatchLogsOf${position + 1}"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnLike = {
          "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.region}:${var.account_id}:log-group:/aws/rds/instance/${local.aws[name]}/*"
        } }
      }],
    )
  })
}

resource "aws_kms_alias" "data" {
  name          = "alias${local.path}data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_iam_role" "monitoring" {
  name = "${var.environment}.${var.component}.monitoring"
  path = local.path

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
