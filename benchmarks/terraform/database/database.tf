resource "aws_db_subnet_group" "this" {
  for_each    = var.databases
  name        = "${local.aws[each.key]}-subnets"
  description = "Subnets of ${local.aws[each.key]}"
  subnet_ids  = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  for_each    = var.databases
  name        = "${local.aws[each.key]}-${local.family}"
  family      = local.family
  description = "Parameters of ${local.aws[each.key]}"

  dynamic "parameter" {
    for_each = each.value.parameters
    content {
      name         = parameter.key
      value        = parameter.value.value
      apply_method = parameter.value.static ? "pending-reboot" : "immediate"
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each          = local.logs
  name              = "/aws/rds/instance/${local.aws[each.value.database]}/${each.value.log}"
  retention_in_days = each.value.days
  kms_key_id        = aws_kms_key.data.arn
}

resource "aws_secretsmanager_secret" "master" {
  for_each                = var.databases
  name                    = "${local.path}${each.key}/master"
  description             = "The master user of ${local.aws[each.key]}"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "master" {
  for_each      = var.databases
  secret_id     = aws_secretsmanager_secret.master[each.key].id
  secret_string = jsonencode({ engine = "postgres", username = "dbadmin", password = var.passwords[each.key] })
}

resource "aws_db_instance" "this" {
  for_each                              = var.databases
  identifier                            = local.aws[each.key]
  engine                                = "postgres"
  engine_version                        = each.value.version
  instance_class                        = each.value.class
  allocated_storage                     = each.value.size
  max_allocated_storage                 = each.value.limit
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.data.arn
  username                              = "dbadmin"
  password                              = var.passwords[each.key]
  port                                  = 5432
  multi_az                              = true
  publicly_accessible                   = false
  db_subnet_group_name                  = aws_db_subnet_group.this[each.key].name
  vpc_security_group_ids                = [var.security_group_id]
  parameter_group_name                  = aws_db_parameter_group.this[each.key].name
  iam_database_authentication_enabled   = true
  monitoring_interval                   = each.value.monitoring_interval
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  performance_insights_enabled          = true
  performance_insights_retention_period = 7
  performance_insights_kms_key_id       = aws_kms_key.data.arn
  enabled_cloudwatch_logs_exports       = each.value.log_exports
  backup_retention_period               = each.value.retention_days
  auto_minor_version_upgrade            = true
  copy_tags_to_snapshot                 = true
  deletion_protection                   = true
  final_snapshot_identifier             = "${local.aws[each.key]}-final"

  lifecycle {
    # RDS reports the fixed IOPS of small gp3 volumes, which this provider takes for a change.
    ignore_changes = [iops]
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]
}
