"""The Gymnasium environment: `import alvinn.gym` registers `alvinn/LaneKeeping-v0`. Extra: gym.

M. Towers et al., Gymnasium: a standard interface for reinforcement learning environments, arXiv:2407.17032.
"""

from __future__ import annotations

from alvinn.errors import name_extra

try:
    from gymnasium.envs.registration import register, registry
except ModuleNotFoundError as error:
    if error.name != "gymnasium":
        raise
    raise ModuleNotFoundError(f"alvinn.gym requires Gymnasium, {name_extra('gym')}", name="gymnasium") from None

LANE_KEEPING = "alvinn/LaneKeeping-v0"

if LANE_KEEPING not in registry:
    register(LANE_KEEPING, entry_point="alvinn.gym.lane_keeping:LaneKeepingEnv")
