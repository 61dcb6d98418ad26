"""People who read their mail and answer what an agent asks."""

from __future__ import annotations

import queue

from tests.e2e.api import Json, token_of
from tests.e2e.callers import Caller
from tests.e2e.links import in_mail
from tests.e2e.receiver import Mailbox


class People:
    """`asked` holds the token of every mail that came, `told` what each answer brought."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.asked: list[str] = []
        self.told: list[Json] = []

    def answer_one(self, caller: Caller) -> None:
        """The next mail, if one comes soon. Who is asked again does not answer again."""
        try:
            mail = self._mailbox.next(0.2)
        except queue.Empty:
            return
        token = token_of(in_mail(mail)["text"])
        is_new = token not in self.asked
        self.asked.append(token)
        if is_new and (told := caller.respond(token, "Approve")):
            self.told.append(told)
