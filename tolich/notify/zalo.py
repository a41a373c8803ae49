"""Zalo: ZNS templates to telephone numbers, and messages of the Official Account to its followers.

Both answer 200 with an error code in the body, and both want an access token that lives for a
day. A refresh token is good for one use: the new pair is on disk before it is used.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tolich.notify.answers import Meaning, check_code, check_status
from tolich.notify.channel import Message, Retry, Sent, Undeliverable
from tolich.notify.phones import international
from tolich.notify.posting import Poster, read_secret
from tolich.notify.sections import Zalo
from tolich.notify.sms import understood

FOLLOWER = "oa:"
"""How an address begins that is a follower's user id and not a telephone number."""

SPARE = 300
"""Seconds before its end at which an access token is no longer used."""

LONGEST_FIELD = 100
"""Characters of a template's value; the templates of docs/notifications.md ask for no more."""

TOKEN_CODES = frozenset({"-124", "-216", "-201"})
"""The access token is not (or no longer) good: a new one is asked for, once a message."""

CODES = {
    "0": (Meaning.SENT, "taken"),
    "-100": (Meaning.AGAIN, "Zalo does not know what went wrong"),
    "-101": (Meaning.AGAIN, "the application is not known: correct notify.zalo.app_id"),
    "-102": (Meaning.AGAIN, "the application does not exist: correct notify.zalo.app_id"),
    "-103": (Meaning.AGAIN, "the application is not activated: do so on developers.zalo.me"),
    "-104": (Meaning.AGAIN, "the secret key is wrong: mend notify.zalo.secret_key_file"),
    "-105": (Meaning.AGAIN, "the application is linked to no Official Account"),
    "-108": (Meaning.NEVER, "the telephone number is wrong: correct the account"),
    "-109": (Meaning.AGAIN, "the template does not exist: correct notify.zalo.template"),
    "-110": (Meaning.NEVER, "the receiver's Zalo is too old"),
    "-111": (Meaning.NEVER, "the template was sent without values"),
    "-112": (Meaning.NEVER, "a value does not fit the template: compare it with the documentation"),
    "-114": (Meaning.NEVER, "the receiver's account does not take it"),
    "-115": (Meaning.AGAIN, "the balance is used up: pay in"),
    "-117": (Meaning.AGAIN, "the account may not use this template"),
    "-118": (Meaning.NEVER, "no Zalo account has this number"),
    "-119": (Meaning.NEVER, "the receiver's account cannot take ZNS"),
    "-124": (Meaning.AGAIN, "the access token is not good: renew notify.zalo.token_file"),
    "-131": (Meaning.AGAIN, "the template is not approved yet"),
    "-132": (Meaning.NEVER, "a value of the template is wrong"),
    "-133": (Meaning.AGAIN, "this template may not be sent at night"),
    "-139": (Meaning.NEVER, "the receiver has refused this kind of message"),
    "-141": (Meaning.NEVER, "the receiver has refused messages of this Official Account"),
    "-144": (Meaning.AGAIN, "the Official Account's messages of the day are used up"),
    "-147": (Meaning.AGAIN, "the template's messages of the day are used up"),
    "-201": (Meaning.AGAIN, "the access token is not good: renew notify.zalo.token_file"),
    "-204": (Meaning.NEVER, "the message is wrong"),
    "-207": (Meaning.NEVER, "the user id is wrong: correct the account"),
    "-213": (Meaning.NEVER, "the receiver does not follow the Official Account"),
    "-216": (Meaning.AGAIN, "the access token is not good: renew notify.zalo.token_file"),
    "-230": (Meaning.NEVER, "the receiver has not written for 7 days: use the telephone number"),
    "-32": (Meaning.AGAIN, "too many calls"),
}
"""Zalo's `error`: what it means for a message, and what to do."""

UNKNOWN = "a code that is not in our table; see Zalo's"


