"""A recording: a folder that opens in a spreadsheet and an image viewer.

`session.json` says how it was made and what came of it, `drive.csv` has one row a frame, `frames/` the pictures, and
`left_out.json` what of it is not to be used. A row is handed to the operating system only after its pictures are
closed: whatever kills the program, the folder opens again without the last few rows.
"""

from alvinn.recording.exclusions import Range
from alvinn.recording.reader import Recording
from alvinn.recording.rows import COLUMNS, Row
from alvinn.recording.session import Session, read_session
from alvinn.recording.writer import RecordingWriter
from alvinn.util.images import CODED, JPEG_QUALITY, jpeg_of, png_of

__all__ = [
    "CODED",
    "COLUMNS",
    "JPEG_QUALITY",
    "Range",
    "Recording",
    "RecordingWriter",
    "Row",
    "Session",
    "jpeg_of",
    "png_of",
    "read_session",
]
