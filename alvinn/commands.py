"""The commands: what each is for, which settings and flags it has, and an example."""

from __future__ import annotations

from alvinn.help import Job

SIM = Job("", "", "Start the embedded CARLA server, for any 0.9.16 client.")
STARTS = {
    "demo": "See it learn and drive, in five minutes, with nobody at the wheel",
    "drive shipped": "Watch the network that is installed drive, and take over when you like",
    "drive": "Drive yourself and record it, for a network to learn from",
}
"""What to type first, after the name of the program."""
MODEL_FIRST = {"card", "drive", "laps"}
"""Jobs whose positional word is a model; they take --model too."""


JOBS = {
    "drive": Job(
        "drive",
        "Drive",
        "Drive in a window: alone, or supervising a network.",
        group="drive",
        matters=("model", "map", "device", "record", "gate"),
        example="drive shipped --map oval",
    ),
    "record": Job(
        "record",
        "Record",
        "Record camera frames and steering.",
        group="drive",
        matters=("driver", "map", "seconds", "noise", "both_directions"),
        example="record mine --noise --both-directions",
    ),
    "replay": Job(
        "replay",
        "Replay",
        "Show a recording; F1 in the window lists the keys.",
        group="drive",
        example="replay mine --model shipped",
    ),
    "calibrate": Job(
        "calibrate",
        "Calibrate",
        "Get to know a wheel or gamepad, and remember it for all drives.",
        group="drive",
        example="calibrate",
    ),
    "train": Job(
        "train",
        "Train",
        "Train a network to steer from recordings.",
        group="learn",
        matters=("data", "network", "epochs", "resume", "overwrite"),
        example="train mine --data mine",
    ),
    "learn": Job(
        "learn",
        "Learn",
        "Learn to steer while somebody drives, then drive (ALVINN, 1991).",
        group="learn",
        matters=("network", "driver", "map", "fallback", "patience"),
        example="learn quick --headless --map oval",
    ),
    "correct": Job(
        "correct",
        "Correct",
        "Let the network drive, and teach it where it drifts (DAgger).",
        group="learn",
        matters=("data", "rounds", "gate", "expert", "live"),
        example="correct better --data mine --rounds 1",
    ),
    "refine": Job(
        "refine",
        "Refine",
        "Refine a model by reinforcement: it learns what to add to its steering.",
        group="learn",
        matters=("model", "from_scratch", "minutes", "resume", "overwrite"),
        example="refine finer --model mine",
    ),
    "laps": Job(
        "laps",
        "Laps",
        "Drive laps and judge them: completion, departures, offset.",
        group="judge",
        matters=("model", "maps", "both_directions", "weathers", "with_expert", "overwrite"),
        example="laps mine --maps country,random:42 --both-directions",
    ),
    "compare": Job(
        "compare",
        "Compare",
        "Compare judged models: a table, and a page with figures.",
        group="judge",
        example="compare mine better",
    ),
    "recount": Job(
        "recount",
        "Recount",
        "Recount judged laps from their logs, with separate code.",
        group="judge",
        example="recount mine",
    ),
    "card": Job(
        "card",
        "ShowCard",
        "Describe a model: card, network, hidden units, training curves.",
        group="judge",
        example="card shipped",
    ),
    "classroom": Job(
        "classroom",
        "ShowClassroom",
        "Serve a page on which a class watches, bets, pushes and drives.",
        group="teach",
        matters=("model", "drive", "replay", "share", "port"),
        example="classroom --share",
    ),
    "lesson": Job(
        "lesson",
        "ShowLesson",
        "Show a lesson, or check its exercise.",
        group="teach",
        example="lesson 2 --check",
    ),
    "demo": Job(
        "demo",
        "Demo",
        "Record, train and drive by itself, in about five minutes.",
        group="teach",
        example="demo",
    ),
    "shift": Job(
        "shift",
        "Shift",
        "Measure the covariate shift, and what each teaching method does for it.",
        group="teach",
        matters=("out", "seeds", "rounds", "maps", "judge"),
        example="shift --seeds 1 --rounds 1",
    ),
    "accept": Job(
        "accept",
        "Accept",
        "Judge what corrections reach on unseen circuits, seed by seed.",
        group="teach",
        example="accept --seeds 1",
    ),
    "ablation": Job(
        "ablation",
        "Ablation",
        "Measure the contribution of each part of the learner.",
        group="teach",
        matters=("out", "cells", "seeds", "maps", "jobs"),
        example="ablation --cells conv,conv-scalar --seeds 1",
    ),
    "list": Job(
        "list",
        "ShowList",
        "List recordings and models: length, driver, quality, last verdict, size.",
        example="list",
    ),
    "convert": Job(
        "convert",
        "Convert",
        "Import a recording of another program, or export one of ours.",
        matters=("source_format", "target_format", "overwrite"),
        example="convert mine data/mine-udacity --to udacity",
    ),
    "doctor": Job(
        "doctor",
        "Doctor",
        "Check the installation, the devices and the CARLA server.",
        example="doctor",
    ),
}
"""Every job by its name on the command line; a test compares the summaries with the docstrings of the settings."""
