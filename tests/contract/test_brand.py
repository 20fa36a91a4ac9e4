"""The images that Home Assistant and HACS show for the integration."""

from pathlib import Path
import struct
from typing import Final

import pytest

from .repository import INTEGRATION

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
COLOUR_WITH_TRANSPARENCY: Final = 6
ICON_SIDES: Final = {"icon.png": 256, "icon@2x.png": 512, "dark_icon.png": 256, "dark_icon@2x.png": 512}
LOGO_SHORT_SIDES: Final = {
    "logo.png": range(128, 257),
    "logo@2x.png": range(256, 513),
    "dark_logo.png": range(128, 257),
    "dark_logo@2x.png": range(256, 513),
}
BRAND: Final = INTEGRATION / "brand"


def header(path: Path) -> tuple[int, int, int]:
    """Return width, height and colour type of a PNG image."""
    content = path.read_bytes()
    assert content.startswith(SIGNATURE), f"{path.name} is not a PNG image"
    width, height, _, colour_type = struct.unpack(">IIBB", content[16:26])
    return width, height, colour_type


def test_the_brand_folder_holds_all_images_and_nothing_else() -> None:
    assert {path.name for path in BRAND.iterdir()} == ICON_SIDES.keys() | LOGO_SHORT_SIDES.keys()


@pytest.mark.parametrize(("name", "side"), ICON_SIDES.items())
def test_an_icon_is_a_square_of_the_right_size(name: str, side: int) -> None:
    assert header(BRAND / name)[:2] == (side, side)


@pytest.mark.parametrize(("name", "allowed"), LOGO_SHORT_SIDES.items())
def test_a_logo_lies_flat_and_has_the_right_height(name: str, allowed: range) -> None:
    width, height, _ = header(BRAND / name)
    assert width >= height, f"{name} has to be wider than high"
    assert height in allowed, f"the shorter side of {name} has to be {allowed.start} to {allowed.stop - 1} pixels"


@pytest.mark.parametrize("name", [*ICON_SIDES, *LOGO_SHORT_SIDES])
def test_an_image_can_be_seen_on_any_background(name: str) -> None:
    assert header(BRAND / name)[2] == COLOUR_WITH_TRANSPARENCY, f"{name} has to be stored with transparency"


@pytest.mark.parametrize("name", ["icon", "logo", "dark_icon", "dark_logo"])
def test_an_image_for_fine_screens_has_twice_the_size(name: str) -> None:
    width, height, _ = header(BRAND / f"{name}.png")
    fine_width, fine_height, _ = header(BRAND / f"{name}@2x.png")
    assert fine_height == 2 * height
    assert abs(fine_width - 2 * width) <= 1
