"""A chip's `machine` for MicroPython on a PC: pins that a test sets and reads, timers that it lets run out."""

PINS = {}
TIMERS = []
FED = [0]


class Pin:
    IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN, IRQ_FALLING = 1, 2, 3, 4, 5, 6

    def __init__(self, number, mode, pull=None, value=None):
        self.mode, self.pull, self.handler = mode, pull, None
        self.level = value if value is not None else 1 if pull == Pin.PULL_UP else 0
        self.levels = [self.level]
        PINS[number] = self

    def value(self, level=None):
        if level is None:
            return self.level
        if level != self.level:
            self.levels.append(level)
        self.level = level
        return None

    def irq(self, handler, trigger):
        assert trigger == Pin.IRQ_FALLING
        self.handler = handler

    def fall(self):
        self.handler(self)


class Timer:
    ONE_SHOT = 0

    def __init__(self, number):
        self.period = None
        TIMERS.append(self)

    def init(self, period, mode, callback):
        assert mode == Timer.ONE_SHOT
        self.period, self.callback = period, callback

    def deinit(self):
        self.period = None

    def run_out(self):
        self.period = None
        self.callback(self)


class WDT:
    def __init__(self, timeout):
        self.timeout = timeout

    def feed(self):
        FED[0] += 1
