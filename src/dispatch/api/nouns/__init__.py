"""One file per noun: its GraphQL types, queries and mutations, thin over the services."""