class ZaloChannel:
    """Addresses are Vietnamese telephone numbers, or `oa:` and a follower's user id."""

    def __init__(self, section: Zalo, wall: Callable[[], int]) -> None:
        self._section = section
        self._wall = wall
        self._poster = Poster(section.timeout)
        self._tokens = Tokens(section, self._poster, wall)

    def send(self, message: Message) -> Sent:
        """Hand it to Zalo. Raises Retry or Undeliverable."""
        url, content = self._content(message)
        told = self._asked(url, content, self._tokens.access())
        if str(told.get("error")) in TOKEN_CODES:
            told = self._asked(url, content, self._tokens.renewed())
        check_code(str(told.get("error")), CODES, UNKNOWN, "Zalo")
        of = told.get("data")
        named = of.get("msg_id") or of.get("message_id") if isinstance(of, dict) else None
        return Sent(f"msg_id {named or '-'}")

    def _content(self, message: Message) -> tuple[str, dict[str, Any]]:
        of = self._section
        if message.address.startswith(FOLLOWER):
            user = message.address.removeprefix(FOLLOWER)
            text = message.body.text[:2000]
            content = {"recipient": {"user_id": user}, "message": {"text": text}}
            return f"{of.oa_url}/v3.0/oa/message/cs", content
        template = of.templates.get(message.kind, of.template)
        if template is None:
            raise Undeliverable(f"no ZNS template for {message.kind}: see notify.zalo.template")
        return f"{of.zns_url}/message/template", {
            "phone": international(message.address),
            "template_id": template,
            "template_data": values(message.body.fields),
            "tracking_id": message.key[:40],  # Zalo takes 48 characters
        }

    def _asked(self, url: str, content: Mapping[str, Any], token: str) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "access_token": token}
        answer = self._poster.post(url, json.dumps(content).encode(), headers)
        check_status(answer.status, answer.said, answer.retry_after, self._wall())
        return understood(answer)


def values(fields: Mapping[str, Any]) -> dict[str, str]:
    """The values of a template: texts, none of them empty, which Zalo refuses, nor too long."""
    return {name: str(value or "-")[:LONGEST_FIELD] for name, value in fields.items()}


class Tokens:
    """The access token, renewed before its end. One file holds the pair; one thread renews it."""

    def __init__(self, section: Zalo, poster: Poster, wall: Callable[[], int]) -> None:
        self._section = section
        self._poster = poster
        self._wall = wall
        self._lock = threading.Lock()

    def access(self) -> str:
        """A token that is still good for a while."""
        with self._lock:
            kept = self._kept()
            token, until = kept.get("access_token"), kept.get("expires_at")
            if isinstance(token, str) and isinstance(until, int) and until > self._wall() + SPARE:
                return token
            return self._renew(kept)

    def renewed(self) -> str:
        """A new token: the one that was used is not taken."""
        with self._lock:
            return self._renew(self._kept())

    def _renew(self, kept: Mapping[str, Any]) -> str:
        of, refresh = self._section, kept.get("refresh_token")
        if not isinstance(refresh, str):
            raise Retry(f"{of.token_file} holds no refresh_token: put a new pair into it")
        form = {"app_id": of.app_id, "grant_type": "refresh_token", "refresh_token": refresh}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "secret_key": read_secret(of.secret_key_file, "zalo.secret_key_file"),
        }
        url = f"{of.token_url}/v4/oa/access_token"
        answer = self._poster.post(url, urlencode(form).encode(), headers)
        if answer.status != 200:
            raise Retry(f"no access token: HTTP {answer.status} {answer.said}")
        told = understood(answer)
        access, following = told.get("access_token"), told.get("refresh_token")
        if not isinstance(access, str) or not isinstance(following, str):
            code = told.get("error", "-")
            raise Retry(f"no access token (Zalo {code}): put a new pair into {of.token_file}")
        lasts = str(told.get("expires_in", ""))
        until = self._wall() + (int(lasts) if lasts.isascii() and lasts.isdigit() else 3600)
        self._keep({"access_token": access, "refresh_token": following, "expires_at": until})
        return access

    def _kept(self) -> dict[str, Any]:
        text = read_secret(self._section.token_file, "zalo.token_file")
        try:
            kept = json.loads(text)
        except ValueError as error:
            raise Retry(f"{self._section.token_file} is not JSON") from error
        if not isinstance(kept, dict):
            raise Retry(f"{self._section.token_file} is no JSON object with a refresh_token")
        return kept

    def _keep(self, pair: Mapping[str, Any]) -> None:
        path: Path = self._section.token_file
        beside = path.with_name(f"{path.name}.new")
        try:
            with os.fdopen(
                os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as to:
                to.write(json.dumps(pair))
                to.flush()
                os.fsync(to.fileno())
            beside.replace(path)
        except OSError as error:
            raise Retry(
                f"{path} cannot be written, and the refresh token in it is used up"
            ) from error
