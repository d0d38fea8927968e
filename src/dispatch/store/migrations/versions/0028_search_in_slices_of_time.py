"""Words are looked up slice of time by slice of time; lists that lacked an index have one"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COLUMNS = (
    "number",
    "description",
    "requester_name",
    "requester_phone",
    "building",
    "unit",
    "room",
    "landmark",
    "location_text",
    "asset_name",
    "asset_tag",
)
# As before, in half the time, and of a word that begins with letters each beginning, up to twelve:
# what an index would put together anew for each slice of time stands in it ready.
SEARCH_WORDS = r"""
CREATE OR REPLACE FUNCTION search_words(given text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $$
DECLARE
  latin text[] := regexp_split_to_array(lower(given), '[^a-z0-9]+');
  other text := regexp_replace(
    given, '[\x01-\x7f，。、；：？！（）《》“”‘’—…·～]+', ' ', 'g'
  );
  words text[] := '{}';
  part text;
BEGIN
  FOREACH part IN ARRAY latin LOOP
    words := words || left(part, 40);
    FOR at IN 1 .. least(coalesce(length(substring(part FROM '^[a-z]+')), 0), 12) LOOP
      words := words || left(part, at);
    END LOOP;
    IF length(part) >= 7 THEN
      words := words || right(substring(part FROM '[0-9]{7,}'), 4);
    END IF;
  END LOOP;
  FOREACH part IN ARRAY string_to_array(other, ' ') LOOP
    FOR at IN 1 .. length(part) LOOP
      words := words || substr(part, at, 1);
      IF at < length(part) THEN
        words := words || substr(part, at, 2);
      END IF;
    END LOOP;
  END LOOP;
  RETURN array_to_tsvector(array_remove(array_remove(words, ''), NULL));
END
$$
"""
DAY = """
CREATE FUNCTION search_day(moment timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT floor(extract(epoch FROM moment - '1970-01-01 00:00:00+00'::timestamptz) / 86400)::integer
$$
"""
# What `search_words` finds, and where to look for it: `@s12` for the site; `@1.20780`, `@8.2597`
# and `@64.324` for the day, the eight and the 64 days of the report. No word of a text has an @.
WORDS = """
CREATE FUNCTION ticket_words(site_id bigint, reported_at timestamptz, given text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $$
  SELECT search_words(given) || array_to_tsvector(
    ARRAY['@s' || site_id, '@1.' || day, '@8.' || (day >> 3), '@64.' || (day >> 6)]
  )
  FROM (SELECT search_day(reported_at) AS day OFFSET 0) reported
$$
"""
# From one time to another, near the first in days, then in eights, then in sixty-fours: what is
# frequent is found in the first slice, and for what is rare there are few to look at.
SLICES = """
CREATE FUNCTION search_slices(near timestamptz, far timestamptz) RETURNS SETOF tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 50 AS $$
DECLARE
  step integer := CASE WHEN far < near THEN -1 ELSE 1 END;
  first_of_eight integer := CASE WHEN far < near THEN 7 ELSE 0 END;
  width integer := 1;
  slice integer := search_day(near);
  last integer := search_day(far);
  told integer := 0;
BEGIN
  WHILE slice * step <= last * step LOOP
    RETURN NEXT ('''@' || width || '.' || slice || '''')::tsquery;
    slice := slice + step;
    told := told + 1;
    IF width < 64 AND told >= 8 AND slice & 7 = first_of_eight THEN
      width := width * 8;
      slice := slice >> 3;
      last := last >> 3;
      told := 0;
    END IF;
  END LOOP;
END
$$
"""


def upgrade() -> None:
    # A place's tickets, newest first.
    op.create_index("ix_ticket_place_id_reported_at", "ticket", ["place_id", "reported_at"])
    op.drop_index("ix_ticket_place_id", "ticket")
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_index("ix_ticket_search_words", "ticket")
    for function in (SEARCH_WORDS, DAY, WORDS, SLICES):
        op.execute(function)
    text = " || ' ' || ".join(f"coalesce({name}, '')" for name in COLUMNS)
    # A search looks into the index many times: with a list of pending entries beside it, each
    # would read that list from end to end.
    op.execute(
        "CREATE INDEX ix_ticket_search_words ON ticket"
        f" USING gin (ticket_words(site_id, reported_at, {text})) WITH (fastupdate = off)"
    )


def downgrade() -> None:
    op.create_index("ix_ticket_place_id", "ticket", ["place_id"])
    op.drop_index("ix_ticket_place_id_reported_at", "ticket")
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_index("ix_ticket_search_words", "ticket")
    op.execute("DROP FUNCTION search_slices(timestamptz, timestamptz)")
    op.execute("DROP FUNCTION ticket_words(bigint, timestamptz, text)")
    op.execute("DROP FUNCTION search_day(timestamptz)")
    text = " || ' ' || ".join(f"coalesce({name}, '')" for name in COLUMNS)
    op.execute(f"CREATE INDEX ix_ticket_search_words ON ticket USING gin (search_words({text}))")
