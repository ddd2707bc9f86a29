"""People of the tour at a real identity provider: three ways in, and a fresh second factor wherever `spe` wants one.

Programs and terminals sign in by the device flow, browsers by code and PKCE; a browser without a screen fills in Keycloak's forms.
"""

from __future__ import annotations

import html
import re
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spe.demo.answers import Answer
from spe.demo.call import Api, Cli, SignIn
from tests.browsing import SAME, Page, read_page
from tests.services.browser import Browser, Login
from tests.services.keycloak_server import People

_LIFE = 240
_JUST_NOW = 5
_PATIENCE = 120
_WHERE = re.compile(r"^\s+(http://\S+/realms/\S+)$")
_AGAIN = re.compile(r'href="(/sign-in\?[^"]*fresh=true)"')


@dataclass
class Proofs:
    """When each person proved both factors, in which way in, and what they were asked to prove them anew for."""

    at: dict[tuple[str, str], float] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    _turns: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    def age(self, way: str, who: str) -> float:
        return time.monotonic() - self.at[way, who]

    def proven(self, way: str, who: str) -> None:
        self.at[way, who] = time.monotonic()

    @contextmanager
    def turn(self, who: str) -> Iterator[None]:
        """Have a person do one thing at a time: they have two hands and one device for codes."""
        with self._turns[who]:
            yield


class Programs:
    """`SignIn` of programs that call the API, and of terminals, whose sign-ins are kept in a folder a person."""

    def __init__(self, people: People, proofs: Proofs, logins: Path) -> None:
        self._people = people
        self._proofs = proofs
        self._logins = logins
        self._tokens: dict[str, str] = {}

    def token(self, who: str, *, second_factor: bool) -> str:
        with self._proofs.turn(who):
            if second_factor:
                self._proofs.asked.append(("api", who))
            last = self._proofs.age("api", who) if who in self._tokens else _LIFE
            # Who does two things at once was asked for each of them, and has just proven both factors for the other.
            if last >= (_JUST_NOW if second_factor else _LIFE):
                self._tokens[who] = self._people.token(self._people.logins[who])
                self._proofs.proven("api", who)
            return self._tokens[who]

    def typing(self, who: str) -> Mapping[str, str]:
        return {"SPE_LOGINS": str(self._logins / who)}


class Terminal(Cli):
    """The command line of people who sign in with a browser where a command says to."""

    def __init__(
        self,
        spe: Path,
        environment: Mapping[str, str],
        sign_in: SignIn,
        logins: Mapping[str, Login],
        proofs: Proofs,
    ) -> None:
        super().__init__(spe, environment, sign_in)
        self._logins = logins
        self._proofs = proofs
        self.first: dict[tuple[str, ...], float] = {}
        """The first command of each of these kinds waits until its person's proof is this old."""

    def run(self, who: str, argv: list[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        for kind in [kind for kind in self.first if tuple(argv[1 : 1 + len(kind)]) == kind]:
            time.sleep(max(0.0, self.first.pop(kind) - self._proofs.age("cli", who)))
        with tempfile.TemporaryFile("w+") as out, subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True, env=dict(environment)
        ) as process:  # fmt: skip
            end = threading.Timer(_PATIENCE, process.kill)
            end.start()
            said = "".join(self._followed(who, argv, line) for line in process.stderr or ())
            code = process.wait()
            end.cancel()
            out.seek(0)
            return code, out.read(), said

    def _followed(self, who: str, argv: list[str], line: str) -> str:
        where = _WHERE.match(line)
        if where:
            if argv[1] != "login":
                self._proofs.asked.append(("cli " + " ".join(argv[1:3]), who))
            with self._proofs.turn(who), Browser() as browser:
                browser.sign_in(where[1], self._logins[who])
                self._proofs.proven("cli", who)
        return line


class Pages:
    """The portal, each person with a browser of their own."""

    def __init__(self, url: str, logins: Mapping[str, Login], proofs: Proofs) -> None:
        self._url = url
        self._logins = logins
        self._proofs = proofs
        self._browsers: dict[str, Browser] = {}
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    def sign_in(self, who: str, where: str) -> Page:
        """Go to a page, which sends to the identity provider and back."""
        with self._proofs.turn(who):
            self._browsers[who] = self._open.enter_context(Browser())
            return self._signed_in(who, where)

    def act(self, who: str, where: str, action: str, typed: Mapping[str, str], age: float) -> None:
        """Fill in a form of a page and send it, once its person's proof is `age` seconds old; prove both factors anew where asked."""
        time.sleep(max(0.0, age - self._proofs.age("portal", who)))
        with self._proofs.turn(who):
            browser = self._browsers[who]
            page = read_page(browser.http.get(self._url + where))
            assert page.status == 200, page.text[-500:]
            answer = self._sent(browser, action, {**page.form(action).fields, **typed})
            again = _AGAIN.search(answer.html)
            if answer.status == 401 and again:
                self._proofs.asked.append((f"portal {action.rpartition('/')[2]}", who))
                answer = self._sent(
                    browser, action, self._signed_in(who, html.unescape(again[1])).form(action).fields
                )
            assert answer.status == 303, answer.text[-500:]

    def look(self, who: str, where: str) -> Page:
        return read_page(self._browsers[who].http.get(self._url + where))

    def _signed_in(self, who: str, where: str) -> Page:
        page = read_page(self._browsers[who].sign_in(self._url + where, self._logins[who]))
        self._proofs.proven("portal", who)
        return page

    def _sent(self, browser: Browser, action: str, fields: Mapping[str, str]) -> Page:
        return read_page(
            browser.http.post(self._url + action, data=dict(fields), headers=SAME, follow_redirects=False)
        )


class Desks(Api):
    """The API, but some people vote and review on pages; `stale` is how old the proof of each first act of a kind must be."""

    def __init__(
        self, url: str, sign_in: SignIn, pages: Pages, clicking: frozenset[str], stale: float
    ) -> None:
        super().__init__(url, sign_in)
        self._pages = pages
        self._clicking = clicking
        self._stale = {"votes": stale, "reviews": stale}

    def post(self, who: str, path: str, body: Mapping[str, Any] | None = None, key: str = "") -> Answer:
        thing, _, act = path.rpartition("/")
        if who not in self._clicking or act not in {"votes", "reviews"} or body is None:
            return super().post(who, path, body, key)
        where = thing.removeprefix("/v1")
        typed = {name: {True: "yes", False: "no"}.get(value, value) for name, value in body.items()}
        self._pages.act(who, where, f"{where}/{act.removesuffix('s')}", typed, self._stale.pop(act, 0.0))
        return self.get(who, thing)
