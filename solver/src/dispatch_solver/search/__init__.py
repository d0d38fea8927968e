"""Ways to make a plan better. Only modules of this package import OR-Tools."""
