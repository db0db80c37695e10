"""The Raspberry Pi node: the door's mind on Linux, with its hardware behind adapters of one file each."""
