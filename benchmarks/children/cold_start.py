"""Imports a module, and prints the CPU that it took: `cold_start.py callback.app`."""

import sys
from time import process_time

cpu = process_time()
__import__(sys.argv[1])
print(f'{{"cpu_ms": {(process_time() - cpu) * 1000:.3f}}}')
