"""What the genuine client reads and writes besides driving: settings of the world and of a car."""

from __future__ import annotations

import carla
import pytest

from tests.client.conftest import Eye

WEATHERS = [carla.WeatherParameters.ClearNoon, carla.WeatherParameters.HardRainNoon, carla.WeatherParameters.Default]


@pytest.mark.parametrize("weather", WEATHERS)
def test_weather_reads_back_as_it_was_set(world: carla.World, weather: carla.WeatherParameters) -> None:
    world.set_weather(weather)
    assert world.get_weather() == weather
    world.set_weather(carla.WeatherParameters.ClearNoon)


def test_a_fresh_world_has_clear_noon(world: carla.World) -> None:
    assert world.get_weather() == carla.WeatherParameters.ClearNoon


def test_physics_read_back_as_they_were_set(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    physics = car.get_physics_control()
    assert physics.wheels[0].max_steer_angle == pytest.approx(70.0)
    physics.mass = 2500.0
    wheels = physics.wheels
    wheels[0].tire_friction = 0.5
    physics.wheels = wheels
    car.apply_physics_control(physics)
    changed = car.get_physics_control()
    assert changed.mass == pytest.approx(2500.0)
    assert changed.wheels[0].tire_friction == pytest.approx(0.5)
    assert changed.steering_curve == physics.steering_curve


def test_wheels_are_where_the_car_is_in_centimetres(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    wheels = [wheel.position for wheel in car.get_physics_control().wheels]
    middle = sum((position / 100.0 for position in wheels), carla.Vector3D()) / 4.0
    assert carla.Location(middle).distance_2d(car.get_location()) < 0.2
    front = (wheels[0] + wheels[1]) / 2.0 - (wheels[2] + wheels[3]) / 2.0
    assert front.length() / 100.0 == pytest.approx(2.875, abs=0.01)
    assert front.make_unit_vector().dot(car.get_transform().get_forward_vector()) == pytest.approx(1.0, abs=1e-4)


def test_impossible_physics_leave_the_car_and_the_server_alone(world: carla.World, car: carla.Vehicle) -> None:
    physics = car.get_physics_control()
    physics.mass = 0.0
    car.apply_physics_control(physics)
    assert car.get_physics_control().mass > 0.0
    physics.mass, physics.final_ratio = 1e-9, 1e9
    car.apply_physics_control(physics)
    car.apply_control(carla.VehicleControl(throttle=1.0, steer=1.0))
    frames = [world.tick() for _ in range(20)]
    assert frames == list(range(frames[0], frames[0] + 20))


def test_an_ackermann_control_brings_the_car_to_a_speed(world: carla.World, car: carla.Vehicle) -> None:
    settings = car.get_ackermann_controller_settings()
    settings.speed_kp = 0.5
    car.apply_ackermann_controller_settings(settings)
    assert car.get_ackermann_controller_settings().speed_kp == pytest.approx(0.5)
    car.apply_ackermann_control(carla.VehicleAckermannControl(speed=5.0))
    for _ in range(100):
        world.tick()
    assert car.get_velocity().length() == pytest.approx(5.0, rel=0.1)


def test_pushes_and_a_held_velocity_move_the_car(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    ahead = car.get_transform().get_forward_vector()
    car.add_impulse(3.0 * car.get_physics_control().mass * ahead)
    world.tick()
    assert car.get_velocity().dot(ahead) == pytest.approx(3.0, abs=0.2)
    car.enable_constant_velocity(carla.Vector3D(6.0, 0.0, 0.0))
    for _ in range(20):
        world.tick()
    assert car.get_velocity().length() == pytest.approx(6.0, abs=0.01)
    car.disable_constant_velocity()
    car.add_force(-20.0 * car.get_physics_control().mass * ahead)
    world.tick()
    assert car.get_velocity().length() == pytest.approx(5.0, abs=0.2)


def test_a_batch_pushes_and_turns_too(world: carla.World, client: carla.Client, car: carla.Vehicle) -> None:
    world.tick()
    ahead = car.get_transform().get_forward_vector()
    mass = car.get_physics_control().mass
    commands = [
        carla.command.ApplyImpulse(car.id, 4.0 * mass * ahead),
        carla.command.ApplyForce(car.id, 20.0 * mass * ahead),
        carla.command.ApplyTargetAngularVelocity(car.id, carla.Vector3D(0.0, 0.0, 10.0)),
        carla.command.ApplyTorque(car.id, carla.Vector3D()),
    ]
    errors = [answer.error for answer in client.apply_batch_sync(commands, True)]
    assert errors[:3] == [""] * 3
    assert "no batch command number 13" in errors[3]
    assert car.get_velocity().dot(ahead) == pytest.approx(5.0, abs=0.2)


def test_lights_are_as_they_were_switched(world: carla.World, car: carla.Vehicle) -> None:
    car.set_light_state(carla.VehicleLightState.LowBeam)
    assert car.get_light_state() == carla.VehicleLightState.LowBeam
    assert world.get_vehicles_light_states()[car.id] == carla.VehicleLightState.LowBeam


def test_the_bounding_box_is_the_cars(car: carla.Vehicle) -> None:
    assert car.bounding_box.extent.x == pytest.approx(2.396)
    assert car.bounding_box.extent.y == pytest.approx(1.082)


def test_the_spectator_can_be_put_anywhere(world: carla.World) -> None:
    place = carla.Transform(carla.Location(1.0, 2.0, 3.0), carla.Rotation(yaw=45.0))
    world.get_spectator().set_transform(place)
    world.tick()
    assert world.get_spectator().get_transform().location.distance(place.location) < 1e-4


def test_a_camera_on_its_own_stays_where_it_is_put(world: carla.World) -> None:
    eye = Eye(world, None)
    place = carla.Transform(carla.Location(10.0, 2.0, 3.0), carla.Rotation(pitch=-20.0, yaw=45.0))
    eye.actor.set_transform(place)
    world.tick()
    seen = eye.next().transform
    assert seen.location.distance(place.location) < 1e-4
    assert seen.rotation.pitch == pytest.approx(-20.0, abs=1e-3)


def test_an_attached_camera_is_moved_in_the_axes_of_its_car(
    world: carla.World, client: carla.Client, car: carla.Vehicle, camera: Eye
) -> None:
    def rides_at(x: float, y: float, z: float) -> bool:
        world.tick()
        place = car.get_transform().transform(carla.Location(x, y, z))  # which changes its argument
        return bool(camera.next().transform.location.distance(place) < 0.01)

    camera.actor.set_transform(carla.Transform(carla.Location(2.0, 0.0, 1.0)))
    assert rides_at(2.0, 0.0, 1.0)
    camera.actor.set_location(carla.Location(-4.0, 0.5, 2.0))
    assert rides_at(-4.0, 0.5, 2.0)
    above = carla.Transform(carla.Location(0.0, 0.0, 3.0))
    client.apply_batch_sync([carla.command.ApplyTransform(camera.actor.id, above)], False)
    assert rides_at(0.0, 0.0, 3.0)
    car.set_transform(world.get_map().get_spawn_points()[3])
    assert rides_at(0.0, 0.0, 3.0)


def test_every_camera_attribute_may_be_set_to_its_own_value(world: carla.World) -> None:
    blueprint = world.get_blueprint_library().find("sensor.camera.rgb")
    names = {attribute.id for attribute in blueprint}
    assert {"lens_k", "lens_kcube", "lens_x_size", "exposure_mode", "motion_blur_intensity", "sensor_tick"} <= names
    values = {attribute.id: str(blueprint.get_attribute(attribute.id).recommended_values[0]) for attribute in blueprint
              if attribute.recommended_values}  # fmt: skip
    for name, value in values.items():
        blueprint.set_attribute(name, value)
    camera = world.spawn_actor(blueprint, carla.Transform())
    assert camera.attributes["lens_circle_falloff"].startswith("5.0")
    world.tick()  # an actor that is in no snapshot yet counts as dead for the client
    assert camera.destroy()


@pytest.mark.parametrize(("name", "value"), [("image_size_x", "0"), ("image_size_y", "100000"), ("fov", "200.0")])
def test_a_camera_that_cannot_be_is_refused_with_the_reason(world: carla.World, name: str, value: str) -> None:
    blueprint = world.get_blueprint_library().find("sensor.camera.rgb")
    blueprint.set_attribute(name, value)
    with pytest.raises(RuntimeError, match=f"{name} is .* expected a number from"):
        world.spawn_actor(blueprint, carla.Transform())


def test_a_batch_spawns_steers_and_destroys_and_says_what_failed(world: carla.World, client: carla.Client) -> None:
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    place = world.get_map().get_spawn_points()[2]
    go = carla.command.ApplyVehicleControl(carla.command.FutureActor, carla.VehicleControl(throttle=1.0))
    spawn = carla.command.SpawnActor(blueprint, place)
    first, second = client.apply_batch_sync([spawn.then(go), spawn], False)
    assert (first.error, "collision" in second.error) == ("", True)
    world.tick()
    assert world.get_actor(first.actor_id).get_control().throttle == 1.0
    gone, unknown = client.apply_batch_sync(
        [carla.command.DestroyActor(first.actor_id), carla.command.DestroyActor(123456)], True
    )
    assert gone.error == ""
    assert "no actor 123456" in unknown.error
    assert first.actor_id not in [actor.id for actor in world.get_actors()]


def test_a_spawned_car_is_told_of_though_a_command_that_follows_it_failed(
    world: carla.World, client: carla.Client
) -> None:
    spawn = carla.command.SpawnActor(
        world.get_blueprint_library().find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[2]
    )
    fast = carla.Vector3D(1e6, 0.0, 0.0)
    spawn.then(carla.command.ApplyTargetVelocity(carla.command.FutureActor, fast))
    (answer,) = client.apply_batch_sync([spawn], True)
    assert answer.error == ""
    assert [actor.id for actor in world.get_actors().filter("vehicle.*")] == [answer.actor_id]


def test_questions_about_what_is_not_there_have_empty_answers(world: carla.World) -> None:
    assert world.project_point(carla.Location(), carla.Vector3D(0, 0, -1), 10.0) is None
    assert list(world.cast_ray(carla.Location(), carla.Location(0, 0, 10))) == []
    assert list(world.get_level_bbs()) == []
    world.debug.draw_point(carla.Location())
    world.tick()
