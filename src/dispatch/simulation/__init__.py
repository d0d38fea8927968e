"""A day of requests played through the API at many times its speed, with simulated people."""
