"""From a picture to a probe: face detection, alignment, quality and embedding on TFLite, nothing else about a face."""
