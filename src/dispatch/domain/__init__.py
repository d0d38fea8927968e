"""Pure rules: what may happen, who may do it, when it is due. No I/O, no clock, no database."""
