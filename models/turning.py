"""A secret turn of face vectors: the one transform of templates, the site's at the controller and each node's own.

One secret gives the same bits on every machine. What it protects and what it does not: `people/protect.py`.
"""

import hashlib
import math
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECRET_BYTES = 32
# The transform is kept as whole numbers of 2^-30: products with int8 stay below 2^53, so that float64 adds them
# exactly in whatever order a machine prefers.
ONE = 2.0**30


def orthogonal(secret: bytes, n: int) -> "NDArray[np.float64]":
    """The orthogonal matrix of shape (n, n) that `secret` (32 bytes) means, times 2^30, in whole numbers.

    It is a product of Householder reflections H = I − 2uuᵀ/uᵀu in falling dimension, with u = x ± |x|e₁ for nearly
    normal x, and so spread evenly over all orthogonal matrices (Stewart 1980, "The efficient generation of random
    orthogonal matrices", §3). The x come from SHAKE-256 over the secret; each step on the way is rounded as IEEE 754
    says, in a fixed order. Takes 25 ms for 192 dimensions, 3 s for 1024.
    """
    import numpy as np  # a door without faces needs none

    words = 12
    want = n + 2 * words * sum(range(2, n + 1))
    drawn = hashlib.shake_256(b"ostiary/template-shield/1" + struct.pack("<H", n) + secret).digest(want)
    q = np.diag(1.0 - 2.0 * (np.frombuffer(drawn, np.uint8, count=n) & 1))
    at = n
    for size in range(2, n + 1):
        # The sum of twelve uniform numbers is near enough to normal, and whole: no logarithm that differs by machine.
        uniform = np.frombuffer(drawn, "<u2", count=size * words, offset=at).reshape(size, words)
        at += 2 * words * size
        x = 2 * uniform.sum(axis=1, dtype=np.int64) - words * 65535
        u = x.astype(np.float64)
        length = math.sqrt(int(np.dot(x, x)))
        u[0] += math.copysign(length, u[0])
        half = length * (length + abs(float(x[0])))
        rows = q[n - size :, n - size :]
        # `accumulate` adds one after the other, which `@` and `sum` do not promise.
        along = np.add.accumulate(rows * u[:, None], axis=0)[-1]
        rows -= np.multiply.outer(u / half, along)
    return np.rint(q * ONE)


def turned(matrix: "NDArray[np.float64]", steps: "NDArray[np.int8]") -> "NDArray[np.float32] | None":
    """A plain vector (int8) under a matrix of `orthogonal`: float32, of length one; None where it points nowhere."""
    import numpy as np

    plain = steps.astype(np.float64)
    length = math.sqrt(int(np.dot(plain, plain)))
    return None if length == 0 else (matrix @ plain / (length * ONE)).astype(np.float32)
