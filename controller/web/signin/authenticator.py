"""Authenticator apps (RFC 6238): a new secret as text and as a QR code, and the first code tried out."""

import base64
import binascii
import os
from urllib.parse import quote, urlencode

from markupsafe import Markup

from ostiary.controller.people.roles import WEB
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.problem import BadForm
from ostiary.protocol import base64url

SECRET_BYTES = 20


def new_secret() -> str:
    """160 random bits in base32, as apps read them."""
    return base64.b32encode(os.urandom(SECRET_BYTES)).decode()


def grouped(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def qr(secret: str, name: str, site: str) -> Markup:
    """What an app reads (otpauth://, as all apps do) as an SVG without script or style."""
    import segno

    label = quote(f"Ostiary {site}:{name}")
    drawn = segno.make(
        f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': f'Ostiary {site}'})}", error="m"
    )
    # segno writes numbers and its own path data only; nothing of a request reaches the markup.
    return Markup(drawn.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None, title=None))  # noqa: S704


async def tried(desk: Desk, owner: str, secret: str, code: str) -> tuple[bytes, int]:
    """The sealed secret, and the step of the code that shows that the app has it. Raises `BadForm`."""
    try:
        raw = base64.b32decode(secret.strip())
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != SECRET_BYTES:
        raise BadForm("The app was not connected.", "The secret of this page is not whole.", "Open the link again.")
    asked = {"owner": owner, "secret": base64url.encode(raw)}
    sealed = (await desk.act("second-factor-seal", asked, operator=WEB))["sealed"]
    asked = {"owner": owner, "sealed": sealed, "code": "".join(code.split())[:12]}
    step = (await desk.act("second-factor-check", asked, operator=WEB))["step"]
    if step is None:
        raise BadForm(
            "The code was not right.",
            "It is not the one that the app shows for this secret, or the phone's clock is off.",
            "Type the six digits that the app shows now.",
        )
    return base64url.decode(sealed), step
