"""Plays a recording of the real cloud back, with the fault in it (docs/recording.md)."""

from .playback import Playback
from .recording import RecordedReply, Recording, RecordingError, read_document, read_recording
from .server import Replay, replaying

__all__ = [
    "Playback",
    "RecordedReply",
    "Recording",
    "RecordingError",
    "Replay",
    "read_document",
    "read_recording",
    "replaying",
]
