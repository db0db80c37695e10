"""Runs dlib through face_recognition, as its own documentation does, over files that are named on standard input.

Started by `face_models.py` in an environment of its own: it shares nothing with this project but numpy's file format.
"""

import sys
import time
from pathlib import Path

import face_recognition
import face_recognition_models
import numpy as np
from PIL import Image


def main(out: str) -> None:
    vectors, names, frames_ms = [], [], []
    for line in sys.stdin:
        kind, _, name = line.rstrip("\n").partition(" ")
        rgb = np.asarray(Image.open(name).convert("RGB"))
        begun = time.thread_time()
        boxes = face_recognition.face_locations(rgb)  # HOG, upsampled once: its defaults
        # LFW's person stands in the middle.
        boxes.sort(
            key=lambda box: abs((box[0] + box[2]) / 2 - len(rgb) / 2) + abs((box[1] + box[3]) / 2 - rgb.shape[1] / 2)
        )
        found = face_recognition.face_encodings(rgb, boxes[:1])
        spent_ms = (time.thread_time() - begun) * 1000
        if kind == "frame":
            frames_ms.append(spent_ms)
        elif found:
            vectors.append(found[0])
            names.append(Path(name).stem)
    files = (
        face_recognition_models.pose_predictor_model_location(),
        face_recognition_models.pose_predictor_five_point_model_location(),
        face_recognition_models.cnn_face_detector_model_location(),
        face_recognition_models.face_recognition_model_location(),
    )
    size = sum(Path(file).stat().st_size for file in files)
    np.savez(out, vectors=np.array(vectors), names=np.array(names), frames_ms=np.array(frames_ms), bytes=size)


main(sys.argv[1])
