"""psql in the pods of Jobs: a Job whose command is psql runs its SQL for real, with psql's output and exit codes."""
