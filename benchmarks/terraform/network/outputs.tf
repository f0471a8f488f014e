output "vpc_id" {
  value = aws_vpc.this.id
}

output "subnet_ids" {
  value = { for name, subnet in aws_subnet.this : name => subnet.id }
}

output "security_group_ids" {
  value = {
    load_balancer = aws_security_group.load_balancer.id
    control_plane = aws_security_group.control_plane.id
    nodes         = aws_security_group.nodes.id
    database      = aws_security_group.database.id
    cache         = aws_security_group.cache.id
    endpoints     = aws_security_group.endpoints.id
  }
}

output "nat_public_ips" {
  value = { for zone, address in aws_eip.nat : zone => address.public_ip }
}
