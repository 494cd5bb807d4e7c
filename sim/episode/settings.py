"""How an episode runs: the eleven fields of `carla.WorldSettings`, by CARLA's names."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_STEP = 0.05  # seconds a tick, where the client leaves fixed_delta_seconds open


@dataclass(frozen=True, slots=True)
class EpisodeSettings:
    """CARLA's defaults; the clock and rendering have an effect here, the rest is kept and given back."""

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
        """Simulation seconds that a tick takes; CARLA writes 0 for a step left open."""
        return self.fixed_delta_seconds or DEFAULT_STEP
