"""Hostile model files for the TFLite core, under the address and undefined-behaviour sanitizers."""
