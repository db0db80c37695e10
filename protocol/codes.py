"""Every code that a refused message can carry and every kind of door event, each with a plain sentence."""

MALFORMED = "malformed"
OVERSIZED = "oversized"
VERSION = "version"
UNAUTHENTIC = "unauthentic"
WRONG_KIND = "wrong-kind"
WRONG_KEY = "wrong-key"
WRONG_DOOR = "wrong-door"
WRONG_MODEL = "wrong-model"
UNKNOWN_NODE = "unknown-node"
REPLAYED = "replayed"
STALE = "stale"

REFUSALS = (
    MALFORMED,
    OVERSIZED,
    VERSION,
    UNAUTHENTIC,
    WRONG_KIND,
    WRONG_KEY,
    WRONG_DOOR,
    WRONG_MODEL,
    UNKNOWN_NODE,
    REPLAYED,
    STALE,
)

ACTED = "acted"
UNUSED = "unused"
REFUSED = "refused"
FORCED = "forced"
HELD = "held"
CLOSED = "closed"
OPENED = "opened"
EXIT = "exit"
BOOT = "boot"
STRIKE_ON = "strike-on"
STRIKE_OFF = "strike-off"

EVENTS = (ACTED, UNUSED, REFUSED, FORCED, HELD, CLOSED, OPENED, EXIT, BOOT, STRIKE_ON, STRIKE_OFF)

# These three close a decision: the journal's last word on what the door did with it.
OUTCOMES = (ACTED, UNUSED, REFUSED)

SAYS = {
    MALFORMED: "The message does not have the form that the contract gives its kind.",
    OVERSIZED: "The message is longer than the contract allows.",
    VERSION: "The message is of a version of the contract that this side does not speak.",
    UNAUTHENTIC: "The message was not sealed with this node's key, or was changed on its way.",
    WRONG_KIND: "The message is of another kind, or sealed in another way, than its topic says.",
    WRONG_KEY: "The message names another key than the one in force for this node.",
    WRONG_DOOR: "The message is about a door at which this node does not hang.",
    WRONG_MODEL: "The probe was made with a face model that this site does not use.",
    UNKNOWN_NODE: "No node of this name belongs to this site.",
    REPLAYED: "This number was used before: a message counts once.",
    STALE: "The message is older than one already seen, or its time has passed.",
    ACTED: "The door was released as decided, and somebody opened it.",
    UNUSED: "The door was released as decided, and nobody opened it in time.",
    REFUSED: "The node did not act on the answer.",
    FORCED: "The door was opened without a grant and without a request to exit.",
    HELD: "The door was kept open longer than it may be.",
    CLOSED: "The door was closed.",
    OPENED: "The door was opened.",
    EXIT: "Somebody asked to leave, from the inside; leaving is always allowed.",
    BOOT: "The node started.",
    STRIKE_ON: "The strike was released.",
    STRIKE_OFF: "The strike locked again.",
}
