"""A contract of our own for import-linter: which modules may import nothing that does anything."""

from __future__ import annotations

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

# Part of the standard library, but they reach for the world: files, network, clock, chance.
WORLDLY = frozenset(
    """
    asyncio ctypes fileinput ftplib glob http importlib io mmap multiprocessing os pathlib random
    secrets select selectors shelve shutil signal smtplib socket socketserver sqlite3 ssl
    subprocess sys tempfile threading time urllib uuid
    """.split()  # noqa: SIM905
)


class PureContract(Contract):
    """The package imports itself, and of the standard library what only computes.

    Its one setting, `package`, names what is checked with all its modules.
    """

    package = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Return the imports that break the contract."""
        package = str(self.package)
        broken = [
            (module, imported)
            for module in sorted({package, *graph.find_descendants(package)})
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if not f"{imported}.".startswith(f"{package}.") and not _only_computes(imported)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that breaks the contract."""
        for module, imported in check.metadata["broken"]:
            output.print_error(f"{module} imports {imported}", bold=False)


def _only_computes(module: str) -> bool:
    root = module.partition(".")[0]
    return root in sys.stdlib_module_names and root not in WORLDLY
