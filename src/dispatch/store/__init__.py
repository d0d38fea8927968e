"""Tables (they are the records), named queries, migrations."""
