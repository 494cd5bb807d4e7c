"""The one loop: recording, laps and corrections are this loop with other plugs.

No clock and no I/O here. Tick t: the world shows frame t, the driver decides on it, the observers see both, and the
control is applied by the tick that makes frame t+1.
"""

from __future__ import annotations

from collections.abc import Sequence

from alvinn.driving.cruise import Pedals
from alvinn.driving.protocols import Driver, Observer, Verdict, World
from alvinn.driving.steering import VehicleGeometry, control_for
from alvinn.driving.types import Step


def run(world: World, driver: Driver, observers: Sequence[Observer], vehicle: VehicleGeometry, pedals: Pedals) -> None:
    """Drive until an observer says stop.

    Args:
        world: where the car is.
        driver: who steers it.
        observers: who watches; at least one must be able to stop the loop.
        vehicle: turns curvature into this car's steer.
        pedals: holds the speed.
    """
    driver.reset()
    pedals.reset()
    while True:
        observation = world.observe()
        decision = driver.decide(observation)
        applied = decision.curvature + decision.disturbance
        throttle, brake = decision.pedals or pedals.hold(observation.speed, applied)
        step = Step(
            observation=observation,
            truth=world.truth(),
            decision=decision,
            control=control_for(applied, observation.speed, throttle, brake, vehicle),
            steer_meant=vehicle.steer(decision.curvature, observation.speed),
        )
        verdict = max(observer.see(step) for observer in observers)
        if verdict is Verdict.STOP:
            return
        if verdict is Verdict.RECOVER:
            world.recover()
            driver.reset()
            pedals.reset()
            for observer in observers:
                observer.recovered()
        else:
            world.apply(step.control)
