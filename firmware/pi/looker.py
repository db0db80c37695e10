"""The process that looks: frames come in, a probe goes out, and neither is kept. When it dies, the door goes on.

    python -m ostiary.firmware.pi.looker --line DESCRIPTOR

The line is one end of a socket pair. The node says {"do": "look"} and gives each frame that is wanted: raw pixels with
their shape, a picture file, or the end. The answer is {"done": …} with the probe behind it, or {"error": three parts}.
"""

from __future__ import annotations

import argparse
import resource
import signal
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ostiary.firmware.pi import look_line, qr

if TYPE_CHECKING:
    import numpy as np

    from ostiary.models.pipeline import FacePipeline, Look

MOST_FACES = 32
UNABLE = 3


def serve(line: socket.socket, pipeline: FacePipeline) -> None:
    """Look as often as the node asks. Returns when the node has left."""
    while True:
        try:
            look_line.receive(line)
            _one(line, pipeline)
        except EOFError:
            return


def _one(line: socket.socket, pipeline: FacePipeline) -> None:
    from ostiary.models.picture import PictureError

    frames = _Frames(line)
    try:
        look = pipeline.watch(frames)
    except PictureError as mistake:
        look_line.send(line, {"error": [mistake.what, mistake.why, mistake.now]})
        return
    try:
        told, vector = _told(look)
        told.update(token=frames.token, ms={"decode": frames.decoding_s * 1000, **look.ms})
        look_line.send(line, {"done": told}, vector)
    finally:
        look.wipe()


class _Frames:
    """The frames of one visit, as the pipeline wants them; each is overwritten when the next is wanted or none is."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.decoding_s = 0.0
        self.token: str | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        first = True
        while (frame := self._next()) is not None:
            try:
                if first:
                    self.token = qr.read(frame)
                    first = False
                yield frame
            finally:
                frame.fill(0)

    def _next(self) -> np.ndarray | None:
        import numpy as np

        look_line.send(self._line, {"want": "frame"})
        header, blob = look_line.receive(self._line)
        if "shape" in header:
            return np.frombuffer(blob, np.uint8).reshape(header["shape"])
        if not header.get("picture"):
            return None
        from ostiary.models.picture import decode

        begun = time.perf_counter()
        try:
            return decode(bytes(blob))
        finally:
            blob[:] = bytes(len(blob))
            self.decoding_s += time.perf_counter() - begun


def _told(look: Look) -> tuple[dict[str, Any], bytes]:
    """What the node asks with, and the probe's bytes."""
    facts: dict[str, Any] = {
        "faces": min(len(look.faces), MOST_FACES),
        "liveness": {"level": look.nearest.liveness if look.nearest else "none"},
    }
    face = look.nearest
    if face is None or face.probe is None:
        facts["no_probe"] = look.no_probe or "face-missing"
        return {"facts": facts, "faces": len(look.faces)}, b""
    facts["quality"] = {name: round(float(value), 4) for name, value in face.quality.items()}
    probe = {"model": face.probe.model, "runtime": face.probe.runtime, "scale": float(face.probe.scale)}
    return {"facts": facts, "faces": len(look.faces), "probe": probe}, face.probe.vector.tobytes()


def main() -> int:
    """Exit status: 0 when the node left, 3 when this machine cannot look at faces at all."""
    parser = argparse.ArgumentParser(prog="looker", description="Looks at frames for a door node.")
    parser.add_argument("--line", type=int, required=True, help="the descriptor of a connected socket")
    line = socket.socket(fileno=parser.parse_args().line)
    # No frame and no probe may reach a disk by way of a crash.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the node ends this process itself
    try:
        from ostiary.models.pipeline import FacePipeline

        pipeline = FacePipeline.load()
    except ImportError as missing:
        look_line.send(line, {"unable": "missing", "why": str(missing)})
        return UNABLE
    except (OSError, ValueError, LookupError) as mistake:
        look_line.send(line, {"unable": "unusable", "why": str(mistake)})
        return UNABLE
    try:
        look_line.send(line, {"ready": True})
        serve(line, pipeline)
    except OSError:
        return 0  # the node went while we answered
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
