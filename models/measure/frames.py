"""Frame sequences made from one picture: a poor camera's frames of a visit, and attacks with a print or a still screen.

Each is a list of uint8 (480, 640, 3) frames; what is random comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ostiary.models.liveness import TURN_FRAMES

WIDTH_PX, HEIGHT_PX = 640, 480
FACE_PICTURE_PX = 380  # side of the picture in the frame: its face then has about 55 px between the eyes
WALL = 110  # grey around the picture
FRAMES = TURN_FRAMES


def poor(rgb: np.ndarray, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """A person who stands there, seen by a cheap camera in the evening: sensor noise, motion blur of up to 6 px, light
    that changes by a third, small movements. Every frame differs; none is unusable by construction."""
    import cv2

    made = []
    for _ in range(count):
        shift = rng.uniform(-6, 6, 2)
        frame = placed(rgb, _turn(rng.uniform(-4, 4), rng.uniform(0.55, 0.65) * 380 / FACE_PICTURE_PX, shift))
        length = int(rng.integers(1, 7))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        if rng.random() < 0.5:
            kernel = kernel.T
        frame = cv2.filter2D(frame, -1, kernel).astype(np.float32) * rng.uniform(0.35, 0.7)
        made.append(_camera(frame, 7.0, rng))
    return made


def still(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print fixed before the camera."""
    return _played(rgb, lambda at: np.eye(3), rng)


