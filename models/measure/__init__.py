"""Measures the pipeline like an instrument: error rates with intervals, written into the model's card by command."""
