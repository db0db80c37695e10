"""Every mistake the web can answer for: each has a status and says what happened, why, and what to do now."""

from typing import ClassVar


class Problem(Exception):
    """A request that is not done. `what`, `why` and `now` are plain sentences, shown to a person as they are."""

    status: ClassVar[int] = 400
    kind: ClassVar[str] = "bad-request"

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(what)
        self.what, self.why, self.now = what, why, now


class ForeignHost(Problem):
    """The Host header names something else than this machine, as in DNS rebinding."""

    status, kind = 421, "foreign-host"


class NotSigned(Problem):
    """A report whose signature or time does not hold."""

    status, kind = 401, "not-signed"


class NotSignedIn(Problem):
    """Nobody is signed in, or the token is not good."""

    status, kind = 401, "not-signed-in"


class SignInFailed(Problem):
    """What was given to sign in with is not right; what of it is never said."""

    status, kind = 401, "sign-in-failed"


class SignInOld(Problem):
    """The session began too long ago for a change like this."""

    status, kind = 403, "sign-in-old"


class Forbidden(Problem):
    """Whoever asks has no role that may."""

    status, kind = 403, "forbidden"


class TooOften(Problem):
    """More than somebody may send, or tries that come too soon after others that failed."""

    status, kind = 429, "too-often"


class ForeignOrigin(Problem):
    """The request was sent by a page of another site."""

    status, kind = 403, "foreign-origin"


class BodyTooLarge(Problem):
    """The body is larger than this address accepts."""

    status, kind = 413, "body-too-large"


class TooSlow(Problem):
    """A body that did not come in time."""

    status, kind = 408, "too-slow"


class BadForm(Problem):
    """A field is missing, unknown or out of its bounds."""

    status, kind = 400, "bad-form"


class PictureRefused(Problem):
    """The file is not a picture that can be used."""

    status, kind = 422, "picture-refused"


class FaceRefused(Problem):
    """The picture is one, but no template can be made of it."""

    status, kind = 422, "face-refused"


class FacesAbsent(Problem):
    """The face extra is not installed; cards work without it."""

    status, kind = 501, "faces-absent"


class PolicyRefused(Problem):
    """The text is no policy, or one that must not rule."""

    status, kind = 422, "policy-refused"


class TooHard(Problem):
    """A policy that could not be worked on within the bounds of time and memory."""

    status, kind = 422, "too-hard"


class SolverAbsent(Problem):
    """The prove extra is not installed; everything but proofs works without it."""

    status, kind = 501, "solver-absent"


class TooBusy(Problem):
    """As much of this kind is being done as is done at once."""

    status, kind = 503, "too-busy"


class NotThere(Problem):
    """There is nothing at this address."""

    status, kind = 404, "not-there"


class WrongMethod(Problem):
    """The address exists and does not take this method."""

    status, kind = 405, "wrong-method"


class PurposeMissing(Problem):
    """A look-up was asked for without a purpose."""

    status, kind = 428, "purpose-missing"


class ActRefused(Problem):
    """The keeper refused the act."""

    status, kind = 409, "act-refused"


class RuleBroken(Problem):
    """The people room refused the change, because a rule of the site would be broken."""

    status, kind = 409, "rule-broken"


class DoorRefused(Problem):
    """The door's board or node says that it cannot do what was asked, and why."""

    status, kind = 409, "door-refused"


class KeyReused(Problem):
    """An idempotency key that came with another request before."""

    status, kind = 422, "key-reused"


class UnderWay(Problem):
    """The same write is being done, or was begun and nobody knows how it ended."""

    status, kind = 409, "under-way"


class NotReady(Problem):
    """Something that the site needs is away."""

    status, kind = 503, "not-ready"


class KeeperAway(Problem):
    """The keeper does not answer."""

    status, kind = 503, "keeper-away"


class StoreAway(Problem):
    """A database cannot be read or written now."""

    status, kind = 503, "store-away"


class DoorAway(Problem):
    """The door's board does not answer."""

    status, kind = 503, "door-away"


class TooManyViewers(Problem):
    """More live streams are open than this process wants to feed."""

    status, kind = 503, "too-many-viewers"


class Fault(Problem):
    """A mistake of ours; the log of the web process has the traceback, the answer never has."""

    status, kind = 500, "fault"
