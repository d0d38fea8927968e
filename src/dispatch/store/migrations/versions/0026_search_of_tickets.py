"""Full-text search over tickets, in Chinese and English, on PostgreSQL"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

WORDS = r"""
CREATE FUNCTION search_words(given text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $$
  SELECT array_to_tsvector(coalesce(array_agg(DISTINCT word), '{}'))
  FROM (
    SELECT left(found[1], 40) AS word FROM regexp_matches(lower(given), '[a-z0-9]+', 'g') found
    UNION ALL
    SELECT right(found[1], 4) FROM regexp_matches(given, '[0-9]{7,}', 'g') found
    UNION ALL
    SELECT substr(found[1], at, size)
    FROM regexp_matches(given, '[^\x01-\x7f，。、；：？！（）《》“”‘’—…·～]+', 'g') found,
      generate_series(1, length(found[1])) at, generate_series(1, 2) size
    WHERE at + size - 1 <= length(found[1])
  ) words
$$
"""
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


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(WORDS)
    text = " || ' ' || ".join(f"coalesce({name}, '')" for name in COLUMNS)
    op.execute(f"CREATE INDEX ix_ticket_search_words ON ticket USING gin (search_words({text}))")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_index("ix_ticket_search_words", "ticket")
    op.execute("DROP FUNCTION search_words(text)")
