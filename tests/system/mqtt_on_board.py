"""A board's MQTT line, on MicroPython or CPython: says back what it hears, until it hears "stop".

mqtt_on_board.py DER_FOLDER HOST PORT CLIENT_ID TOPIC_IN TOPIC_OUT
"""

import asyncio
import os
import sys
import time

from ostiary.firmware.esp32 import mqtt

folder, host, port, client_id, topic_in, topic_out = sys.argv[1:7]
MICROPYTHON = sys.implementation.name == "micropython"


def read(name: str) -> bytes:
    with open(folder + "/" + name, "rb") as file:  # noqa: PTH123 - there is no pathlib on a board
        return file.read()


if MICROPYTHON:
    from ostiary.firmware.esp32 import line

    tls = line.context(read("ca.der"), read("node.der"), read("key.der"))

    def dial():
        return line.dial(host, int(port), tls)

    now_ms = time.ticks_ms
else:
    import ssl

    tls = ssl.create_default_context(cafile=folder + "/ca.pem")
    tls.load_cert_chain(folder + "/node.pem", folder + "/node.key")

    def dial():
        return asyncio.open_connection(host, int(port), ssl=tls)

    def now_ms():
        return time.monotonic_ns() // 1_000_000


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    if not MICROPYTHON:
        sys.stdout.flush()


def heard(topic: str, payload: bytes, retained: bool) -> None:
    if payload == b"stop":
        asyncio.create_task(board.stop())  # noqa: RUF006 - `run` ends with it
    else:
        board.publish(topic_out, (b"retained " if retained else b"") + payload)


def connected(online: bool) -> None:
    say("online" if online else "offline")


board = mqtt.Mqtt(
    client_id, [topic_in], (topic_out, b"will"), dial, heard, connected, now_ms, lambda: os.urandom(1)[0], say
)
asyncio.run(board.run())
