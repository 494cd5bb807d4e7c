"""The blueprints there are: CARLA's names, tags and attributes.

The attribute lists are those of CARLA 0.9.16 (its reference of sensors), so that a program that sets every attribute of
a camera runs here too; what this server does not draw (lens effects, exposure) is accepted and has no effect. Programs
also look sensors up that they never spawn: those of ELSEWHERE are listed, and spawning one is an error.
"""

from __future__ import annotations

from sim.episode.attributes import Attribute, AttributeType, Blueprint, constant, floats, ints
from sim.geometry.poses import Vector

VEHICLE = "vehicle.tesla.model3"  # the one whose numbers are its own
RGB_CAMERA = "sensor.camera.rgb"
DEPTH_CAMERA = "sensor.camera.depth"
SEGMENTATION_CAMERA = "sensor.camera.semantic_segmentation"
INSTANCE_CAMERA = "sensor.camera.instance_segmentation"
COLLISION, LANE_INVASION = "sensor.other.collision", "sensor.other.lane_invasion"
GNSS, IMU = "sensor.other.gnss", "sensor.other.imu"
LIDAR, SEMANTIC_LIDAR = "sensor.lidar.ray_cast", "sensor.lidar.ray_cast_semantic"
RADAR = "sensor.other.radar"

_SENSOR = (
    Attribute("role_name", AttributeType.STRING, "front", ("front", "back", "left", "right", "front_left")),
    *floats(sensor_tick=0.0),
)
_PICTURE = (*ints(image_size_x=800, image_size_y=600), *floats(fov=90.0))
_CAMERA = (
    *_SENSOR,
    *_PICTURE,
    *floats(lens_circle_falloff=5.0, lens_circle_multiplier=0.0, lens_k=-1.0, lens_kcube=0.0),
    *floats(lens_x_size=0.08, lens_y_size=0.08),
)
_PHOTOGRAPHY = (
    Attribute("enable_postprocess_effects", AttributeType.BOOL, "true"),
    Attribute(
        "exposure_mode", AttributeType.STRING, "histogram", ("manual", "histogram"), restrict_to_recommended=True
    ),
    *ints(blade_count=5),
    *floats(gamma=2.2, shutter_speed=200.0, iso=100.0, fstop=1.4, min_fstop=1.2, focal_distance=1000.0),
    *floats(exposure_compensation=0.0, exposure_min_bright=10.0, exposure_max_bright=12.0),
    *floats(exposure_speed_up=3.0, exposure_speed_down=1.0, calibration_constant=16.0),
    *floats(bloom_intensity=0.675, lens_flare_intensity=0.1, blur_amount=1.0, blur_radius=0.0),
    *floats(motion_blur_intensity=0.45, motion_blur_max_distortion=0.35, motion_blur_min_object_screen_size=0.1),
    *floats(slope=0.88, toe=0.55, shoulder=0.26, black_clip=0.0, white_clip=0.04, temp=6500.0, tint=0.0),
    *floats(chromatic_aberration_intensity=0.0, chromatic_aberration_offset=0.0),
)
_ROLES = ("autopilot", "scenario", "ego_vehicle")
_COLORS = ("180,44,44", "137,0,0", "75,87,173", "17,37,103", "180,180,180", "0,0,0")


def _car(base: str = "car", special: str = "", generation: int = 2) -> tuple[Attribute, ...]:
    return (
        Attribute("role_name", AttributeType.STRING, "autopilot", _ROLES),
        Attribute("color", AttributeType.COLOR, _COLORS[0], _COLORS),
        Attribute("sticky_control", AttributeType.BOOL, "true"),
        Attribute("terramechanics", AttributeType.BOOL, "false"),
        constant("number_of_wheels", AttributeType.INT, "4"),
        constant("generation", AttributeType.INT, str(generation)),
        constant("base_type", AttributeType.STRING, base),
        constant("special_type", AttributeType.STRING, special),
        constant("object_type", AttributeType.STRING, ""),
        constant("has_lights", AttributeType.BOOL, "true"),
        constant("has_dynamic_doors", AttributeType.BOOL, "false"),
    )


