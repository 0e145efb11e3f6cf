-- The two roles beside the superuser: an owner that migrates, and the application's, which cannot alter tables.
-- What the application may do to which table is granted after each migration (citylab/database_roles.py).
-- Safe to run again. Used by the private cluster and by the container image of compose.yaml.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'citylab_owner') THEN
        CREATE ROLE citylab_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'citylab_app') THEN
        CREATE ROLE citylab_app LOGIN;
    END IF;
END
$$;
-- A migration that waits for a lock would make every report wait behind it: it gives up and is run again.
ALTER ROLE citylab_owner SET lock_timeout = '10s';
