"""Text from the cloud where Home Assistant may render it."""

from hypothesis import given, strategies as st
import pytest

from custom_components.enphase_cloud_things.cloud_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Lark Street 5", "Lark Street 5"),
        ("Familie Müller-Öhm & Töchter", "Familie Müller-Öhm & Töchter"),
        ("Carport_2 (left)", "Carport_2 (left)"),
        ("one\ntwo\r\n\tthree\u2028four", "one two three four"),
        ("[click](https://evil.example)", "click(https evil.example)"),
        ("<img src=x onerror=alert(1)>", "img src=x onerror=alert(1)"),
        ("<https://evil.example>", "https evil.example"),
        ("www.evil.example", "evil.example"),
        ("**bold** `code`", "bold code"),
        ("# heading\n- item", "# heading - item"),
        ("  ", ""),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_text_is_one_line_without_markup_and_links(text: str, shown: str) -> None:
    """Trap 92."""
    assert plain(text) == shown


@given(st.text())
def test_whatever_comes_is_one_short_line_and_stays_as_it_is(text: str) -> None:
    """Trap 92."""
    line = plain(text)
    assert len(line) <= 255
    assert line == plain(line)
    assert len(line.splitlines()) <= 1
    assert not set(line) & set("<>[]`*\\")