_NAMED = (Attribute("role_name", AttributeType.STRING, "front"),)
_GNSS = (
    *_SENSOR,
    *ints(noise_seed=0),
    *floats(noise_alt_bias=0.0, noise_alt_stddev=0.0, noise_lat_bias=0.0, noise_lat_stddev=0.0),
    *floats(noise_lon_bias=0.0, noise_lon_stddev=0.0),
)
_IMU = (
    *_SENSOR,
    *ints(noise_seed=0),
    *floats(noise_accel_stddev_x=0.0, noise_accel_stddev_y=0.0, noise_accel_stddev_z=0.0),
    *floats(noise_gyro_bias_x=0.0, noise_gyro_bias_y=0.0, noise_gyro_bias_z=0.0),
    *floats(noise_gyro_stddev_x=0.0, noise_gyro_stddev_y=0.0, noise_gyro_stddev_z=0.0),
)
_LIDAR = (
    *_SENSOR,
    *ints(channels=32, points_per_second=56000),
    *floats(range=10.0, rotation_frequency=10.0, upper_fov=10.0, lower_fov=-30.0, horizontal_fov=360.0),
)
_LIDAR_RETURNS = (
    *floats(atmosphere_attenuation_rate=0.004, dropoff_general_rate=0.45, dropoff_intensity_limit=0.8),
    *floats(dropoff_zero_intensity=0.4, noise_stddev=0.0),
    *ints(noise_seed=0),
)
_RADAR = (
    *_SENSOR,
    *ints(points_per_second=1500, noise_seed=0),
    *floats(horizontal_fov=30.0, vertical_fov=30.0, range=100.0),
)
_OBSTACLE = (
    *_SENSOR,
    *floats(distance=5.0, hit_radius=0.5),
    Attribute("only_dynamics", AttributeType.BOOL, "false"),
    Attribute("debug_linetrace", AttributeType.BOOL, "false"),
)
_EVENTS = (
    *floats(positive_threshold=0.3, negative_threshold=0.3),
    *floats(sigma_positive_threshold=0.0, sigma_negative_threshold=0.0, log_eps=0.001),
    *ints(refractory_period_ns=0),
    Attribute("use_log", AttributeType.BOOL, "true"),
)
_CARS: dict[str, tuple[Vector, tuple[Attribute, ...]]] = {
    VEHICLE: (Vector(2.396, 1.082, 0.72), _car(special="electric")),
    "vehicle.audi.a2": (Vector(1.85, 0.90, 0.77), _car(generation=1)),
    "vehicle.dodge.charger_2020": (Vector(2.52, 1.04, 0.77), _car()),
    "vehicle.ford.mustang": (Vector(2.36, 0.96, 0.65), _car(generation=1)),
    "vehicle.lincoln.mkz_2017": (Vector(2.46, 1.06, 0.75), _car(generation=1)),
    "vehicle.lincoln.mkz_2020": (Vector(2.45, 1.05, 0.74), _car()),
    "vehicle.mercedes.sprinter": (Vector(2.96, 1.00, 1.28), _car(base="van")),
    "vehicle.nissan.micra": (Vector(1.82, 0.92, 0.76), _car(generation=1)),
    "vehicle.tesla.cybertruck": (Vector(3.13, 1.19, 1.05), _car(base="truck", special="electric")),
    "vehicle.toyota.prius": (Vector(2.26, 1.00, 0.76), _car(generation=1)),
}
VEHICLES: dict[str, Vector] = {name: half for name, (half, _) in _CARS.items()}
"""Half sizes [m] of the cars; but for the first our own figures for cars of these names. All of them drive alike."""

