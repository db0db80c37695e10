"""The one way a message fails: `Refused`, with a code of `codes.py` and a detail for the log."""


class Refused(ValueError):
    """A message, or a part of one, is not what the contract allows.

    `code` is one of `codes.REFUSALS`; `codes.SAYS[code]` is its sentence. `detail` names the place and the bound; it
    never repeats what the other side wrote, so it may go into a log.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.code + ": " + self.detail
