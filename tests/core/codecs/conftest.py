"""Property tests measure no time here: the machine may be busy with other tests."""

from hypothesis import settings

settings.register_profile("calm", deadline=None)
settings.load_profile("calm")
