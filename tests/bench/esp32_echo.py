"""Run by MicroPython: QoS 1 messages to the keeper and back, one at a time; prints each in microseconds.

esp32_echo.py ROOMS DER_FOLDER HOST PORT CLIENT_ID TOPIC_IN TOPIC_OUT COUNT
"""

import asyncio
import os
import sys
import time

rooms, folder, host, port, client_id, topic_in, topic_out, count = sys.argv[1:9]
sys.path.append(rooms)

from ostiary.firmware.esp32 import line, mqtt  # noqa: E402 - the path is an argument


def read(name: str) -> bytes:
    with open(folder + "/" + name, "rb") as file:  # noqa: PTH123 - there is no pathlib on a board
        return file.read()


tls = line.context(read("ca.der"), read("node.der"), read("key.der"))
came, online = asyncio.Event(), asyncio.Event()
board = mqtt.Mqtt(
    client_id,
    [topic_in],
    (topic_out, b"will"),
    lambda: line.dial(host, int(port), tls),
    lambda topic, payload, retained: came.set(),
    lambda up: online.set(),
    time.ticks_ms,
    lambda: os.urandom(1)[0],
    print,
)


async def main() -> None:
    running = asyncio.create_task(board.run())
    await online.wait()
    for _ in range(int(count)):
        came.clear()
        began = time.ticks_us()
        board.publish(topic_out, b"x" * 256)
        await came.wait()
        print(time.ticks_diff(time.ticks_us(), began))
    await board.stop()
    await running


asyncio.run(main())
