"""What users read, in Chinese and English."""

from dispatch.texts.catalogue import LANGUAGES, catalogue, language_of, reason, render, word

__all__ = ["LANGUAGES", "catalogue", "language_of", "reason", "render", "word"]
