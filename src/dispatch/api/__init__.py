"""GraphQL over the services: types and fields of each noun, and the frame they hang in."""
