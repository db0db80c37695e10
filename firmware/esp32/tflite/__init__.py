"""The TFLite core in C, and how it is built."""
