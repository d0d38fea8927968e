"""Figures of the work (统计指标): each is defined here, once (ANL-5)."""
