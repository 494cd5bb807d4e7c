"""The closed loop: what is seen and done, the roles, the loop, lane geometry, steering, speed. Only numpy below it."""
