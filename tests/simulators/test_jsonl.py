from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.jsonl import read, write
from simulators.message import Outgoing

messages = st.lists(
    st.builds(
        Outgoing,
        st.text(min_size=1),
        st.text().map(str.encode),
        st.integers(0, 2**40),
    )
)


@given(messages)
def test_what_is_written_is_read(sent: list[Outgoing]) -> None:
    file = io.StringIO()
    assert write(sent, file) == len(sent)
    assert list(read(io.StringIO(file.getvalue()))) == sent


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "not JSON"),
        ("[1]", "expected an object"),
        ('{"topic": 1, "payload": "", "due": 1}', "must be texts"),
        ('{"topic": "t", "payload": "", "due": 1.5}', "whole epoch seconds"),
        ('{"topic": "t", "payload": "", "due": true}', "whole epoch seconds"),
        ('{"topic": "t", "payload": ""}', "whole epoch seconds"),
    ],
)
def test_a_wrong_line_is_named(text: str, said: str) -> None:
    good = '{"topic": "t", "payload": "p", "due": 7}'
    with pytest.raises(ValueError, match=f"kept.jsonl, line 3: .*{said}"):
        list(read([good, "", text], "kept.jsonl"))
