"""The floor: graphql-core alone over an answer that is ready, field by field.

The same document over the same schema as the published contract says it, dictionaries instead of
rows, no resolver of ours, no await. What it takes is what any server on this engine pays for so
many fields, whatever it does beside.
"""

import gc
import time
from pathlib import Path
from typing import Any

from graphql import build_schema, execute_sync, parse

CONTRACT = Path(__file__).parents[2] / "schema" / "schema.graphql"


class Floor:
    """Executes one document over its own answer."""

    def __init__(self, document: str, variables: dict[str, Any], answer: dict[str, Any]) -> None:
        self._schema = build_schema(CONTRACT.read_text("utf-8"), assume_valid=True)
        self._document = parse(document)
        self._variables = variables
        self._answer = answer
        self.fields = fields(answer)
        result = self._execute()
        assert result.errors is None, result.errors
        assert result.data == answer
        gc.collect()
        gc.freeze()

    def _execute(self) -> Any:
        return execute_sync(
            self._schema, self._document, self._answer, variable_values=self._variables
        )

    def cost(self, times: int) -> float:
        """Seconds of processor for one execution, of so many."""
        begun = time.process_time()
        for _ in range(times):
            self._execute()
        return (time.process_time() - begun) / times


def fields(value: Any) -> int:
    """How many fields an answer holds."""
    if isinstance(value, dict):
        return sum(1 + fields(each) for each in value.values())
    if isinstance(value, list):
        return sum(fields(each) for each in value)
    return 0
