"""The postman: looks what is new, sends what is due, and has the keeper raise an alarm while mail fails."""

import logging
from collections.abc import Callable
from email.message import EmailMessage

from sqlalchemy import Engine, func, select

from ostiary.controller.acts.client import Keeper
from ostiary.controller.acts.errors import ActError
from ostiary.controller.fleet.alarms import MAIL_FAILED, Turn
from ostiary.controller.mail import post
from ostiary.controller.mail.account import Account
from ostiary.controller.mail.letters import ALARMS, CONTESTS, News, Writer
from ostiary.controller.mail.outbox import Outbox, Way
from ostiary.controller.people.contests import undecided
from ostiary.controller.people.roles import MAIL
from ostiary.controller.record.reading import Reading
from ostiary.controller.store.people_tables import contest

AT_ONCE = 1000

_log = logging.getLogger("ostiary.mail")


class Postman:
    """One round after another, by whoever calls `round`; `now_ms` is wall clock, Unix milliseconds."""

    def __init__(
        self,
        account: Account,
        writer: Writer,
        outbox: Outbox,
        log: Reading,
        people: Engine,
        keeper: Keeper,
        *,
        send: Callable[[Account, EmailMessage], None] = post.send,
        ask: Callable[[Account, str], None] = post.ask,
    ) -> None:
        self._account, self._writer, self._outbox = account, writer, outbox
        self._log, self._people, self._keeper = log, people, keeper
        self._send, self._ask = send, ask
        self._told: bool | None = None
        to = {ALARMS: account.alarms_to, CONTESTS: account.contests_to}
        outbox.keep_only((topic, receiver) for topic, receivers in to.items() for receiver in receivers)

    def round(self, now_ms: int) -> None:
        """Raises `StoreUnavailable`, DBAPIError and sqlite3.Error; the next round goes on where this one ended."""
        self._look_at_alarms(now_ms)
        self._look_at_contests(now_ms)
        for way in self._outbox.due(now_ms):
            self._bring(way, now_ms)
        self._tell()

    def _look_at_alarms(self, now_ms: int) -> None:
        upto, last = self._outbox.upto(ALARMS), self._log.size() - 1
        if upto is None or upto > last:
            # The first look, or the log of a backup: what was before is in the panel, and no news.
            self._outbox.take(ALARMS, last, (), (), now_ms)
            return
        while rows := self._log.since(upto, AT_ONCE):
            # That mail fails is no news for mail.
            raised = [row for row in rows if row.kind == Turn.RAISED and row.code != MAIL_FAILED]
            news = [News(row.position, row.at_ms, row.door or "", row.code or "") for row in raised]
            upto = rows[-1].position
            self._outbox.take(ALARMS, upto, news, self._account.alarms_to, now_ms)

    def _look_at_contests(self, now_ms: int) -> None:
        with self._people.begin() as conn:
            last = conn.execute(select(func.coalesce(func.max(contest.c.id), 0))).scalar_one()
            waiting = undecided(conn)
        upto = self._outbox.upto(CONTESTS) or 0
        news = [News(one.id, one.due_at_ms) for one in waiting if one.id > upto and one.due_at_ms > now_ms]
        if last != upto:
            self._outbox.take(CONTESTS, last, news, self._account.contests_to, now_ms)

    def _bring(self, way: Way, now_ms: int) -> None:
        try:
            if way.news:
                self._send(self._account, self._writer.letter(way.topic, way.receiver, way.news))
            else:  # it failed last, and what waited is too old by now: only a try says that it works again
                self._ask(self._account, way.receiver)
        except post.FAILURES as error:
            self._outbox.failed(way, now_ms)
            _log.error("Mail about %s, try %d: %s", way.topic, way.tries + 1, error)
        else:
            self._outbox.sent(way, now_ms)

    def _tell(self) -> None:
        """The keeper hears when that changes, and again after each start; it says nothing twice."""
        works = not self._outbox.failing()
        if works == self._told:
            return
        try:
            self._keeper.act_now("mail-state", {"works": works}, operator=MAIL)
            self._told = works
        except ActError as error:
            _log.error("The keeper could not be told whether mail works: %s", error)