def moved(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print moved across the view."""
    return _played(rgb, lambda at: _turn(0, 1, (120 * at - 60, 60 * at - 30)), rng)


def shaken(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print held in a trembling hand."""
    return _played(rgb, lambda at: _turn(rng.normal(0, 3), 1 + rng.normal(0, 0.02), rng.normal(0, 8, 2)), rng)


def zoomed(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print brought nearer and back."""
    return _played(rgb, lambda at: _turn(0, 1 + 0.35 * np.sin(np.pi * at), (0, 0)), rng)


def rotated(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print turned in its own plane."""
    return _played(rgb, lambda at: _turn(25 * np.sin(2 * np.pi * at), 1, (0, 0)), rng)


def affine(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print seen ever more from the side, from far away: it becomes narrow, and leans."""

    def narrow(at: float) -> np.ndarray:
        return _about_middle(np.array([[1 - 0.35 * at, 0.12 * at, 0], [0.05 * at, 1, 0], [0, 0, 1.0]]))

    return _played(rgb, narrow, rng)


def perspective(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print turned about its upright axis by up to 35 degrees and back, near the camera: what a head turn would be,
    if the print had a nose."""
    return _played(rgb, lambda at: _tilted(35 * np.sin(2 * np.pi * at), 0), rng)


def nodded(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print tilted about its level axis by up to 30 degrees and back."""
    return _played(rgb, lambda at: _tilted(0, 30 * np.sin(2 * np.pi * at)), rng)


def flicker(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A still picture on a screen: its light beats with the camera, dark bands wander over it."""
    made = []
    rows = np.arange(HEIGHT_PX)[:, None, None]
    for at in range(FRAMES):
        frame = placed(rgb, _turn(0, 1, rng.normal(0, 1, 2))).astype(np.float32)
        bands = 1 - 0.35 * (np.sin(rows / 45 + at * 1.3) > 0.4)
        made.append(_camera(frame * bands * rng.uniform(0.8, 1.1), 3.0, rng))
    return made


def bent(rgb: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """A print bent round an upright cylinder and turned: it has a little depth of its own."""
    import cv2

    height, width = rgb.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    radius = width * 0.6
    made = []
    for at in range(FRAMES):
        turn = np.radians(25) * np.sin(2 * np.pi * at / (FRAMES - 1))
        # A point at angle a of the cylinder lies at radius * sin(a + turn) in the view.
        angle = np.arcsin(np.clip((x - width / 2) / radius, -1, 1)) - turn
        source = (angle * radius + width / 2).astype(np.float32)
        rolled = cv2.remap(rgb, source, y, cv2.INTER_LINEAR, borderValue=(WALL, WALL, WALL))
        made.append(_camera(placed(rolled, np.eye(3)).astype(np.float32), 3.0, rng))
    return made


def turned_head(rgb: np.ndarray, points: np.ndarray, rng: np.random.Generator, degrees: float = 45) -> list[np.ndarray]:
    """No attack, but what the level is to let through: a head that turns aside and back. It is made: the picture laid
    over an ellipsoid with a nose, by its five `points` (5, 2), and seen from far away. A person turns otherwise."""
    import cv2

    at_rest = placed(rgb, np.eye(3))
    scale = FACE_PICTURE_PX / max(rgb.shape[:2])
    middle = np.array([WIDTH_PX - scale * rgb.shape[1], HEIGHT_PX - scale * rgb.shape[0]]) / 2
    left, right, nose = (points * scale + middle)[:3].astype(np.float64)
    eyes, between = float(np.hypot(*(right - left))), (left + right) / 2
    across, down = np.meshgrid(np.arange(WIDTH_PX, dtype=np.float32), np.arange(HEIGHT_PX, dtype=np.float32))

    # How far each point at rest lies before the plane of the eyes, in pixels.
    reach = ((across - between[0]) / (1.15 * eyes)) ** 2 + ((down - between[1] - 0.45 * eyes) / (1.6 * eyes)) ** 2
    skull = np.maximum(0.9 * np.sqrt(np.clip(1 - reach, 0, 1)) - 0.79, -0.4)
    slope = np.where(down < nose[1], 0.45, 0.12) * eyes  # long up to the brow, short to the lip
    bump = 0.3 * np.exp(-(((across - nose[0]) / (0.17 * eyes)) ** 2) - ((down - nose[1]) / slope) ** 2)
    depth = ((skull + bump) * eyes).astype(np.float32)

    # Away from the side to which the picture's face is turned already it would first come to the front.
    side = 1 if nose[0] >= between[0] else -1
    made = []
    for at in np.linspace(0, 1, FRAMES):
        angle = side * np.radians(degrees) * np.sin(np.pi * at)
        source = across.copy()
        for _ in range(25):  # where a point lay at rest: x' = x cos(angle) + depth(x) sin(angle), solved for x
            there = cv2.remap(depth, source, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            found = between[0] + (across - between[0] - there * np.sin(angle)) / np.cos(angle)
            source = (0.5 * source + 0.5 * found).astype(np.float32)
        turned = cv2.remap(at_rest, source, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        made.append(_camera(turned.astype(np.float32), 3.0, rng))
    return made


ATTACKS: dict[str, Callable[[np.ndarray, np.random.Generator], list[np.ndarray]]] = {
    "still print": still,
    "print moved": moved,
    "print shaken": shaken,
    "print brought nearer": zoomed,
    "print turned in its plane": rotated,
    "print seen from the side": affine,
    "print turned like a head": perspective,
    "print nodded": nodded,
    "still picture on a flickering screen": flicker,
    "print bent round a cylinder and turned": bent,
}


def placed(rgb: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The picture in the middle of a frame before a wall, carried by the 3x3 `matrix` of frame coordinates."""
    import cv2

    height, width = rgb.shape[:2]
    scale = FACE_PICTURE_PX / max(height, width)
    middle = np.array(
        [
            [scale, 0, WIDTH_PX / 2 - scale * width / 2],
            [0, scale, HEIGHT_PX / 2 - scale * height / 2],
            [0, 0, 1],
        ]
    )
    return cv2.warpPerspective(
        rgb, matrix @ middle, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_LINEAR, borderValue=(WALL, WALL, WALL)
    )


def _played(rgb: np.ndarray, matrix_at: Callable[[float], np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """FRAMES frames; `matrix_at` gets the time from 0 to 1."""
    times = np.linspace(0, 1, FRAMES)
    return [_camera(placed(rgb, matrix_at(float(at))).astype(np.float32), 3.0, rng) for at in times]


def _camera(light: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """What the sensor makes of float light: noise of that standard deviation in grey levels, eight bits."""
    noisy = light + rng.standard_normal(light.shape, np.float32) * noise
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _turn(degrees: float, scale: float, shift: tuple[float, float] | np.ndarray) -> np.ndarray:
    angle = np.radians(degrees)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    matrix = _about_middle(np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]]))
    return np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1.0]]) @ matrix


def _tilted(yaw: float, pitch: float) -> np.ndarray:
    """A plane 1.6 frame heights before a pinhole camera, turned about its middle."""
    focal = 1.6 * HEIGHT_PX
    a, b = np.radians(yaw), np.radians(pitch)
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    turned = about_x @ about_y
    # (x, y, 0) goes to turned @ (x, y, 0) + (0, 0, focal), and is projected by focal / z.
    lens = np.diag([focal, focal, 1.0])
    return _about_middle(lens @ np.column_stack([turned[:, 0], turned[:, 1], [0, 0, focal]]))


def _about_middle(matrix: np.ndarray) -> np.ndarray:
    there = np.array([[1, 0, WIDTH_PX / 2], [0, 1, HEIGHT_PX / 2], [0, 0, 1.0]])
    return there @ (matrix / matrix[2, 2]) @ np.linalg.inv(there)
