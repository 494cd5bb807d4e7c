"""Settings of an episode: the eleven fields of `carla.WorldSettings`, by CARLA's names."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_STEP = 0.05  # [s] per tick if the client does not set fixed_delta_seconds


@dataclass(frozen=True, slots=True)
class EpisodeSettings:
    """CARLA's settings with its defaults; only the first three have an effect, the others are stored and returned."""

    synchronous_mode: bool = False
    no_rendering_mode: bool = False
    fixed_delta_seconds: float | None = None
    substepping: bool = True
    max_substep_delta_time: float = 0.01
    max_substeps: int = 10
    max_culling_distance: float = 0.0
    deterministic_ragdolls: bool = False
    tile_stream_distance: float = 3000.0
    actor_active_distance: float = 2000.0
    spectator_as_ego: bool = True

    @property
    def step(self) -> float:
        """Duration of a tick [s]; CARLA's clients send 0 for an unset one."""
        return self.fixed_delta_seconds or DEFAULT_STEP
