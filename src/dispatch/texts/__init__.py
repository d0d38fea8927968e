"""What users read, in Chinese and English."""

from dispatch.texts.catalogue import LANGUAGES, catalogue, language_of, reason, render, word
from dispatch.texts.reasons import (
    ROW_IDS,
    Mentioned,
    Names,
    reason_text,
    remedy_text,
    rule_text,
)

__all__ = [
    "LANGUAGES",
    "ROW_IDS",
    "Mentioned",
    "Names",
    "catalogue",
    "language_of",
    "reason",
    "reason_text",
    "remedy_text",
    "render",
    "rule_text",
    "word",
]
