"""What the service tells those who run it: log lines, traces, figures.

Below everything but the domain, so that every layer may say what it does; it knows none of them.
"""
