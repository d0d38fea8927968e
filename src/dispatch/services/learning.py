"""What a classifier learns from (TRI-3): shipped phrases and names of categories."""

from dispatch.classifying.shipped import examples
from dispatch.classifying.training import Example
from dispatch.services.catalogue import default_categories


def shipped_examples() -> list[Example]:
    """What the shipped model learns from: the phrases, and the names of the shipped leaves."""
    phrases = examples()
    said = {each.text.casefold() for each in phrases}
    names = [
        Example(name, leaf.code)
        for group in default_categories()
        for leaf in group.children
        for name in (leaf.name_zh, leaf.name_en)
        if name.casefold() not in said
    ]
    return [*phrases, *names]
