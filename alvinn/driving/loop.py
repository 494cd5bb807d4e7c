"""The driving loop: recording, laps and corrections are this loop with other worlds, drivers and observers.

No clock and no I/O here. Tick t: the world returns frame t, the driver decides from it, the observers see both, and the
control is applied by the tick that produces frame t+1.
"""

from __future__ import annotations

from collections.abc import Sequence

from alvinn.driving.cruise import SpeedController
from alvinn.driving.protocols import Driver, Observer, Verdict, World
from alvinn.driving.steering import VehicleGeometry, compute_control
from alvinn.driving.types import Step


def run(
    world: World,
    driver: Driver,
    observers: Sequence[Observer],
    vehicle: VehicleGeometry,
    speed_controller: SpeedController,
) -> None:
    """Drive until an observer asks to stop.

    Args:
        world: holds the car.
        driver: steers it.
        observers: watch; at least one must be able to stop the loop.
        vehicle: converts curvature to this car's steer.
        speed_controller: holds the speed.
    """
    driver.reset()
    speed_controller.reset()
    while True:
        observation = world.observe()
        decision = driver.decide(observation)
        applied = decision.curvature + decision.disturbance
        throttle, brake = decision.pedals or speed_controller.hold(observation.speed, applied)
        step = Step(
            observation=observation,
            truth=world.truth(),
            decision=decision,
            control=compute_control(applied, observation.speed, throttle, brake, vehicle),
            steer_meant=vehicle.steer(decision.curvature, observation.speed),
        )
        verdict = max(observer.see(step) for observer in observers)
        if verdict is Verdict.STOP:
            return
        if verdict is Verdict.RECOVER:
            world.recover()
            driver.reset()
            speed_controller.reset()
            for observer in observers:
                observer.on_recovery()
        else:
            world.apply(step.control)
