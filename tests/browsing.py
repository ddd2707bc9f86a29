"""A browser without scripts: keeps cookies as one would, follows links, fills in the forms that are on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient

SAME = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Form:
    """One form of a page: where it goes, and its fields as they are when nobody has typed anything."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str | None]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._area = ""
        self._deaf = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in {"script", "style"}:
            self._deaf = tag
        if tag == "form":
            self.forms.append(Form(named.get("action") or ""))
        elif self.forms and tag == "button":
            self.forms[-1].buttons.append(named)
        elif self.forms and tag == "textarea":
            self._area = named.get("name") or ""
            self.forms[-1].fields[self._area] = ""
        elif self.forms and tag == "input" and named.get("name"):
            kind, name = named.get("type"), named["name"] or ""
            if kind not in {"radio", "checkbox"} or "checked" in named:
                self.forms[-1].fields[name] = named.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area
        self._deaf = "" if tag == self._deaf else self._deaf

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data
        elif not self._deaf:
            self.text.append(data)


@dataclass
class Page:
    """An answer, read."""

    status: int
    headers: Any
    html: str
    content: bytes
    forms: list[Form]
    text: str

    def form(self, action: str) -> Form:
        """Return the form that goes to `action`."""
        return next(form for form in self.forms if form.action == action)

    @property
    def location(self) -> str:
        """Return where the answer sends the browser."""
        return str(self.headers.get("location", ""))


@dataclass
class Browser:
    """One browser of one person."""

    http: TestClient
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "en"

    def get(self, path: str, **headers: str) -> Page:
        """Go to a page, and on to where it sends."""
        page = self.request("GET", path, None, **headers)
        for _ in range(5):
            if page.status != 303:
                return page
            page = self.request("GET", page.location, None, **headers)
        return page

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Page:
        """Send fields, whatever page they may be from."""
        return self.request("POST", path, fields, **(headers or SAME))

    def send(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in the form of `page` that goes to `action`, send it, prove who one is where asked, and go on to where that leads."""
        answer = self.post(action, {**page.form(action).fields, **typed})
        if any(form.action == "/confirm" for form in answer.forms):
            confirmed = self.post("/confirm", answer.form("/confirm").fields)
            answer = self.post(action, confirmed.form(action).fields)
        return self.get(answer.location.partition("#")[0]) if answer.status == 303 else answer

    def signs_in(self, who: str, secret: str) -> Page:
        """Sign in as a persona, by the picker."""
        page = self.get(f"/sign-in?secret={secret}&as={who}")
        return self.send(page, "/sign-in", persona=who)

    def request(self, method: str, path: str, fields: dict[str, str] | None, **headers: str) -> Page:
        """Send one request and keep what cookies the answer sets; nothing is followed."""
        sent = {"Accept": "text/html", "Accept-Language": self.language, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.http.request(method, path, data=fields, headers=sent, follow_redirects=False)
        self._keep(answer.headers.get_list("set-cookie"))
        return read_page(answer)

    def _keep(self, given: list[str]) -> None:
        for one in given:
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "max-age=0" in one.lower():
                del self.cookies[name]


def read_page(answer: Any) -> Page:
    """Return an answer, read."""
    reader = _Reader()
    html = answer.text if answer.headers.get("content-type", "").startswith("text/") else ""
    reader.feed(html)
    text = re.sub(r"\s+", " ", " ".join(reader.text))
    return Page(answer.status_code, answer.headers, html, answer.content, reader.forms, text)
