"""What runs at a door: its portable mind, the Raspberry Pi node around it, and pretended hardware."""
