"""The parts of the root types: each noun's queries and mutations."""

from dispatch.api.nouns.accounts import AccountMutations, AccountQueries

QUERIES: tuple[type, ...] = (AccountQueries,)
MUTATIONS: tuple[type, ...] = (AccountMutations,)
# Types that only an interface leads to; a schema would not find them by itself.
TYPES: tuple[type, ...] = ()
