
-- Microseconds since 2025, times 8, and three bits that tell entries of one microsecond apart. Those
-- come from a sequence, shifted by a secret of this database and by the microsecond, so that they do
-- not count either. Below 2^53 until 2060: a JSON number that every client can hold.
ALTER TABLE audit ALTER COLUMN entry_id DROP IDENTITY;
CREATE SEQUENCE audit_entries OWNED BY audit.entry_id;

DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION new_audit_id(microseconds BIGINT, number BIGINT) RETURNS BIGINT LANGUAGE SQL'
        ' IMMUTABLE AS %L',
        format(
            'SELECT microseconds * 8 + ((number + hashint8(microseconds # %s)) & 7)',
            ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 17, 15))::bit(60)::bigint
        )
    );
END
$$;
ALTER TABLE audit ALTER COLUMN entry_id SET DEFAULT new_audit_id(
    greatest(0, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1735689600000000),
    nextval('audit_entries')
);
