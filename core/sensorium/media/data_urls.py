"""Files inside of text: `data:` URLs and base64, read as leniently as browsers read them."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote_to_bytes

from sensorium.errors import MediaError

_DROPPED = str.maketrans("", "", "\t\n\r")
_ENDS = "".join(map(chr, range(0x21)))
_BASE64 = re.compile(r";[ ]*base64[ ]*$", re.IGNORECASE)
_SPACE = b" \t\n\r\f"


def is_data_url(text: str) -> bool:
    """Whether it is one; the case of the scheme does not matter."""
    return _without_blanks(text)[:5].lower() == "data:"


def read_data_url(url: str) -> bytes:
    """The bytes that a `data:` URL holds; MediaError where it holds none.

    As in the WHATWG's standards "url" and "fetch": tabs, line ends and a fragment (`#…`) are
    dropped; what stands behind the comma is percent-decoded, then, if the URL says so,
    forgiving-base64 decoded.
    """
    url = _without_blanks(url).partition("#")[0]
    head, comma, body = url.partition(",")
    if not comma:
        raise MediaError("The data: URL has no comma, behind which its data would stand")
    data = unquote_to_bytes(body)
    return decode_base64(data) if _BASE64.search(head) else data


def _without_blanks(url: str) -> str:
    """Less the tabs and line ends anywhere in it, and blanks and control characters at its ends."""
    return url.translate(_DROPPED).strip(_ENDS)


def decode_base64(text: str | bytes) -> bytes:
    """WHATWG's "forgiving-base64": white space is dropped, and padding may be missing.

    Raises MediaError for any other letter outside of base64's alphabet, that of URLs among them.
    """
    try:
        data = text.encode("ascii") if isinstance(text, str) else text
        data = data.translate(None, _SPACE)
        if len(data) % 4 == 0:
            data = data.removesuffix(b"=").removesuffix(b"=")
        if b"=" in data:
            raise ValueError("padding where none may be")
        return base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except ValueError as error:  # binascii's own error is one
        raise MediaError("It is not valid base64") from error
