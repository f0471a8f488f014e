"""What CloudWatch decides: statistics, metric math, alarm states, composite rules, mute windows. Pure; times are seconds since 1970."""
