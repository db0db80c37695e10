"""QR codes: a visitor's pass, and the small one of a receipt, so that a photograph of the display is proof enough."""

from markupsafe import Markup


def receipt_qr(code: str, leaf: str, salt: str) -> Markup:
    """An SVG without any script or style, black on transparent. The text in it is `OSTIARY:code:leaf:salt`."""
    import segno

    text = ":".join(part for part in ("OSTIARY", code, leaf, salt) if part)
    drawn = segno.make(text, error="l", micro=False)
    # segno writes numbers and its own path data only; nothing of a request reaches the markup.
    return Markup(drawn.svg_inline(border=1, omitsize=True, svgclass=None, lineclass=None, title=None))  # noqa: S704


def pass_qr(text: str) -> Markup:
    """The same of a visitor's pass. Medium correction: it is read from paper and from scratched displays."""
    import segno

    drawn = segno.make(text, error="m", micro=False)
    return Markup(drawn.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None, title=None))  # noqa: S704


def grouped(code: str) -> str:
    """A receipt code in four groups of four, as it is read aloud."""
    plain = plain_code(code)
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def plain_code(code: str) -> str:
    """A receipt code as the log knows it, however somebody typed it."""
    return code.replace("-", "").replace(" ", "").strip().upper()
