"""What to do with a recording: ``scripts/recording shapes FILE`` and ``scripts/recording keep FILE NAME``."""

import argparse
from collections.abc import Mapping
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Final

from custom_components.enphase_cloud_things.enlighten import unknown_shapes
from simulator.replay import RecordingError, read_document

_FOLDER: Final = Path(__file__).parent
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def main() -> int:
    """Do what the command line asks for, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/recording", description="List what is new in a recording, or keep it."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shapes = commands.add_parser("shapes", help="list what docs/api.md does not know, ready for an issue")
    keep = commands.add_parser("keep", help="make a test of it in recordings/")
    for command in (shapes, keep):
        command.add_argument("file", type=Path, help="a recording, or diagnostics that have one")
    keep.add_argument("name", type=_name, help="what the test is called, e.g. energy-in-kwh")
    keep.add_argument("--folder", type=Path, default=_FOLDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        document = read_document(arguments.file)
    except RecordingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments.command == "shapes":
        sys.stdout.write(_report(document))
        return 0
    return _keep(document, arguments.folder, arguments.name)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("a name has small letters, digits and hyphens")
    return text


def _report(document: Mapping[str, object]) -> str:
    """Return what is new as lines of Markdown."""
    found = unknown_shapes(json.loads(json.dumps(document)))
    if not found:
        return "Nothing in this recording is new to docs/api.md.\n"
    lines = [f"{len(found)} shapes that docs/api.md does not know:" if len(found) > 1 else "One new shape:", ""]
    return "\n".join([*lines, *(f"- `{each}`" for each in found), ""])


def _keep(document: Mapping[str, object], folder: Path, name: str) -> int:
    """Put a recording into the folder, and beside it what Home Assistant makes of it today."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    code = subprocess.call(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/recording/test_kept.py"),
            *("-k", f"[{name}]", "--recordings", str(folder), "--write-expected"),
        ],
        cwd=_FOLDER.parent,
    )
    if code == 0:
        sys.stdout.write(
            f"Correct what is wrong in {folder.name}/{name}.expected.json, delete what does not matter there,\n"
            "and run scripts/test tests/recording.\n"
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
