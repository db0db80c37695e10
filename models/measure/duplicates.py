"""Finds pictures that are the same photograph: by their own pixels, never by what a face model makes of them."""

from __future__ import annotations

import numpy as np

SIDE = 16
BYTES = SIDE * SIDE // 8
SAME_BITS = 16  # of 256. Different photographs of one person differ by 60 and more; a copy that was saved anew by a few


def print_of(rgb: np.ndarray) -> np.ndarray:
    """uint8 (32,): 256 bits, each whether a cell of the 16 x 16 reduced picture is brighter than its left neighbour
    (difference hash, Krawetz 2013). Taken from the middle, because borders differ between croppings."""
    import cv2

    height, width = rgb.shape[:2]
    middle = rgb[height // 5 : height - height // 5, width // 5 : width - width // 5]
    grey = cv2.cvtColor(cv2.resize(middle, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return np.packbits(grey[:, 1:] > grey[:, :-1])


def same_photograph(prints: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of indices, smaller first, whose prints (n, 32) differ in at most SAME_BITS."""
    bits = np.unpackbits(prints, axis=1).astype(np.float32) * 2 - 1
    pairs = []
    for at in range(len(bits) - 1):
        agreeing = bits[at + 1 :] @ bits[at]  # 256 - 2 * differing bits
        pairs += [(at, at + 1 + int(other)) for other in np.flatnonzero(agreeing >= SIDE * SIDE - 2 * SAME_BITS)]
    return pairs
