-- The columns of version 1.11 without a row: counting needs code in C. Like the real one, it demands that its library is preloaded.
CREATE FUNCTION pg_stat_statements(
    IN showtext boolean, OUT userid oid, OUT dbid oid, OUT toplevel bool, OUT queryid bigint, OUT query text, OUT plans int8,
    OUT total_plan_time float8, OUT min_plan_time float8, OUT max_plan_time float8, OUT mean_plan_time float8, OUT stddev_plan_time float8,
    OUT calls int8, OUT total_exec_time float8, OUT min_exec_time float8, OUT max_exec_time float8, OUT mean_exec_time float8,
    OUT stddev_exec_time float8, OUT rows int8, OUT shared_blks_hit int8, OUT shared_blks_read int8, OUT shared_blks_dirtied int8,
    OUT shared_blks_written int8, OUT local_blks_hit int8, OUT local_blks_read int8, OUT local_blks_dirtied int8, OUT local_blks_written int8,
    OUT temp_blks_read int8, OUT temp_blks_written int8, OUT shared_blk_read_time float8, OUT shared_blk_write_time float8,
    OUT local_blk_read_time float8, OUT local_blk_write_time float8, OUT temp_blk_read_time float8, OUT temp_blk_write_time float8,
    OUT wal_records int8, OUT wal_fpi int8, OUT wal_bytes numeric, OUT jit_functions int8, OUT jit_generation_time float8,
    OUT jit_inlining_count int8, OUT jit_inlining_time float8, OUT jit_optimization_count int8, OUT jit_optimization_time float8,
    OUT jit_emission_count int8, OUT jit_emission_time float8, OUT jit_deform_count int8, OUT jit_deform_time float8,
    OUT stats_since timestamptz, OUT minmax_stats_since timestamptz
) RETURNS SETOF record LANGUAGE plpgsql STRICT VOLATILE PARALLEL SAFE AS $$
BEGIN
    IF current_setting('shared_preload_libraries') !~ '\mpg_stat_statements\M' THEN
        RAISE EXCEPTION 'pg_stat_statements must be loaded via "shared_preload_libraries"' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;
CREATE FUNCTION pg_stat_statements_info(OUT dealloc bigint, OUT stats_reset timestamptz) RETURNS record LANGUAGE sql STRICT VOLATILE
PARALLEL SAFE AS $$ SELECT 0::bigint, pg_postmaster_start_time() $$;
CREATE FUNCTION pg_stat_statements_reset(
    IN userid oid DEFAULT 0, IN dbid oid DEFAULT 0, IN queryid bigint DEFAULT 0, IN minmax_only boolean DEFAULT false
) RETURNS timestamptz LANGUAGE sql STRICT PARALLEL SAFE AS $$ SELECT now() $$;
CREATE VIEW pg_stat_statements AS SELECT * FROM pg_stat_statements(true);
CREATE VIEW pg_stat_statements_info AS SELECT * FROM pg_stat_statements_info();
GRANT SELECT ON pg_stat_statements, pg_stat_statements_info TO PUBLIC;
REVOKE ALL ON FUNCTION pg_stat_statements_reset(oid, oid, bigint, boolean) FROM PUBLIC;