_PEDESTRIANS = {  # gender and generation; programs ask for the second generation by default
    "0001": ("female", 1),
    "0002": ("male", 1),
    "0003": ("female", 1),
    "0004": ("male", 1),
    "0015": ("female", 2),
    "0016": ("male", 2),
}
WALKERS: dict[str, Vector] = {f"walker.pedestrian.{number}": Vector(0.19, 0.19, 0.93) for number in _PEDESTRIANS}
"""Half sizes [m] of the pedestrians, who stand where they are put."""
WALKER_CONTROLLER = "controller.ai.walker"


def _walker(gender: str, generation: int) -> tuple[Attribute, ...]:
    return (
        Attribute("role_name", AttributeType.STRING, "pedestrian", ("pedestrian",)),
        Attribute("speed", AttributeType.FLOAT, "0.0", ("0.0", "1.4", "2.8")),
        Attribute("is_invincible", AttributeType.BOOL, "true"),
        Attribute("use_wheelchair", AttributeType.BOOL, "false"),
        constant("gender", AttributeType.STRING, gender),
        constant("age", AttributeType.STRING, "adult"),
        constant("generation", AttributeType.INT, str(generation)),
        constant("can_use_wheelchair", AttributeType.BOOL, "false"),
    )


PROPS: dict[str, Vector] = {
    "static.prop.barrel": Vector(0.31, 0.31, 0.45),
    "static.prop.bin": Vector(0.30, 0.30, 0.55),
    "static.prop.box01": Vector(0.35, 0.35, 0.33),
    "static.prop.constructioncone": Vector(0.17, 0.17, 0.29),
    "static.prop.container": Vector(0.96, 2.10, 1.05),
    "static.prop.streetbarrier": Vector(0.19, 0.61, 0.54),
    "static.prop.trafficcone01": Vector(0.43, 0.43, 0.59),
    "static.prop.warningconstruction": Vector(0.30, 0.61, 0.80),
}
"""Half sizes [m] of the props, which stand where they are put: our own figures for things of these names."""

STANDING: dict[str, Vector] = {**PROPS, **WALKERS}
"""Half sizes [m] of all that stands where it is put."""

_PROP = (Attribute("role_name", AttributeType.STRING, "prop"), constant("size", AttributeType.STRING, "medium"))

UNSUPPORTED: dict[str, tuple[Attribute, ...]] = {
    "sensor.camera.cosmos_visualization": _CAMERA,
    "sensor.camera.dvs": (*_CAMERA, *_PHOTOGRAPHY, *_EVENTS),
    "sensor.camera.normals": _CAMERA,
    "sensor.camera.optical_flow": _CAMERA,
    "sensor.other.obstacle": _OBSTACLE,
}
"""Sensors of a full CARLA that this server has not, by name, with all that programs may set before they spawn one."""


def _blueprints() -> tuple[Blueprint, ...]:
    lists = {
        **{name: attributes for name, (_, attributes) in _CARS.items()},
        RGB_CAMERA: (*_CAMERA, *_PHOTOGRAPHY),
        DEPTH_CAMERA: _CAMERA,
        SEGMENTATION_CAMERA: _CAMERA,
        INSTANCE_CAMERA: _CAMERA,
        COLLISION: _NAMED,
        LANE_INVASION: _NAMED,
        GNSS: _GNSS,
        IMU: _IMU,
        LIDAR: (*_LIDAR, *_LIDAR_RETURNS),
        SEMANTIC_LIDAR: _LIDAR,
        RADAR: _RADAR,
        **dict.fromkeys(PROPS, _PROP),
        **{f"walker.pedestrian.{number}": _walker(*traits) for number, traits in _PEDESTRIANS.items()},
        WALKER_CONTROLLER: (Attribute("role_name", AttributeType.STRING, "default"),),
        **UNSUPPORTED,
    }
    return tuple(
        Blueprint(name, name.replace(".", ","), attributes, uid)
        for uid, (name, attributes) in enumerate(lists.items(), start=1)
    )


LIBRARY: tuple[Blueprint, ...] = _blueprints()
