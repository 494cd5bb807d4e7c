"""A recording: a folder that opens in a spreadsheet and an image viewer.

`session.json` says how it was made and what came of it, `drive.csv` has one row a frame, `frames/` the pictures, and
`left_out.json` what of it is not to be used. A row is handed to the operating system only after its pictures are
closed: whatever kills the program, the folder opens again without the last few rows.
"""

from alvinn.recording.left_out import Range
from alvinn.recording.pictures import CODED, JPEG_QUALITY, jpeg_of, png_of
from alvinn.recording.reading import Recording
from alvinn.recording.rows import COLUMNS, Row
from alvinn.recording.session import Session, read_session
from alvinn.recording.writing import RecordingWriter

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
