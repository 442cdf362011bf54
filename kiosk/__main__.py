"""`python -m kiosk` is the `kiosk` command; `kiosk run` starts its processes so."""

from kiosk.cli import main
from kiosk.services.supervisor import end_with_supervisor

if __name__ == "__main__":
    end_with_supervisor()
    main()
