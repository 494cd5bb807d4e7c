"""A recording: a folder that opens in a spreadsheet and an image viewer.

`session.json` describes how it was made and its quality, `drive.csv` has one row per frame, `frames/` the pictures, and
`left_out.json` the excluded row ranges. A row is written only after its pictures are closed: if the program is killed,
the folder still opens, without the last few rows.
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
