"""A recording: a folder that opens in a spreadsheet and an image viewer.

`session.json` describes how it was made and its quality, `drive.csv` has one row per frame, `frames/` the pictures, and
`left_out.json` the excluded row ranges. A row is written only after its pictures are closed: if the program is killed,
the folder still opens, without the last few rows.
"""

from alvinn.recording.exclusions import Range
from alvinn.recording.reader import Recording
from alvinn.recording.rows import COLUMNS, Outcome, Row, name_lane, parse_lane
from alvinn.recording.session import Session, make_session, read_session
from alvinn.recording.writer import RecordingWriter

__all__ = [
    "COLUMNS",
    "Outcome",
    "Range",
    "Recording",
    "RecordingWriter",
    "Row",
    "Session",
    "make_session",
    "name_lane",
    "parse_lane",
    "read_session",
]
