"""Run by an environment that has LeRobot: its own class, editing tools and ACT on a dataset, none of our code.

    python genuine_lerobot.py FOLDER

FOLDER holds `export` (a dataset of ours) and `reference.npz` (what is in it). Made there: `edited-*` and `made-*`,
datasets that LeRobot wrote. A failure ends in LeRobot's own traceback.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import lerobot
import numpy as np
import numpy.typing as npt
from lerobot.datasets.dataset_tools import delete_episodes, merge_datasets, split_dataset
from lerobot.datasets.lerobot_dataset import LeRobotDataset

BACKEND = "pyav"
FPS, EPISODES, ROWS, SIZE = 20, 4, 25, (60, 160)
STEPS = 4


def open_dataset(root: Path) -> LeRobotDataset:
    """A dataset on this disk; time stamps that do not keep to the rate are an error."""
    return LeRobotDataset(f"alvinn/{root.name}", root=root, video_backend=BACKEND)


def check_export(folder: Path) -> LeRobotDataset:
    """Rows, actions and frames against what the recording holds."""
    dataset, reference = open_dataset(folder / "export"), np.load(folder / "reference.npz")
    assert len(dataset) == len(reference["steering"])
    stamps = np.array([float(dataset[int(at)]["timestamp"]) for at in reference["rows"]])
    np.testing.assert_allclose(stamps, reference["time_in_episode"], atol=1e-4)
    worst = math.inf
    cameras = [key for key in dataset.features if key.startswith("observation.images.")]
    for camera in cameras:
        for at, picture in zip(reference["rows"], reference[camera], strict=True):
            row = dataset[int(at)]
            assert float(row["action"][0]) == np.float32(reference["steering"][at])
            seen = row[camera].numpy().transpose(1, 2, 0) * 255.0
            worst = min(worst, 10 * math.log10(255.0**2 / float(np.mean((seen - picture) ** 2))))
    counts = f"{len(dataset)} rows, {dataset.num_episodes} episodes, {len(cameras)} cameras"
    print(f"opened: {counts}; worst PSNR {worst:.1f} dB of {len(cameras) * len(stamps)} frames")
    return dataset


def edit(dataset: LeRobotDataset, folder: Path) -> None:
    """Delete, split and merge; the statistics of what is left are those of its rows."""
    less = delete_episodes(dataset, [0], output_dir=folder / "edited-delete", repo_id="alvinn/less")
    parts = split_dataset(dataset, {"a": [0], "b": [1, 2]}, output_dir=folder / "edited-split")
    whole = merge_datasets([parts["b"], parts["a"]], "alvinn/whole", output_dir=folder / "edited-merge")
    assert len(whole) == len(dataset)
    for name, found in {"delete": less, "split a": parts["a"], "split b": parts["b"], "merge": whole}.items():
        actions = np.stack([np.asarray(action) for action in found.hf_dataset["action"]])
        told = found.meta.stats["action"]
        np.testing.assert_allclose(told["mean"], actions.mean(0), atol=1e-5)
        np.testing.assert_allclose(told["std"], actions.std(0), atol=1e-5)
        assert {"q01", "q10", "q50", "q90", "q99"} <= set(told)
        print(f"{name}: {len(found)} rows; mean, standard deviation and quantiles are there and right")


def train(folder: Path, kind: str) -> None:
    """Some steps of a policy on the dataset as it is."""
    command = ["lerobot-train", "--dataset.repo_id=alvinn/export", f"--dataset.root={folder / 'export'}"]
    command += [f"--dataset.video_backend={BACKEND}", f"--policy.type={kind}", "--policy.device=cpu"]
    command += ["--policy.push_to_hub=false", "--policy.pretrained_backbone_weights=null", f"--steps={STEPS}"]
    command += ["--batch_size=2", "--num_workers=0", "--log_freq=1", "--wandb.enable=false"]
    command += [f"--output_dir={folder / f'trained-{kind}'}", "--policy.chunk_size=10", "--policy.n_action_steps=10"]
    command += ["--policy.dim_model=64", "--policy.n_heads=2", "--policy.dim_feedforward=64"]
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], check=False, text=True, capture_output=True)
    losses = [line.split("loss:")[1].split()[0] for line in done.stderr.splitlines() if " loss:" in line]
    assert done.returncode == 0, done.stderr[-2000:]
    print(f"{kind}: {STEPS} steps, losses {', '.join(losses)}")


def steering_of(episode: int, row: int) -> float:
    """A steering that no other row has."""
    return math.sin(0.3 * row + episode) * 0.45


def picture_of(episode: int, row: int) -> npt.NDArray[np.uint8]:
    """A picture that no other row has."""
    rows, columns = np.mgrid[0.0 : 1.0 : complex(SIZE[0]), 0.0 : 1.0 : complex(SIZE[1])]
    waves = [np.sin(3.0 * columns + 0.4 * row), np.cos(2.0 * rows + episode), np.sin(rows * columns * 6.0)]
    return np.clip(127.5 + 100.0 * np.stack(waves, axis=-1), 0, 255).astype(np.uint8)


def make(folder: Path, *, films: bool) -> None:
    """A dataset of several episodes and files, and what is in it."""
    kind = "video" if films else "image"
    features = {
        "observation.images.front": {"dtype": kind, "shape": (*SIZE, 3), "names": ["height", "width", "channels"]},
        "observation.state": {"dtype": "float32", "shape": (2,), "names": ["speed", "yaw_rate"]},
        "action": {"dtype": "float32", "shape": (3,), "names": ["steering", "throttle", "brake"]},
    }
    dataset = LeRobotDataset.create(f"alvinn/{kind}", FPS, features, root=folder, use_videos=films)
    limit = {"video_files_size_in_mb": 0.002, "data_files_size_in_mb": 0.02}  # several files
    dataset.meta.update_chunk_settings(**limit)
    steering, pictures = [], []
    for episode in range(EPISODES):
        for row in range(ROWS):
            steering.append(steering_of(episode, row))
            pictures.append(picture_of(episode, row))
            numbers = {
                "observation.state": np.array([5.0 + episode, 0.1], dtype=np.float32),
                "action": np.array([steering[-1], 0.4, 0.0], dtype=np.float32),
            }
            dataset.add_frame({**numbers, "observation.images.front": pictures[-1], "task": "keep to the lane"})
        dataset.save_episode()
    dataset.finalize()
    np.savez(folder / "reference.npz", steering=steering, pictures=pictures)
    files = [len(list(folder.rglob(f"*.{ending}"))) for ending in ("parquet", "mp4")]
    print(f"made with {kind}s: {len(steering)} rows, {EPISODES} episodes, {files[0]} tables, {files[1]} films")


def main(folder: Path) -> None:
    """All of it."""
    print(f"LeRobot {lerobot.__version__}")
    for films in (True, False):
        make(folder / ("made-films" if films else "made-pictures"), films=films)
    dataset = check_export(folder)
    edit(dataset, folder)
    train(folder, "act")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
