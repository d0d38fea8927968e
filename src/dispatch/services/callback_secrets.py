"""Secrets of links (CBK-6): sent once, kept as their digest alone."""

import hashlib
from collections.abc import Callable

_BITS = 256
SECRET_MOST = 200


def new_secret(randbelow: Callable[[int], int]) -> str:
    """A secret that nobody guesses: 256 random bits, as 64 hexadecimal digits."""
    return f"{randbelow(2**_BITS):064x}"


def digest(secret: str) -> str:
    """How it is kept. It is long and random: a plain digest cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()
