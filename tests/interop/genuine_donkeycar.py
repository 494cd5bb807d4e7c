"""Run by an environment that has donkeycar: its own classes and training on a tub, none of our code.

    python genuine_donkeycar.py FOLDER

FOLDER holds `export` (a tub of ours) and `reference.npz` (what is in it). Made there: `made`, a tub of donkeycar's.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import donkeycar
import numpy as np
from donkeycar.config import Config
from donkeycar.parts.tub_v2 import Tub
from donkeycar.pipeline.types import TubDataset, TubRecord
from PIL import Image

ROWS, SIZE, DELETED = 30, (120, 160), (3, 4, 5)
INPUTS = ["cam/image_array", "user/angle", "user/throttle", "user/mode"]
TYPES = ["image_array", "float", "float", "str"]


def check_export(folder: Path) -> None:
    """Records and pictures against what the recording holds."""
    reference = np.load(folder / "reference.npz")
    tub = Tub(str(folder / "export"), read_only=True)
    records = list(tub)
    assert [record["user/angle"] for record in records] == reference["steering"].tolist()
    worst = math.inf
    for at, picture in zip(reference["rows"], reference["pictures"], strict=True):
        record = TubRecord(config(folder), tub.base_path, records[int(at)])
        error = float(np.mean((record.image().astype(float) - picture) ** 2))
        worst = min(worst, 10 * math.log10(255.0**2 / max(error, 1e-9)))
    assert tub.manifest.session_id is not None
    print(f"opened: {len(records)} records; worst PSNR {worst:.1f} dB of {len(reference['rows'])} pictures")


def edit(folder: Path) -> None:
    """Delete and restore records."""
    tub = Tub(str(folder / "export"))
    whole = len(tub)
    tub.delete_records([0, 1, 2])
    tub.close()
    less = len(list(Tub(str(folder / "export"), read_only=True)))
    tub = Tub(str(folder / "export"))
    tub.restore_records([0, 1, 2])
    tub.close()
    back = len(list(Tub(str(folder / "export"), read_only=True)))
    assert (less, back) == (whole - 3, whole)
    print(f"edited: {whole} records, {less} after deleting three, {back} after restoring them")


def config(folder: Path) -> Config:
    """donkeycar's own settings for cars, with this tub's pictures."""
    template = Path(donkeycar.__file__).parent / "templates" / "cfg_complete.py"
    settings = Config()
    settings.from_pyfile(str(template))
    height, width = np.load(folder / "reference.npz")["pictures"].shape[1:3]
    small = {"IMAGE_W": int(width), "IMAGE_H": int(height), "MAX_EPOCHS": 1, "BATCH_SIZE": 32}
    own = {"MODELS_PATH": str(folder), "CAR_PATH": str(folder), "DATA_PATH": str(folder), "CREATE_TF_LITE": False}
    for name, value in {**small, **own, "PRINT_MODEL_SUMMARY": False, "SHOW_PLOT": False, "VERBOSE_TRAIN": 0}.items():
        setattr(settings, name, value)
    return settings


def train_on(folder: Path) -> None:
    """An epoch of donkeycar's linear model."""
    from donkeycar.pipeline.training import train  # needs TensorFlow: what comes before runs without it

    settings = config(folder)
    records = TubDataset(config=settings, tub_paths=[str(folder / "export")]).get_records()
    history = train(settings, str(folder / "export"), str(folder / "pilot.keras"), "linear")
    losses = {name: round(values[-1], 4) for name, values in history.items() if name in {"loss", "val_loss"}}
    print(f"trained on {len(records)} records: {losses}")


def make(folder: Path) -> None:
    """A tub with deleted records, and what is in it."""
    tub = Tub(str(folder), inputs=INPUTS, types=TYPES, max_catalog_len=10)
    columns, rows = np.meshgrid(np.linspace(0, 3, SIZE[1]), np.linspace(0, 2, SIZE[0]))
    steering, pictures = [], []
    for at in range(ROWS):
        waves = [np.sin(columns + 0.2 * at), np.cos(rows + 0.1 * at), np.sin(rows * columns)]
        pictures.append(np.clip(127.5 + 100.0 * np.stack(waves, axis=-1), 0, 255).astype(np.uint8))
        steering.append(math.sin(0.5 * at) * 0.7)
        tub.write_record(dict(zip(INPUTS, (pictures[-1], steering[-1], 0.4, "user"), strict=True)))
    tub.delete_records(list(DELETED))
    tub.close()
    kept = [at for at in range(ROWS) if at not in DELETED]
    stored = [np.asarray(Image.open(folder / "images" / f"{at}_cam_image_array_.jpg")) for at in kept]
    np.savez(folder / "reference.npz", steering=np.array(steering)[kept], pictures=stored)
    print(f"made: {ROWS} records in {len(list(folder.glob('*.catalog')))} catalogs, {len(DELETED)} deleted")


def main(folder: Path) -> None:
    """All of it."""
    print(f"donkeycar {donkeycar.__version__}")
    make(folder / "made")
    check_export(folder)
    edit(folder)
    train_on(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
