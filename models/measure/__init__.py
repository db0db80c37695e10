"""Measures the pipeline's thresholds on a folder of persons: `python -m ostiary.models.measure --images DIR`."""
