"""Text messages through a gateway that speaks as eSMS does: a code in the body of a 200."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tolich.notify.answers import Meaning, check_code, check_status
from tolich.notify.channel import Message, Retry, Sent
from tolich.notify.phones import international
from tolich.notify.posting import Answer, Poster, read_secret
from tolich.notify.sections import Sms

PATH = "/SendMultipleMessage_V4_post_json/"

CODES = {
    "100": (Meaning.SENT, "taken"),
    "124": (Meaning.SENT, "has our key already: an earlier attempt arrived"),
    "99": (Meaning.NEVER, "the number is blocked at the gateway"),
    "101": (Meaning.AGAIN, "ApiKey or SecretKey is wrong: mend the files that hold them"),
    "102": (Meaning.AGAIN, "the account has no price list: ask the gateway"),
    "103": (Meaning.AGAIN, "the account's balance is used up: pay in"),
    "104": (Meaning.AGAIN, "the brand name is not registered: correct notify.sms.brand"),
    "108": (Meaning.NEVER, "the telephone number is wrong: correct the account"),
    "118": (Meaning.AGAIN, "the kind of message is not supported: correct notify.sms.sms_type"),
    "140": (Meaning.AGAIN, "our address is not on the gateway's list: have it added"),
    "146": (Meaning.NEVER, "the text fits no template registered for the brand name"),
    "177": (Meaning.NEVER, "the brand name is not registered with the receiver's network"),
}
"""CodeResult: what it means and what to do (the gateway's own table, read in 2026)."""

UNKNOWN = "a code that is not in our table; see the gateway's"


class SmsChannel:
    """Addresses are Vietnamese telephone numbers."""

    def __init__(self, section: Sms, wall: Callable[[], int]) -> None:
        self._section = section
        self._wall = wall
        self._poster = Poster(section.timeout)

    def send(self, message: Message) -> Sent:
        """Hand it to the gateway. Raises Retry or Undeliverable."""
        of = self._section
        content = {
            "ApiKey": read_secret(of.api_key_file, "sms.api_key_file"),
            "SecretKey": read_secret(of.secret_key_file, "sms.secret_key_file"),
            "Phone": international(message.address),
            "Content": message.body.sms,
            "Brandname": of.brand,
            "SmsType": str(of.sms_type),
            "IsUnicode": "0",
            "RequestId": message.key[:40],  # the gateway takes 50 characters
        }
        headers = {"Content-Type": "application/json", "User-Agent": "tolich"}
        answer = self._poster.post(of.url + PATH, json.dumps(content).encode(), headers)
        check_status(answer.status, answer.said, answer.retry_after, self._wall())
        told = understood(answer)
        check_code(str(told.get("CodeResult")), CODES, UNKNOWN, "gateway")
        return Sent(f"SMSID {told.get('SMSID', '-')}")


def understood(answer: Answer) -> dict[str, Any]:
    """The JSON object of a 200. Raises Retry: what came instead says nothing of the message."""
    try:
        told = json.loads(answer.body)
    except ValueError as error:
        raise Retry(f"the answer is not JSON: {answer.said[:80]!r}") from error
    if not isinstance(told, dict):
        raise Retry(f"the answer is no JSON object: {answer.said[:80]!r}")
    return told
