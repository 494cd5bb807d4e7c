"""Settings that jobs share: folders, maps and weathers by name, where and how to drive, and checks of flags."""

from alvinn.settings.driving import CameraFlags, Driving
from alvinn.settings.flags import (
    is_address,
    is_unchanged,
    list_given,
    refuse_idle,
    require_above_zero,
    require_address,
    require_distinct,
    require_names,
    require_seed,
    require_start,
)
from alvinn.settings.home import SHIPPED, Home
from alvinn.settings.names import (
    FAMILIES,
    MAP_FLAGS,
    MAPS,
    WEATHERS,
    check_names,
    find_map,
    find_weather,
    is_built_in,
    is_file_name,
    split_names,
)

__all__ = [
    "FAMILIES",
    "MAPS",
    "MAP_FLAGS",
    "SHIPPED",
    "WEATHERS",
    "CameraFlags",
    "Driving",
    "Home",
    "check_names",
    "find_map",
    "find_weather",
    "is_address",
    "is_built_in",
    "is_file_name",
    "is_unchanged",
    "list_given",
    "refuse_idle",
    "require_above_zero",
    "require_address",
    "require_distinct",
    "require_names",
    "require_seed",
    "require_start",
    "split_names",
]
