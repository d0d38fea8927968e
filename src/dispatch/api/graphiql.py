"""The query page (GraphiQL), served whole by this process: no other host is asked for anything."""

from functools import cache
from importlib.resources import files
from pathlib import Path

import orjson

_HERE = files("dispatch.api")
STATIC = Path(str(_HERE.joinpath("static", "graphiql")))
"""Files that the page loads, all of this package."""


@cache
def page() -> str:
    """The page, with the documents of `schema/operations` as its tabs."""
    # Inside a script element only "<" could end the text early.
    documents = orjson.dumps(documents_by_name()).decode().replace("<", "\\u003c")
    template = _HERE.joinpath("graphiql.html").read_text("utf-8")
    return template.replace("{{documents}}", documents)


@cache
def documents_by_name() -> dict[str, str]:
    """The shipped documents: from the package when installed, else from the source tree."""
    packaged = Path(str(_HERE.joinpath("operations")))
    source = Path(__file__).parents[3] / "schema" / "operations"
    folder = packaged if packaged.is_dir() else source
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.graphql"))}
