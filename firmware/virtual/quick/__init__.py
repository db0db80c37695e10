"""Virtual time: the door's mind, its host, journal and guard in a simulated world, and no waiting."""
