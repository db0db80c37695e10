"""The ESP32 node: MicroPython, the portable mind, and face models without an operating system."""
