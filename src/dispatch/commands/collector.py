"""How often the interpreter looks for what nobody needs any more."""

import gc


def spare_the_collector() -> None:
    """Lets the garbage collector pass over what lives as long as the process: the schema, modules,
    tables, some hundred thousand objects. An answer makes thousands that die with it at once; at
    the interpreter's own thresholds each would have them all looked through several times."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
