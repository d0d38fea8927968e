"""A demo estate and its days, lived through the services as people would live them."""
