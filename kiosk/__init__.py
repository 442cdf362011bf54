"""The checkpoint kiosk: its core decides, its store remembers, its services run, its command line starts them."""
