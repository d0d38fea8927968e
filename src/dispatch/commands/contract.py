"""`schema`: the published contract, written or compared with the code."""

from pathlib import Path

from dispatch.api.print_schema import print_schema
from dispatch.api.trusted import manifest
from dispatch.commands.words import Complaint, say
from dispatch.commands.workplace import out

SCHEMA = Path("schema/schema.graphql")


async def write_schema(path: Path | None) -> None:
    """Writes the published contract."""
    path = path or SCHEMA
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(print_schema(), encoding="utf-8")
    _manifest_of(path).write_text(manifest(), encoding="utf-8")
    out.print(say("schema_written", path=path), soft_wrap=True)


async def check_schema(path: Path | None) -> None:
    """Complains when the published contract is not what the code says."""
    path = path or SCHEMA
    published = path.read_text(encoding="utf-8") if path.is_file() else ""
    if published != print_schema():
        raise Complaint("schema_differs", path=path)
    listed = _manifest_of(path)
    if not listed.is_file() or listed.read_text(encoding="utf-8") != manifest():
        raise Complaint("schema_differs", path=listed)
    out.print(say("schema_same", path=path), soft_wrap=True)


def _manifest_of(path: Path) -> Path:
    """The list of known documents stands beside the schema."""
    return path.with_name("trusted.json")
