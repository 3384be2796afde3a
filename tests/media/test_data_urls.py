"""Base64 and `data:` URLs are read as browsers read them."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensorium.errors import MediaError
from sensorium.media.data_urls import decode_base64, is_data_url, read_data_url


@given(
    st.binary(max_size=200), st.integers(1, 80), st.sampled_from(["\n", "\r\n", " ", "\t", "\f"])
)
def test_white_space_and_missing_padding_do_not_matter(data, width, space):
    text = base64.b64encode(data).decode()
    wrapped = space.join(text[n : n + width] for n in range(0, len(text), width)) + space
    assert decode_base64(wrapped) == data
    assert decode_base64(text.rstrip("=")) == data
    assert read_data_url("data:image/png;base64," + wrapped) == data
    assert read_data_url("DATA:image/png;charset=utf-8;BASE64," + quote(text, safe="")) == data
    assert read_data_url("data:," + quote(data)) == data


@pytest.mark.parametrize(
    "text", ["_-__", "a", "aaaaa", "=", "ab=", "a=b=", "abc==", "ab==cd==", "é", "a*bc"]
)
def test_what_is_no_base64_is_refused(text):
    with pytest.raises(MediaError, match="not valid base64"):
        decode_base64(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("data:,x", True),
        ("DATA:,x", True),
        (" data:image/png;base64,", True),
        ("\0\n da\nt\ta\r\n:,x", True),
        ("\u00a0data:,x", False),
        ("da ta:,x", False),
        ("data", False),
        ("database.png", False),
        ("pictures/data:1.png", False),
    ],
)
def test_the_scheme_is_known_in_any_case(text, wanted):
    assert is_data_url(text) is wanted


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("data:image/png;base64,aGVsbG8=#x", b"hello"),
        ("data:image/png;base64,aGVsbG8#a,b#c", b"hello"),
        ("data:image/png;\nba\r\nse64\t,aGVs\tbG8=\r\n", b"hello"),
        ("da\nta:,hel\nlo#", b"hello"),
        ("\x01 data:,a b%23c%0A ", b"a b#c\n"),
    ],
)
def test_fragments_and_line_ends_are_no_part_of_a_url(url, data):
    assert is_data_url(url)
    assert read_data_url(url) == data


def test_a_url_without_data_is_refused():
    with pytest.raises(MediaError, match="no comma"):
        read_data_url("data:image/png;base64")
    with pytest.raises(MediaError, match="no comma"):
        read_data_url("data:image/png#,x")
