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
SUPERSEDED = "superseded"
WRONG_ROLE = "wrong-role"

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
    SUPERSEDED,
    WRONG_ROLE,
)

ACTED = "acted"
UNUSED = "unused"
REFUSED = "refused"
FORCED = "forced"
HELD = "held"
CLOSED = "closed"
OPENED = "opened"
EXIT = "exit"
EXIT_STUCK = "exit-stuck"
BOOT = "boot"
STRIKE_ON = "strike-on"
STRIKE_OFF = "strike-off"
DENIED = "denied"
EXPIRED = "expired"
TAMPER = "tamper"
TAMPER_OVER = "tamper-over"
FIRE = "fire"
FIRE_OVER = "fire-over"
POWER_FAIL = "power-fail"
POWER_RESTORED = "power-restored"
LINE_LOST = "line-lost"
LINE_BACK = "line-back"
CONFIG_ENTERED = "config-entered"
CONFIG_LEFT = "config-left"
DURESS = "duress"
ATTEMPTS_EXHAUSTED = "attempts-exhausted"
TAILGATE = "tailgate"
SAFE_MODE = "safe-mode"
DECIDED = "decided"
CLOCK_SET = "clock-set"
LOCKDOWN_ON = "lockdown-on"
LOCKDOWN_OFF = "lockdown-off"
RELEASED_ONCE = "released-once"
PACK_TAKEN = "pack-taken"

EVENTS = (
    ACTED,
    UNUSED,
    REFUSED,
    FORCED,
    HELD,
    CLOSED,
    OPENED,
    EXIT,
    EXIT_STUCK,
    BOOT,
    STRIKE_ON,
    STRIKE_OFF,
    DENIED,
    EXPIRED,
    TAMPER,
    TAMPER_OVER,
    FIRE,
    FIRE_OVER,
    POWER_FAIL,
    POWER_RESTORED,
    LINE_LOST,
    LINE_BACK,
    CONFIG_ENTERED,
    CONFIG_LEFT,
    DURESS,
    ATTEMPTS_EXHAUSTED,
    TAILGATE,
    SAFE_MODE,
    DECIDED,
    CLOCK_SET,
    LOCKDOWN_ON,
    LOCKDOWN_OFF,
    RELEASED_ONCE,
    PACK_TAKEN,
)

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
    SUPERSEDED: "The message comes from an owner of the site whose lease has ended.",
    WRONG_ROLE: "The message is none for a node of this role.",
    ACTED: "The door was released as decided, and somebody opened it.",
    UNUSED: "The door was released as decided, and nobody opened it in time.",
    REFUSED: "The node did not act on the answer.",
    FORCED: "The door was opened without a grant and without a request to exit.",
    HELD: "The door was kept open longer than it may be.",
    CLOSED: "The door was closed.",
    OPENED: "The door was opened.",
    EXIT: "Somebody asked to leave, from the inside; leaving is always allowed.",
    EXIT_STUCK: "The request to exit has read pressed for minutes: its button or wire is stuck. Leaving is free.",
    BOOT: "The node started.",
    STRIKE_ON: "The strike was released.",
    STRIKE_OFF: "The strike locked again.",
    DENIED: "Somebody presented a credential and was not let in.",
    EXPIRED: "Somebody presented a credential whose time has passed, and was not let in.",
    TAMPER: "The node's housing was opened, or it was taken from the wall.",
    TAMPER_OVER: "The node's housing is closed and in its place again.",
    FIRE: "The fire alarm released the door.",
    FIRE_OVER: "The fire alarm is over.",
    POWER_FAIL: "The mains power failed; the node runs on its reserve.",
    POWER_RESTORED: "The mains power is back.",
    LINE_LOST: "The node lost its line to the keeper.",
    LINE_BACK: "The node has a line to the keeper again.",
    CONFIG_ENTERED: "Somebody began to set the node up at the door.",
    CONFIG_LEFT: "Setting the node up at the door ended.",
    DURESS: "Somebody was let in under threat: a duress PIN was typed.",
    ATTEMPTS_EXHAUSTED: "So many attempts failed in a row that the next ones have to wait.",
    TAILGATE: "More than one went through on one grant.",
    SAFE_MODE: "The node failed to start so often that it looks at no face and decides nothing alone.",
    DECIDED: "The node decided alone, by its pack.",
    CLOCK_SET: "The node's clock was set.",
    LOCKDOWN_ON: "The door was locked down: nobody is let in, and everybody can leave.",
    LOCKDOWN_OFF: "The lockdown of the door is over.",
    RELEASED_ONCE: "The door was released once, as an operator had ordered.",
    PACK_TAKEN: "The node took a new pack by which it can decide alone.",
}
