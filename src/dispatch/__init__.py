"""Dispatch: from a repair request to the right technician at the right door."""
