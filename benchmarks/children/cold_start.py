"""Imports a module, and tells what that took: `cold_start.py callback.app`."""

import sys
from time import perf_counter, process_time

wall, cpu = perf_counter(), process_time()
__import__(sys.argv[1])
cpu, wall = process_time() - cpu, perf_counter() - wall
print(f'{{"cpu_ms": {cpu * 1000:.3f}, "wall_ms": {wall * 1000:.3f}, "modules": {len(sys.modules)}}}')
