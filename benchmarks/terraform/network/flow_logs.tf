resource "aws_cloudwatch_log_group" "flow_logs" {
  name              = "/mainstay/${var.environment}/${var.component}/${var.name}/flow-logs"
  kms_key_id        = var.log_key_arn
  retention_in_days = 365
  tags              = { Name = "${local.prefix}-flow-logs" }
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination          = aws_cloudwatch_log_group.flow_logs.arn
  iam_role_arn             = var.flow_log_role_arn
  max_aggregation_interval = 600
  tags                     = { Name = "${local.prefix}-flow-logs" }

  # A flow log that starts before its role may write reports an access error.
  depends_on = [var.flow_log_role_policy]
}
