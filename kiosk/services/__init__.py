"""The processes of a kiosk, one file each, and the sockets between them."""
