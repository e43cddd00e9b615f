"""A person with a browser, as far as HTTP goes: signs in, walks pages, sends forms; notes every answer."""

import http.client
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from typing import Any
from uuid import uuid4

LINK = re.compile(r'href="(/[^"#?]*)"')
TICKET = re.compile(r"/tickets/([A-Z0-9-]+)/$")
NOT_A_PAGE = ("/static/", "/logout/", "/media/")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A redirect is an answer."""


class Visitor:
    """One account's session. `answers` counts the statuses that came back; 0 stands for no answer at all."""

    def __init__(self, base_url: str, username: str, door: dict[str, Any]) -> None:
        self.base_url, self.username, self._door = base_url, username, door
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar), _NoRedirect())
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []

    def ask(self, path: str, data: dict[str, Any] | None = None) -> tuple[int, str, str]:
        """Status, address of a redirect, text. With data it is a POST."""
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(self.base_url + path, data=body, headers={"Referer": self.base_url + path})  # noqa: S310 - loopback
        try:
            with self._opener.open(request, timeout=30) as answer:
                found = (answer.status, "", answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as answer:
            found = (answer.code, answer.headers.get("Location", ""), answer.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            found = (0, "", str(error))
        self.answers[found[0]] += 1
        if not found[0] or found[0] >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            self.wrong.append(f"{self.username} {path}: {found[0]} {found[2][:200]}")
        return found

    def _token(self) -> str:
        return next((cookie.value or "" for cookie in self._jar if cookie.name == "csrf"), "")

    def sign_in(self) -> None:
        """Through the login page."""
        self.ask("/login/")
        form = {"csrfmiddlewaretoken": self._token(), "username": self.username, "password": self._door["password"]}
        status, location, text = self.ask("/login/", form)
        assert (status, location) == (302, "/"), (status, location, text[-600:])

    def main_pages(self) -> list[str]:
        """What the home page leads to."""
        links = dict.fromkeys(LINK.findall(self.ask("/")[2]))
        return ["/", *(link for link in links if not link.startswith(NOT_A_PAGE) and link != "/")]

    def report(self, description: str) -> str:
        """Send the form of a new ticket; returns its number when the answer says that it was logged, else nothing."""
        form = {
            "csrfmiddlewaretoken": self._token(),
            "form_token": str(uuid4()),
            "description": description,
            "impact": "point",
            "urgency": "low",
            "channel": "phone",
            "received_ago": "0",
            "reporter_name": "窗口人员",
            **self._door["form"],
        }
        status, location, _ = self.ask("/tickets/report/", form)
        logged = TICKET.search(location) if status == http.HTTPStatus.FOUND else None
        return logged.group(1) if logged else ""
