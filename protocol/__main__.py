"""`python -m ostiary.protocol [PAGE]`: prints the contract as an AsyncAPI document, or makes a page's tables anew."""

import json
import sys

from ostiary.protocol import described


def main() -> None:
    """Without a path: the AsyncAPI document on standard output. With one: that page, its tables made anew in place."""
    if len(sys.argv) < 2:
        print(json.dumps(described.asyncapi(), indent=1, ensure_ascii=False))
        return
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(described.page(text))


main()
