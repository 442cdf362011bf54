"""Hand scanners: each driver's `open_device(arg)` gives a `HandScanner` that tells of every code it reads, once."""
